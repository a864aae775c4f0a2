"""A report read back is the report; what is none is refused."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from pcapscan.errors import UsageError
from pcapscan.findings import Coverage, Evidence, Finding, Process, Reason, ReportDocument, Suppressed, Timing
from pcapscan.report import render
from pcapscan.report.reread import chosen, findings

ONE = Finding(
    id="abc123", severity="high", score=60.0, kind="port", title="tls to 203.0.113.10:8088", orig_h="10.0.0.5", resp_h="203.0.113.10", resp_p=8088,
    transport="tcp", protocol="tls", verdict="unexpected_port", attempt=False, expected_ports=(443,), server_name=None, connections=10,
    first_ns=1_700_000_000_000_000_001, last_ns=1_700_000_600_000_000_999, orig_bytes=1, resp_bytes=2,
    reasons=(Reason("pair", "medium", 27.0, "t", "", None, (Evidence("x.pcap", 4, 400),)), Reason("beacon", 60.0, 33.0, "t", "s", 1e-6)),
    period_s=60.0, jitter=0.1, process=(Process("h", "orig", "C:\\x.exe", 7, evidence=(Evidence("e.json", 3),)),), facts={"orig": {"ja3": "a"}},
    flows=(Evidence("x.pcap", 1, 24, "Cabc"),),
    timing=Timing(1_700_000_000_000_000_000, 1_700_000_700_000_000_000, (1, 0, 2), 50.0, 70.0, (0, 3, 1), 60.0, (2, 0, 2)),
)  # fmt: skip
TWO = replace(ONE, id="abd456", resp_h="2001:db8::1", protocol=None, timing=None)
DOCUMENT = ReportDocument(
    {"name": "pcapscan"}, {}, (), Coverage(0, 0, 0), (ONE, TWO), (Suppressed(replace(TWO, id="e"), "r", "w", "o", None),)
)


@pytest.mark.parametrize(("form", "hidden"), [("json", 1), ("ndjson", 0)])
def test_what_is_written_is_read_back(form, hidden):
    again = findings(render(DOCUMENT, form).encode(), "r")
    assert tuple(again[:2]) == (ONE, TWO) and len(again) == 2 + hidden


def test_one_finding_alone_is_read():
    assert findings(render(replace(DOCUMENT, findings=(ONE,)), "ndjson").encode(), "r") == [ONE]


def test_a_report_without_findings_is_empty():
    assert findings(render(replace(DOCUMENT, findings=(), suppressed=()), "json").encode(), "r") == []


def broken(**changes):
    row = json.loads(render(replace(DOCUMENT, findings=(ONE,)), "ndjson"))
    row.update(changes)
    return json.dumps(row).encode()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xff\xfe", "no report"),
        (b"hello", "no report"),
        (b"[" * 100_000, "no report"),
        (b"7", "int where findings"),
        (b"[7]", "object is expected"),
        (b'{"schema": "other/9"}', "other/9"),
        (b"{}", "missing"),
        (broken(score=61), "not the sum"),
        (broken(score="61"), "score"),
        (broken(resp_p="8088"), "resp_p"),
        (broken(resp_p=True), "resp_p"),
        (broken(first="yesterday"), "finding 1"),
        (broken(first=None), "finding 1"),
        (broken(reasons=7), "finding 1"),
        (broken(reasons=[7]), "finding 1"),
        (broken(reasons=[{"measure": "x"}]), "missing"),
        (broken(process=[{"host": "h"}]), "side is missing"),
        (broken(severity="deadly"), "deadly"),
        (broken(timing=7), "finding 1"),
        (broken(timing={"begin": "2026-01-01T00:00:00Z"}), "end"),
        (broken(timing={**json.loads(render(replace(DOCUMENT, findings=(ONE,)), "ndjson"))["timing"], "fold": ["x"]}), "fold"),
    ],
    ids=lambda v: v[:24].decode("utf-8", "replace") if isinstance(v, bytes) else "",
)
def test_what_is_no_report_is_refused_with_its_place(data, word):
    with pytest.raises(UsageError, match=word):
        findings(data, "r.json")


def test_a_key_of_a_later_version_is_left_out():
    assert findings(broken(tomorrow=1), "r") == [ONE]


@pytest.mark.parametrize(
    ("words", "ids"), [((), ["abc123", "abd456"]), (("1",), ["abc123"]), (("abd",), ["abd456"]), (("2", "ABC"), ["abd456", "abc123"])]
)
def test_findings_are_chosen_by_number_or_id(words, ids):
    assert [f.id for f in chosen([ONE, TWO], words, "r")] == ids


@pytest.mark.parametrize("word", ["ab", "3", "0", "", "zz"])
def test_a_word_that_names_none_or_two_is_refused(word):
    with pytest.raises(UsageError):
        chosen([ONE, TWO], (word,), "r")
