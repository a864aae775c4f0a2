"""The quirks of Zeek's logs, one test each, named for what trips readers; then bad input; then second opinions."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.errors import NotRecognised
from pcapscan.read import find_inputs, open_zeek, zeek
from pcapscan.tables import CONN_STATES, ZeekConnTable, ZeekLogTable

FIELDS = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "orig_pkts",
    "resp_pkts",
    "tunnel_parents",
]
ROW = [
    "1308930691.035044",
    "C6eWL81uGMruMmwwxb",
    "172.16.238.1",
    "49656",
    "172.16.238.131",
    "59215",
    "tcp",
    "ssh",
    "9.953807",
    "2405",
    "2887",
    "SF",
    "40",
    "30",
    "-",
]
NS = 1_308_930_691_035_044_000


def header(fields=FIELDS, path="conn", sep="\t", unset="-", empty="(empty)", separator=r"\x09"):
    lines = [f"#separator {separator}", sep.join(["#set_separator", ","]), sep.join(["#empty_field", empty])]
    lines += [sep.join(["#unset_field", unset]), sep.join(["#path", path]), sep.join(["#fields", *fields])]
    return "\n".join(lines) + "\n"


def line(sep="\t", **changes):
    values = dict(zip(FIELDS, ROW, strict=True)) | {key.replace("__", "."): value for key, value in changes.items()}
    return sep.join(values[name] for name in FIELDS) + "\n"


@pytest.fixture
def read(tmp_path):
    """Texts or bytes of a log to its conn rows as dicts, its other tables, its report."""

    def run(data, **options):
        (tmp_path / "x").write_bytes(data.encode() if isinstance(data, str) else data)
        reader = open_zeek(find_inputs([tmp_path / "x"])[0], **options)
        conns, others = [], []
        for table in reader:
            if isinstance(table, ZeekConnTable):
                conns += rows_of_conn(table)
            else:
                others.append(table)
        return conns, others, reader.report()

    return run


def rows_of_conn(table):
    return [
        {
            "ns": int(table.ts_ns[i]), "duration": int(table.duration_ns[i]), "orig_p": int(table.orig_p[i]), "resp_p": int(table.resp_p[i]),
            "orig": (int(table.orig_hi[i]) << 64) | int(table.orig_lo[i]), "resp": (int(table.resp_hi[i]) << 64) | int(table.resp_lo[i]),
            "proto": int(table.proto[i]), "service": table.services[table.service[i]] if table.service[i] >= 0 else int(table.service[i]),
            "bytes": (int(table.orig_bytes[i]), int(table.resp_bytes[i])), "pkts": (int(table.orig_pkts[i]), int(table.resp_pkts[i])),
            "state": CONN_STATES[table.state[i]] if table.state[i] >= 0 else None, "uid": table.uid[i].decode("latin-1"),
            "parent": bool(table.parent[i]), "line": int(table.line[i]), "offset": int(table.offset[i]), "vlan": int(table.vlan[i]),
        }
        for i in range(len(table))
    ]  # fmt: skip


def v4(text):
    a, b, c, d = map(int, text.split("."))
    return 0xFFFF_0000_0000 | a << 24 | b << 16 | c << 8 | d


def test_plain_row_exact_to_the_nanosecond(read):
    ((row,), _, report) = read(header() + line())
    assert row["ns"] == NS and row["duration"] == 9_953_807_000 and row["uid"] == "C6eWL81uGMruMmwwxb"
    assert row["orig"] == v4("172.16.238.1") and row["resp"] == v4("172.16.238.131") and (row["orig_p"], row["resp_p"]) == (49656, 59215)
    assert (
        row["service"] == "ssh" and row["bytes"] == (2405, 2887) and row["pkts"] == (40, 30) and row["state"] == "SF" and row["proto"] == 6
    )
    assert report.records == 1 and report.errors == () and report.first_ns == NS and report.kind == "zeek-tsv"


def test_line_and_offset_point_at_the_row(read):
    text = header() + line() + line(uid="C2")
    rows, _, _ = read(text)
    assert [r["line"] for r in rows] == [7, 8]
    assert text.encode()[rows[1]["offset"] :].split(b"\t")[1] == b"C2"


def test_nanoseconds_in_the_time(read):
    assert read(header() + line(ts="1308930691.035044999"))[0][0]["ns"] == 1_308_930_691_035_044_999


def test_time_without_fraction(read):
    assert read(header() + line(ts="1308930691"))[0][0]["ns"] == 1_308_930_691 * 10**9


def test_unset_time(read):
    rows, _, report = read(header() + line(ts="-") + line())
    assert len(rows) == 1 and report.skipped == {"conn row without a readable ts, left out": 1} and "line 7" in report.errors[0]


def test_unset_service_is_not_an_empty_one_and_not_an_absent_one(read):
    rows, _, _ = read(header() + line(service="-") + line(service="(empty)"))
    assert [r["service"] for r in rows] == [-1, ""]
    fields = [f for f in FIELDS if f != "service"]
    values = [v for f, v in zip(FIELDS, ROW, strict=True) if f != "service"]
    assert read(header(fields) + "\t".join(values) + "\n")[0][0]["service"] == -2


def test_unset_counts_are_unknown_never_zero(read):
    (row,) = read(header() + line(orig_bytes="-", resp_bytes="0", duration="-", conn_state="-"))[0]
    assert row["bytes"] == (-1, 0) and row["duration"] == -1 and row["state"] is None


def test_unset_field_of_another_word(read):
    (row,) = read(header(unset="NIL", empty="EMPTY") + line(service="NIL", orig_bytes="NIL", tunnel_parents="NIL"))[0]
    assert row["service"] == -1 and row["bytes"][0] == -1 and not row["parent"]


def test_empty_set(read):
    assert not read(header() + line(tunnel_parents="(empty)"))[0][0]["parent"]


def test_set_of_parents(read):
    assert read(header() + line(tunnel_parents="CAbc,CDef"))[0][0]["parent"]


def test_fields_in_any_order_and_ts_not_in_the_first_column(read):
    (row,) = read(header(FIELDS[::-1]) + "\t".join(ROW[::-1]) + "\n")[0]
    assert row["ns"] == NS and row["orig_p"] == 49656


def test_extra_fields(read):
    (row,) = read(header(["label", *FIELDS, "detailed-label"]) + "\t".join(["x", *ROW, "y"]) + "\n")[0]
    assert row["ns"] == NS and row["state"] == "SF"


def test_missing_fields(read):
    (row,) = read(header(FIELDS[:7]) + "\t".join(ROW[:7]) + "\n")[0]
    assert row["bytes"] == (-1, -1) and row["state"] is None and row["service"] == -2


def test_field_named_twice_counts_once(read):
    (row,) = read(header([*FIELDS, "orig_bytes"]) + "\t".join([*ROW, "99"]) + "\n")[0]
    assert row["bytes"][0] == 2405


def test_row_with_too_few_columns_is_read_as_far_as_it_goes(read):
    rows, _, report = read(header() + "\t".join(ROW[:12]) + "\n" + line())
    assert len(rows) == 2 and rows[0]["pkts"] == (-1, -1) and "line 7" in report.errors[0] and report.records == 2


@pytest.mark.parametrize("separator", [(",", r"\x2c"), ("|", r"\x7c"), (" ", r"\x20"), (";", ";")])
def test_any_separator(read, separator):
    sep, name = separator
    (row,) = read(header(sep=sep, separator=name) + line(sep))[0]
    assert row["ns"] == NS and row["state"] == "SF"


def test_multizeek_several_headers_of_other_columns(read):
    other = header(FIELDS[::-1]) + "\t".join(ROW[::-1]) + "\n"
    rows, _, report = read(header() + line() + "#close\t2020-01-01-00-00-00\n" + other + "#close\t2020-01-01-00-00-00\n")
    assert [r["ns"] for r in rows] == [NS, NS] and report.errors == ()


def test_multizeek_of_two_logs_in_one_file(read):
    dns = header(["ts", "uid", "query", "answers"], "dns") + "1.5\tC1\texample.com\t1.2.3.4,::1\n"
    rows, (table,), report = read(header() + line() + dns + header() + line())
    assert len(rows) == 2 and table.log == "dns" and table.text(0, "query") == "example.com" and report.records == 3


def test_close_nodate(read):
    rows, _, report = read(header() + line() + "#close\n")
    assert len(rows) == 1 and report.errors == ()


def test_no_close(read):
    assert read(header() + line())[2].errors == ()


def test_no_line_end_at_the_end(read):
    assert len(read(header() + line() + line().rstrip("\n"))[0]) == 2


def test_header_only(read):
    rows, _, report = read(header() + "#close\t2020\n")
    assert rows == [] and report.errors == () and report.records == 0


def test_trailing_whitespace_in_headers(read):
    text = (
        header()
        .replace("#unset_field\t-", "#unset_field\t-")
        .replace("tunnel_parents\n", "tunnel_parents\t \n")
        .replace(r"\x09", r"\x09  ")
    )
    assert read(text + line())[0][0]["state"] == "SF"


def test_headers_split_by_blanks(read):
    text = header().replace("#path\tconn", "#path conn")
    assert len(read(text + line())[0]) == 1


def test_crlf(read):
    (row,) = read((header() + line(tunnel_parents="-")).replace("\n", "\r\n"))[0]
    assert not row["parent"] and row["ns"] == NS


def test_blank_lines(read):
    rows, _, report = read(header() + "\n" + line() + "\n\r\n" + line())
    assert len(rows) == 2 and report.errors == () and [r["line"] for r in rows] == [8, 11]


def test_byte_order_mark(read):
    assert len(read(b"\xef\xbb\xbf" + (header() + line()).encode())[0]) == 1


def test_hash_inside_a_value_is_a_value(read):
    fields = ["ts", "uid", "host", "uri"]
    _, (table,), _ = read(header(fields, "http") + "1.0\tC1\t#host\t/a#b\n1.0\tC2\tx\t#\n")
    assert [table.text(i, "uri") for i in (0, 1)] == ["/a#b", "#"] and table.text(0, "host") == "#host"


def test_read_escaped_backslash_and_tab(read):
    _, (table,), _ = read(header(["ts", "uid", "uri"], "http") + "1.0\tC1\ta\\\\b\\x09c\\xff\n")
    assert table.text(0, "uri") == "a\\b\tc\\xff"


def test_escaped_backslash_before_x_is_no_escape(read):
    _, (table,), _ = read(header(["ts", "uid", "uri"], "http") + "1.0\tC1\t\\\\x41\n")
    assert table.text(0, "uri") == "\\x41"


def test_utf8_and_invalid_utf8(read):
    _, (table,), _ = read(header(["ts", "uid", "host"], "http").encode() + "1\tC1\tbücher.例\n".encode() + b"1\tC2\ta\xffb\n")
    assert [table.text(i, "host") for i in (0, 1)] == ["bücher.例", "a\\xffb"]


def test_unset_in_array_and_unset_array(read):
    _, (table,), _ = read(header(["ts", "uid", "query", "answers"], "dns") + "1\tC1\tq\ta,-,b\n1\tC1\tq\t-\n1\tC1\tq\t(empty)\n")
    assert [table.text(i, "answers") for i in range(3)] == ["a,-,b", None, ""]


def test_dash_that_begins_a_value(read):
    assert read(header() + line(service="-ssl"))[0][0]["service"] == "-ssl"


def test_several_services(read):
    rows, _, _ = read(header() + line(service="ssl,http") + line(service="gssapi,smb,krb") + line(service="ssl,http"))
    assert [r["service"] for r in rows] == ["ssl,http", "gssapi,smb,krb", "ssl,http"]


@pytest.mark.parametrize("path", ["conn", "conn.labeled", "CONN", "conn-old", "conn_red"])
def test_labelled_and_rotated_paths(read, path):
    assert len(read(header(path=path) + line())[0]) == 1


def test_path_is_missing_and_columns_tell(read):
    assert len(read(re.sub("#path.*\n", "", header()) + line())[0]) == 1


def test_ipv6_addresses(read):
    (row,) = read(header() + line(id__orig_h="fe80::1", id__resp_h="2001:db8::ff00:42:8329"))[0]
    assert row["orig"] == 0xFE80 << 112 | 1 and row["resp"] == 0x2001_0DB8_0000_0000_0000_FF00_0042_8329


def test_icmp_types_as_ports_and_icmp6(read):
    rows, _, _ = read(
        header()
        + line(proto="icmp", id__orig_p="8", id__resp_p="0")
        + line(proto="icmp", id__orig_h="fe80::1", id__resp_h="ff02::1", id__orig_p="135")
    )
    assert [r["proto"] for r in rows] == [1, 58] and rows[0]["orig_p"] == 8


def test_unknown_transport_is_kept_as_unknown(read):
    assert read(header() + line(proto="unknown_transport", id__orig_p="0", id__resp_p="0"))[0][0]["proto"] == 255


def test_ip_proto_column_names_sctp(read):
    (row,) = read(header([*FIELDS, "ip_proto"]) + line(proto="unknown_transport").rstrip("\n") + "\t132\n")[0]
    assert row["proto"] == 132


def test_times_before_1970_and_large(read):
    rows, _, _ = read(header() + line(ts="-1.500000") + line(ts="4102444800.000001"))
    assert [r["ns"] for r in rows] == [-1_500_000_000, 4_102_444_800_000_001_000]


def test_interval_with_exponent(read):
    (row,) = read(header() + line(duration="9.5367431640625e-07"))[0]
    assert row["duration"] == 953


def test_types_line_that_lies_is_ignored(read):
    assert len(read(header() + "#types\tstring\n" + line())[0]) == 1


def test_long_uid_keeps_its_beginning(read):
    assert read(header() + line(uid="C" * 40))[0][0]["uid"] == "C" * 24


JSON_ROW = {
    "ts": 1308930691.035044, "uid": "CT788haVe6iZavDe8", "id.orig_h": "172.16.238.1", "id.orig_p": 49656, "id.resp_h": "172.16.238.131",
    "id.resp_p": 59215, "proto": "tcp", "service": "ssh", "duration": 9.953807, "orig_bytes": 2405, "resp_bytes": 2887, "conn_state": "SF",
    "orig_pkts": 40, "resp_pkts": 30,
}  # fmt: skip


def as_json(*rows, **options):
    return "".join(json.dumps(row, **options) + "\n" for row in rows)


@pytest.mark.parametrize(
    "ts",
    [
        1308930691.035044,
        "2011-06-24T15:51:31.035044Z",
        "2011-06-24T17:51:31.035044+02:00",
        "1308930691.035044",
        "2011-06-24T15:51:31.035044",
    ],
)
def test_json_is_the_same_as_tsv_in_every_form_of_time(read, ts):
    (a,), _, _ = read(as_json(JSON_ROW | {"ts": ts}))
    (b,), _, _ = read(header() + line(uid="CT788haVe6iZavDe8"))
    assert {**a, "line": 0, "offset": 0} == {**b, "line": 0, "offset": 0}


def test_json_epoch_milliseconds(read):
    assert read(as_json(JSON_ROW | {"ts": 1308930691035}))[0][0]["ns"] == 1_308_930_691_035_000_000


def test_json_keys_in_any_order_spaces_and_unknown_nested_values(read):
    row = {"x": {"y": [1, {"z": '}\\"'}]}, "e": {}, "a": [], **dict(reversed(JSON_ROW.items())), "q": None, "t": True}
    (got,), _, report = read(as_json(row, indent=None, separators=(" , ", " : ")))
    assert got["ns"] == NS and got["state"] == "SF" and report.errors == ()


def test_json_nested_id(read):
    row = {k: v for k, v in JSON_ROW.items() if not k.startswith("id.")} | {
        "id": {"orig_h": "10.0.0.1", "orig_p": 1, "resp_h": "10.0.0.2", "resp_p": 2}
    }
    assert read(as_json(row))[0][0]["resp"] == v4("10.0.0.2")


def test_json_array_of_rows_one_a_line(read):
    text = "[\n" + json.dumps(JSON_ROW) + ",\n" + json.dumps(JSON_ROW) + "\n]\n"
    rows, _, report = read(text)
    assert len(rows) == 2 and report.errors == ()


def test_json_null_and_missing_and_empty(read):
    rows, _, _ = read(
        as_json(JSON_ROW | {"service": None}, {k: v for k, v in JSON_ROW.items() if k != "service"}, JSON_ROW | {"service": ""})
    )
    assert [r["service"] for r in rows] == [-1, -2, ""]


def test_json_escapes_in_values(read):
    row = {"ts": 1.0, "uid": "C1", "method": "GET", "host": 'a"b\\c\u00e9\ud83d\ude00', "uri": "/\n"}
    _, (table,), _ = read(as_json(row))
    assert table.log == "http" and table.text(0, "host") == 'a"b\\cé😀' and table.text(0, "uri") == "/\n"


def test_json_rows_of_many_logs_in_one_stream(read):
    dns = {"_path": "dns", "ts": 2.0, "uid": "C9", "query": "q", "answers": ["1.2.3.4"]}
    other = {"_path": "stats", "ts": 3.0, "mem": 1}
    rows, tables, report = read(as_json({"_path": "conn", **JSON_ROW}, dns, {"_path": "conn", **JSON_ROW}, other))
    assert len(rows) == 2 and [t.log for t in tables] == ["dns"] and report.records == 4
    assert rows[1]["line"] == 3 and tables[0].line[0] == 2


def test_json_service_as_an_array(read):
    assert read(as_json(JSON_ROW | {"service": ["ssl", "http"]}))[0][0]["service"] == "ssl,http"


def test_ecs_wrapped_by_the_elastic_integration(read):
    row = {
        "@timestamp": "2011-06-24T15:51:31.035Z", "event": {"dataset": "zeek.connection", "duration": 9953807000},
        "source": {"ip": "172.16.238.1", "port": 49656, "bytes": 7}, "destination": {"ip": "172.16.238.131", "port": 59215, "bytes": 8},
        "network": {"transport": "tcp", "protocol": "ssh"}, "zeek": {"session_id": "C7", "connection": {"state": "SF"}},
    }  # fmt: skip
    (got,), _, _ = read(as_json(row))
    assert (got["uid"], got["state"], got["service"], got["bytes"], got["duration"]) == ("C7", "SF", "ssh", (7, 8), 9_953_807_000)
    assert got["ns"] == 1_308_930_691_035_000_000


def test_broken_json_line_is_said_and_the_rest_is_read(read):
    rows, _, report = read(as_json(JSON_ROW) + '{"ts": 1, "uid": "C\n' + "garbage\n" + as_json(JSON_ROW))
    assert len(rows) == 2 and report.skipped == {"no JSON object": 2} and "line 2" in report.errors[0]


# bad input


def test_wrong_types_in_columns_are_said_with_their_line(read):
    rows, _, report = read(
        header() + line(orig_bytes="many", duration="long") + line(id__orig_p="ssh") + line(id__resp_h="nowhere") + line()
    )
    assert len(rows) == 2 and rows[0]["bytes"][0] == -1
    assert set(report.skipped) == {
        "orig_bytes is not of its type, taken as unset", "duration is not of its type, taken as unset", "id.orig_p is not of its type, taken as unset",
        "conn row without a readable id.orig_h or id.resp_h, left out", "conn row without a readable id.orig_p or id.resp_p, left out",
    }  # fmt: skip
    assert any("line 9" in error for error in report.errors)


@pytest.mark.parametrize("port", ["65536", "-1", "99999999999999999999999999", "1e3", ""])
def test_impossible_port_is_no_row(read, port):
    rows, _, report = read(header() + line(id__resp_p=port))
    assert rows == [] and report.errors


def test_binary_file_named_conn_log_is_refused(read):
    with pytest.raises(NotRecognised):
        read(b"#fields\0\1\2" + os.urandom(200))


def test_header_without_fields_is_said_and_no_hang(read):
    rows, _, report = read(re.sub("#fields.*\n", "", header()) + line() + line())
    assert rows == [] and "line 6" in report.errors[0] and report.skipped == {"no #fields header above it": 2}


def test_line_of_many_megabytes_is_passed_over(read, monkeypatch):
    monkeypatch.setattr(zeek, "MAX_LINE", 1 << 16)
    rows, _, report = read(header() + line() + line(service="x" * 500_000) + line(uid="Cafter"), block_bytes=10_000)
    assert [r["uid"] for r in rows][-1] == "Cafter" and len(rows) == 2 and rows[1]["line"] == 9
    assert "line 8: longer than" in report.errors[0]


def test_line_longer_than_a_block_is_read(read):
    rows, _, _ = read(header() + line(service="x" * 50_000) + line(), block_bytes=1000)
    assert rows[0]["service"] == "x" * 50_000 and len(rows) == 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bz2.compress])
def test_compressed(read, pack):
    rows, _, report = read(pack((header() + line() * 500).encode()))
    assert len(rows) == 500 and report.compression


def test_truncated_gzip_gives_every_whole_line(read):
    text = header() + "".join(line(uid=f"C{k:09}") for k in range(20_000))
    whole = gzip.compress(text.encode())
    rows, _, report = read(whole[: len(whole) // 2])
    assert 5_000 < len(rows) < 20_000 and [r["uid"] for r in rows] == [f"C{k:09}" for k in range(len(rows))]
    assert "cut" in report.errors[0] and report.skipped == {}


def test_fifo_is_read_as_a_stream(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(header() + line() * 9,))
    writer.start()
    assert sum(len(t) for t in open_zeek(find_inputs([tmp_path / "pipe"])[0])) == 9
    writer.join()


def test_nul_bytes_and_control_bytes_in_rows(read):
    rows, _, _ = read((header() + "x" * 4096 + "\n").encode() + line(uid="C\0D").encode() + line().encode())
    assert len(rows) == 2


def test_several_bytes_of_separator_are_said(read):
    _, _, report = read(header(separator=r"\x09\x09") + line())
    assert "separator of 2 bytes" in report.errors[0]


def test_more_services_than_a_block_counts_are_still_told_apart_or_other(read):
    rows, _, _ = read(header() + "".join(line(service=f"s{k}") for k in range(6000)))
    assert rows[0]["service"] == "s0" and rows[3000]["service"] == "s3000" and rows[5999]["service"] in ("s5999", "(other)")


# properties


@settings(max_examples=40, deadline=None)
@given(block_bytes=st.integers(1, 900), form=st.sampled_from(["tsv", "json"]), cut=st.integers(0, 300))
def test_where_blocks_end_changes_nothing(tmp_path_factory, block_bytes, form, cut):
    text = header() + line() + line(service="-") + "\n" + header(FIELDS[::-1]) + "\t".join(ROW[::-1]) + "\n#close\n" + header() + line() * 3
    if form == "json":
        text = as_json(JSON_ROW, {"_path": "dns", "ts": 1.0, "query": "q"}, JSON_ROW) + "broken\n" + as_json(JSON_ROW)
    path = tmp_path_factory.mktemp("z") / "x"
    path.write_text(text[: len(text) - cut])

    def run(size):
        reader = open_zeek(find_inputs([path])[0], block_bytes=size)
        tables = list(reader)
        conns = [row for t in tables if isinstance(t, ZeekConnTable) for row in rows_of_conn(t)]
        others = [
            (t.log, int(t.line[i]), t.text(i, "query"))
            for t in tables
            if isinstance(t, ZeekLogTable) and t.log == "dns"
            for i in range(len(t))
        ]
        return conns, others, reader.report()

    assert run(block_bytes) == run(1 << 20)


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=300), form=st.sampled_from(["tsv", "json"]))
def test_junk_lines_never_crash_and_good_lines_survive(tmp_path_factory, junk, form):
    path = tmp_path_factory.mktemp("z") / "x"
    good = (header() + line()).encode() if form == "tsv" else as_json(JSON_ROW).encode()
    after = line().encode() if form == "tsv" else as_json(JSON_ROW).encode()
    path.write_bytes(good + junk.replace(b"#", b"") + b"\n" + after)
    rows = [row for table in open_zeek(find_inputs([path])[0]) if isinstance(table, ZeekConnTable) for row in rows_of_conn(table)]
    assert rows[0]["ns"] == NS and rows[-1]["ns"] == NS and len(rows) >= 2


# second opinions


def zat_rows(path):
    """What zat's reader gives. Its known errors: local times, unset counts as 0; so only words and ports are compared."""
    from zat.log_to_dataframe import LogToDataFrame

    with contextlib.redirect_stdout(io.StringIO()):
        frame = LogToDataFrame().create_dataframe(str(path), ts_index=False)
    return frame


