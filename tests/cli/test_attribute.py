"""``pcapscan attribute``: the rows that other people's scripts read, from real host logs beside real captures and Zeek logs."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

SETS = ("azure_table", "dcom_three_hosts", "different_runs", "lsass01", "no_process_id", "unknown_process")
WORDS = {
    "exact", "late", "ambiguous", "no-flow", "key-but-time", "no-common-clock", "address-pair-not-captured", "addresses-not-captured",
    "outside-capture-span", "loopback", "self", "no-time",
}  # fmt: skip


def rows_of(cli, *arguments):
    result = cli.run("attribute", *arguments, "--quiet")
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def moment(text):
    seconds = datetime.fromisoformat(text[:19] + "+00:00").timestamp()
    return seconds + int(text[20:29]) / 1e9


def parts(folder, kind):
    """Host log, and the network's evidence beside it."""
    host = sorted(folder.glob("host.ndjson*"))
    if kind == "zeek":
        return [*host, folder / "conn.log"]
    return [*host, *sorted(p for p in folder.iterdir() if ".cap" in p.name or ".pcapng" in p.name)]


def check(rows, expected, days=0):
    """Every expected row is there, in the same word (or a better one: a Security event joined by its twin), to the same flow."""
    found = defaultdict(list)
    for row in rows:
        assert row["outcome"] in WORDS
        assert (row["flow_first"] is not None) == (row["outcome"] in ("exact", "late", "ambiguous"))
        found[row["host"], row["source_p"], row["dest_p"]].append(row)
    joined = 0
    for want in expected:
        mine = found[want["host"], int(want["sport"]), int(want["dport"])]
        assert mine, want
        better = want["kind"] == "wfp5156" and want["verdict"] == "no-common-clock"
        words = {row["outcome"] for row in mine}
        assert want["verdict"] in words or (better and words & {"exact", "late"}), (want, words)
        if want["flow_start"]:
            joined += 1
            starts = [moment(row["flow_first"]) for row in mine if row["flow_first"]]
            assert any(abs(start - float(want["flow_start"])) <= 0.0011 for start in starts), want
            stated = [moment(row["time"]) - days * 86_400 for row in mine if row["time"]]
            assert any(abs(t - float(want["event_utc"])) <= 1.0011 for t in stated), want
    return joined


def expected(folder, kind="pcap"):
    with (folder / f"expected_{kind}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("name", "kind"), [*((name, "pcap") for name in SETS), ("lsass01", "zeek")])
def test_every_expected_row(cli, corpus, name, kind):
    folder = corpus(f"endpoint/joined/{name}")
    rows = rows_of(cli, *parts(folder, kind))
    check(rows, expected(folder, kind))
    if name == "different_runs":
        assert not [row for row in rows if row["flow_first"]]


STAMP = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


def shifted(path, target, days):
    """The log with every time in it moved."""

    def move(match):
        text = match[0].decode()
        moved = datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=days)
        return moved.strftime("%Y-%m-%dT%H:%M:%S").replace("T", text[10]).encode()

    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    target.write_bytes(STAMP.sub(move, data))
    return target


@pytest.mark.parametrize("days", [-400, 400, 1])
@pytest.mark.parametrize("name", ["dcom_three_hosts", "lsass01"])
def test_shift_of_host_clocks_changes_no_row(cli, corpus, tmp_path, name, days):
    folder = corpus(f"endpoint/joined/{name}")
    host, *network = parts(folder, "pcap")
    rows = rows_of(cli, shifted(host, tmp_path / "host.ndjson", days), *network)
    as_it_was = rows_of(cli, host, *network)
    keys = ("line", "outcome", "side", "flow_first", "flow_orig_h", "flow_orig_p", "candidates", "image", "pid")
    assert [[row[k] for k in keys] for row in rows] == [[row[k] for k in keys] for row in as_it_was]
    assert check(rows, expected(folder), days) == sum(bool(row["flow_start"]) for row in expected(folder))


