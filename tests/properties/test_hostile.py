"""Any bytes at all give rows or words, never a traceback: mutated captures here, and the malformed ones that others collected."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapscan.pipeline import Run, Settings, flow_rows, scan

SEEDS = ("moved-dns", "moved-smb", "moved-quic", "moved-tls", "quiet-ordinary")


def through(path):
    """All rows of an input, and the account of it."""
    run = Run([str(path)], Settings(digest=False, jobs=1))
    count = sum(len(columns["first"]) for columns in flow_rows(run))
    assert len(run.reports) == 1
    report = run.reports[0]
    assert report.path == str(path)
    return count, report


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_were_changed_are_no_crash(corridor, tmp_path, data):
    seed = bytearray(corridor.capture(data.draw(st.sampled_from(SEEDS))).read_bytes()[:20_000])
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(seed) - 1), st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])), max_size=12)):
        seed[at] = value
    path = tmp_path / "mutated.pcap"
    path.write_bytes(seed[: data.draw(st.integers(0, len(seed)))])
    through(path)


@given(
    data=st.binary(max_size=400),
    kind=st.sampled_from([b"", b"\xd4\xc3\xb2\xa1", b"\n\r\r\n", b"\x1f\x8b\x08\x00", b"#separator \\x09\n", b"{"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_after_a_magic_are_no_crash(tmp_path, data, kind):
    path = tmp_path / "any"
    path.write_bytes(kind + data)
    through(path)


def test_every_cut_keeps_what_was_before_it(corridor, tmp_path):
    whole = corridor.capture("moved-mail").read_bytes()
    path = tmp_path / "cut.pcap"
    seen = []
    for size in range(24, len(whole), max(1, len(whole) // 23)):
        path.write_bytes(whole[:size])
        count, report = through(path)
        seen.append((report.records, count))
    assert seen == sorted(seen)
    assert seen[-1][0] > 0


@pytest.mark.corpus
def test_the_malformed_captures_of_others_pass(corpus):
    folder = corpus("protocols/robust")
    begun = time.monotonic()
    run = Run([str(folder)], Settings(digest=False, jobs=2))
    count = sum(len(columns["first"]) for columns in flow_rows(run))
    assert len(run.reports) == len(run.inputs) >= 400
    assert count > 250
    unread = [r for r in run.reports.values() if not r.records and not r.errors and not r.skipped and r.kind == "unknown"]
    assert not unread, "an input that gave nothing says why"
    assert all(len(e) < 2000 for r in run.reports.values() for e in r.errors)
    assert time.monotonic() - begun < 300


@pytest.mark.corpus
def test_the_malformed_captures_of_others_are_judged(corpus):
    report = scan(Run([str(corpus("protocols/robust"))], Settings(digest=False, jobs=2)))
    assert len(report.inputs) >= 400
    assert report.coverage.flows > 250
    counted = report.coverage.packets + sum(report.coverage.undecoded.values())
    assert counted >= 0.95 * sum(i.records for i in report.inputs), (
        "packets that are in no flow are counted by reason; only fragments that found each other are fewer"
    )
    assert all(abs(sum(r.points for r in f.reasons) - f.score) < 1e-6 for f in report.findings)