def test_kernels_as_plain_python_give_the_same(tmp_path):
    (tmp_path / "tsv").write_text(header() + line() + line(id__orig_h="fe80::1", id__resp_h="::ffff:1.2.3.4", service="-"))
    (tmp_path / "json").write_text(as_json(JSON_ROW, {"_path": "dns", "ts": 1.0, "uid": "C", "query": "q"}))
    program = (
        "import sys\nfrom pcapscan.read import find_inputs, open_zeek\n"
        "for i in find_inputs(sys.argv[1:]):\n"
        "    for t in open_zeek(i):\n"
        "        print(t.ts_ns.tolist(), t.uid_hash.tolist(), t.line.tolist(), t.offset.tolist())\n"
    )
    outs = []
    for off in ("0", "1"):
        command = [sys.executable, *(["-W", "error"] if off == "1" else []), "-c", program, str(tmp_path / "tsv"), str(tmp_path / "json")]
        outs.append(subprocess.run(command, env={**os.environ, "NUMBA_DISABLE_JIT": off}, check=True, capture_output=True).stdout)
    assert outs[0] == outs[1] and outs[0].count(b"[") >= 12


@pytest.mark.corpus
def test_zat_as_second_opinion_on_real_conn_logs(corpus):
    compared = 0
    for path in sorted(corpus("zeek_logs").glob("*/conn.log"))[:25]:
        frame = zat_rows(path)
        tables = list(open_zeek(find_inputs([path])[0]))
        rows = [row for table in tables for row in rows_of_conn(table)]
        assert len(rows) == len(frame), path
        assert [r["resp_p"] for r in rows] == [int(p) for p in frame["id.resp_p"]]
        assert [r["uid"] for r in rows] == list(frame["uid"])
        services = ["-" if r["service"] == -1 else r["service"] for r in rows]
        assert services == ["-" if str(s) == "nan" else str(s) for s in frame["service"]]
        stamps = frame["ts"].astype("int64").to_numpy()
        scale = 10**9 if stamps.max() < 10**11 else 1000 if stamps.max() < 10**17 else 1
        assert np.allclose([r["ns"] / 1e9 for r in rows], stamps * scale / 1e9, atol=1e-5)
        compared += len(rows)
    assert compared > 150