@pytest.mark.parametrize(("name", "joins"), [("lsass01", 124), ("dcom_three_hosts", 36)])
@pytest.mark.parametrize("network", ["capture", "packetbeat", "zeek_ecs"])
@pytest.mark.parametrize("form", ["raw", "winlogbeat8", "endpoint"])
def test_pairings_of_formats_join_the_same_events(cli, corpus, name, joins, network, form):
    folder = corpus("endpoint")
    made = folder / "ecs_made_by_us"
    host, *captures = parts(folder / f"joined/{name}", "pcap")
    beside = captures if network == "capture" else [made / f"{name}.{network}.ndjson"]
    events = host if form == "raw" else made / f"{name}.{form}.ndjson"
    rows = rows_of(cli, events, *beside)
    lines = (gzip.decompress(events.read_bytes()) if events.suffix == ".gz" else events.read_bytes()).splitlines()
    counted = [row for row in rows if row["flow_first"] and row["source"] == str(events)]
    counted = [row for row in counted if b"disconnect_received" not in lines[row["line"] - 1]]  # the other end of the same connection
    if form == "raw":
        counted = [row for row in counted if row["process_guid"]]  # Security 5156 knows none
    assert len(counted) == joins


def test_host_log_alone_ends_in_words(cli, corpus):
    folder = corpus("endpoint/joined/dcom_three_hosts")
    rows = rows_of(cli, folder / "host.ndjson.gz")
    assert len(rows) == 369
    assert {row["outcome"] for row in rows} <= {"addresses-not-captured", "loopback", "self"}


def test_capture_alone_says_no_endpoint_data(cli):
    result = cli.run("attribute", cli.shell)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "no endpoint data" in result.stderr


@pytest.mark.parametrize("form", ["json", "csv", "table", "parquet"])
def test_other_forms_hold_the_same_rows(cli, corpus, tmp_path, form):
    folder = corpus("endpoint/joined/unknown_process")
    out = tmp_path / "out"
    result = cli.run("attribute", *parts(folder, "pcap"), "--format", form, "-o", out)
    assert result.exit_code == 0
    if form == "json":
        document = json.loads(out.read_text())
        assert len(document["events"]) == 63
        assert sum(document["coverage"]["outcomes"].values()) == 64  # one of them repeats another
        assert {host["host"] for host in document["coverage"]["hosts"]} == {row["host"] for row in document["events"]}
        assert all(i["sha256"] for i in document["inputs"])
    elif form == "csv":
        assert len(list(csv.DictReader(out.read_text().splitlines()))) == 63
    elif form == "table":
        assert "mimikatz" in out.read_text()
        assert "exact" in out.read_text()
    else:
        import polars as pl

        assert len(pl.read_parquet(out)) == 63


def test_users_offset_is_checked_against_the_evidence(cli, corpus):
    folder = corpus("endpoint/joined/dcom_three_hosts")
    result = cli.run("attribute", *parts(folder, "pcap"), "--time-offset", "workstation5.theshire.local=3600")
    assert "not the 3600.000 s that were given" in result.stderr


@pytest.mark.parametrize("word", ["x", "host=", "1e99", "nan"])
def test_an_offset_that_is_none_is_a_usage_error(cli, word):
    result = cli.run("attribute", cli.shell, "--time-offset", word)
    assert result.exit_code == 2
    assert "number of seconds" in result.stderr


def test_row_of_an_event(cli, corpus):
    folder = corpus("endpoint/joined/lsass01")
    rows = rows_of(cli, *parts(folder, "pcap"))
    row = next(row for row in rows if row["outcome"] == "exact" and row["process_guid"])
    assert list(row) == [
        "host", "source", "line", "time", "transport", "source_h", "source_p", "dest_h", "dest_p", "pid", "process_guid", "image",
        "outcome", "side", "skew_s", "flow_first", "flow_orig_h", "flow_orig_p", "flow_resp_h", "flow_resp_p", "flow_source", "candidates",
    ]  # fmt: skip
    assert Path(row["source"]).name == "host.ndjson.gz"
    assert Path(row["flow_source"]).name.endswith(".pcapng.gz")
    assert row["time"].endswith("Z")
    assert row["skew_s"] == pytest.approx(-483_275, abs=5)
    assert row["side"] in ("orig", "resp")


@pytest.mark.parametrize(("own", "said"), [(True, False), (False, True)])
def test_community_ids_of_another_seed_are_said_and_not_used(cli, corpus, tmp_path, own, said):
    folder = corpus("endpoint")
    text = (folder / "ecs_made_by_us/dcom_three_hosts.winlogbeat8.ndjson").read_text()
    assert "community_id" in text
    host = tmp_path / "host.ndjson"
    host.write_text(text if own else re.sub(r'"community_id": ?"1:....', '"community_id":"1:AAAA', text))
    _, *captures = parts(folder / "joined/dcom_three_hosts", "pcap")
    result = cli.run("attribute", host, *captures)
    assert ("another seed" in result.stderr) == said
    assert sum('"outcome":"exact"' in line for line in result.stdout.splitlines()) == 36