@pytest.mark.corpus
def test_json_and_tsv_of_the_same_captures_agree(corpus):
    pairs = 0
    for tsv in sorted(corpus("zeek_logs").rglob("conn.log")):
        for kind in ("json", "json_iso8601"):
            twin = tsv.parent / kind / "conn.log"
            if tsv.parent.name.startswith("json") or not twin.exists():
                continue
            a, b = ([r for t in open_zeek(find_inputs([p])[0]) for r in rows_of_conn(t)] for p in (tsv, twin))
            keys = ("ns", "orig", "resp", "orig_p", "resp_p", "proto", "bytes", "pkts", "state", "parent")
            services = [[sorted(str(r["service"]).split(",")) if r["service"] not in (-1, -2) else [] for r in rows] for rows in (a, b)]
            assert sorted(tuple(r[k] for k in keys) for r in a) == sorted(tuple(r[k] for k in keys) for r in b), twin
            assert sorted(services[0]) == sorted(services[1]), twin
            assert all(
                abs(x["duration"] - y["duration"]) < 1000 for x, y in zip(sorted(a, key=str_key), sorted(b, key=str_key), strict=True)
            )
            pairs += 1
    assert pairs > 15


def str_key(row):
    return (row["ns"], row["orig_p"], row["resp_p"], row["orig"], row["resp"])
