"""The story on one page: inputs accounted for, flows streamed, findings kept, hidden or counted, nothing silently lost."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pcapscan.errors import KnowledgeError
from pcapscan.pipeline import Run, Settings, beacon_rows, flow_rows, measured, scan
from pcapscan.report.frames import frame
from pcapscan.tables import VERDICTS

CAPTURES = Path(__file__).parents[1] / "captures"
SHELL = CAPTURES / "t1571-1-netcat-shell-4444" / "capture.pcap"
BEACON = CAPTURES / "t1571-4-http-beacon-9001" / "capture.pcap"


def settings(**changes):
    return Settings(**{"jobs": 1, **changes})


def total(run):
    return sum(len(columns["first"]) for columns in flow_rows(run))


def test_every_input_is_accounted_for(tmp_path):
    shutil.copy(SHELL, tmp_path / "a.pcap")
    (tmp_path / "b.pcap").write_bytes(b"")
    (tmp_path / "c.bin").write_bytes(bytes(range(256)))
    (tmp_path / "d.pcap").symlink_to(tmp_path / "nothing")
    run = Run([str(tmp_path), str(tmp_path / "none.pcap")], settings())
    assert total(run) > 0
    assert sorted(run.reports) == [0, 1, 2, 3, 4]
    assert [r.path for _, r in sorted(run.reports.items())] == run.sources
    assert [bool(r.errors) for _, r in sorted(run.reports.items())] == [False, True, True, True, True]
    assert run.partly_read
    assert not run.nothing_read


def test_a_text_beside_the_evidence_is_no_error_but_a_named_one_is(tmp_path):
    shutil.copy(SHELL, tmp_path / "a.pcap")
    (tmp_path / "README.md").write_text("how it was made\n")
    run = Run([str(tmp_path)], settings())
    total(run)
    assert not run.partly_read
    assert any(r.skipped for r in run.reports.values())
    named = Run([str(tmp_path / "README.md")], settings())
    total(named)
    assert named.nothing_read
    assert named.partly_read


def test_nothing_read_is_told_apart_from_nothing_found(tmp_path):
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(SHELL.read_bytes()[:24])
    run = Run([str(empty)], settings())
    assert total(run) == 0
    assert not run.nothing_read
    assert Run([], settings()).inputs == []


def test_the_digest_is_of_the_bytes_as_they_lie(tmp_path):
    packed = tmp_path / "a.pcap.gz"
    packed.write_bytes(gzip.compress(SHELL.read_bytes()))
    for path in (SHELL, packed):
        report = scan(Run([str(path)], settings(digest=True))).inputs[0]
        assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert report.size == path.stat().st_size
    assert scan(Run([str(packed)], settings())).inputs[0].compression == "gzip"


def test_a_compressed_capture_holds_the_same_flows(tmp_path):
    packed = tmp_path / "named-wrongly.txt"
    packed.write_bytes(gzip.compress(SHELL.read_bytes()))
    plain, other = (next(iter(flow_rows(Run([str(p)], settings())))) for p in (SHELL, packed))
    for name in ("first", "orig_p", "resp_p", "orig_bytes", "resp_bytes"):
        assert np.array_equal(np.asarray(plain[name]), np.asarray(other[name])), name


def test_whole_is_all_batches():
    run = Run([str(CAPTURES)], settings(digest=False))
    whole = run.whole()
    assert len(whole) == total(Run([str(CAPTURES)], settings(digest=False)))
    assert len(whole.flows) == len(whole.identities) == len(whole.verdicts) == len(whole.ticks.start) - 1
    assert set(np.unique(whole.verdicts)) <= set(range(len(VERDICTS)))
    assert len(set(zip(whole.flows.source.tolist(), whole.flows.number.tolist(), strict=True))) == len(whole)


def test_channels_hold_every_flow():
    m = measured(Run([str(BEACON)], settings(digest=False)))
    assert len(m.channels) == len(m.periods)
    assert int(m.periods.connections.max()) >= 10
    assert ((m.periods.score >= 0) & (m.periods.score <= 1)).all()
    claimed = ~np.isnan(m.periods.period_s)
    assert claimed.any()
    assert np.array_equal(np.isnan(m.periods.jitter), ~claimed)


def test_beacons_are_ranked_and_only_claims_are_listed_unless_asked():
    some = frame(beacon_rows(Run([str(CAPTURES)], settings(digest=False))))
    every = frame(beacon_rows(Run([str(CAPTURES)], settings(digest=False)), every=True))
    assert 0 < len(some["orig_h"]) < len(every["orig_h"])
    assert None not in list(some["period_s"])
    scores = list(every["score"])
    assert scores == sorted(scores, reverse=True)


def test_findings_are_ranked_and_their_ids_are_their_own():
    findings = scan(Run([str(CAPTURES)], settings(digest=False))).findings
    scores = [f.score for f in findings]
    assert scores == sorted(scores, reverse=True)
    assert len({f.id for f in findings}) == len(findings)
    again = scan(Run([str(CAPTURES)], settings(digest=False, jobs=2))).findings
    assert again == findings


def test_what_is_not_shown_is_counted():
    every = scan(Run([str(CAPTURES)], settings(digest=False)))
    few = scan(Run([str(CAPTURES)], settings(digest=False, min_score=40.0)))
    assert few.coverage.below_score + len(few.findings) == len(every.findings)
    assert all(f.score >= 40 for f in few.findings)
    one = scan(Run([str(CAPTURES)], settings(digest=False, max_findings=1)))
    assert len(one.findings) == 1
    assert one.findings[0].id == every.findings[0].id
    assert any(str(len(every.findings) - 1) in note for note in one.coverage.notes), one.coverage.notes


def test_coverage_says_what_was_looked_at():
    report = scan(Run([str(CAPTURES)], settings(digest=False)))
    c = report.coverage
    assert sum(c.verdicts.values()) == sum(c.protocols.values()) == c.flows
    records = sum(i.records for i in report.inputs)
    assert c.packets + sum(c.undecoded.values()) == records
    assert any("endpoint" in note for note in c.notes)
    assert report.tool["name"] == "pcapscan"


def test_a_home_network_changes_the_side():
    inside = scan(Run([str(SHELL)], settings(home_nets=("203.0.113.0/24", "198.51.100.0/24"))))
    outside = scan(Run([str(SHELL)], settings()))
    assert inside.options["home_nets"] == ["203.0.113.0/24", "198.51.100.0/24"]
    assert inside.findings != outside.findings


def test_a_wrong_knowledge_folder_is_said_before_anything_is_read(tmp_path):
    (tmp_path / "x.toml").write_text("[nonsense.a]\nb = 1\n")
    with pytest.raises(KnowledgeError):
        Run([str(SHELL)], settings(knowledge=(tmp_path,)))


def test_progress_tells_of_every_capture():
    told = []
    run = Run([str(SHELL), str(BEACON)], settings(digest=False), lambda path, done, size: told.append((path, done, size)))
    total(run)
    assert {path for path, _, _ in told} == {str(SHELL), str(BEACON)}
    assert all(0 <= done <= size for _, done, size in told)


def test_a_consumer_that_stops_early_is_no_hang():
    run = Run([str(CAPTURES)], settings(digest=False, jobs=2))
    rows = flow_rows(run)
    next(rows)
    rows.close()


def test_flows_added_up_give_the_findings_of_flows_one_by_one(tmp_path):
    """Beyond some number of flows of logs those alike become one row; whether they do changes no finding."""
    out = tmp_path / "conn.log"
    maker = Path(__file__).parent / "bench" / "logs" / "make_logs.py"
    command = [sys.executable, str(maker), str(out), "--rows", "20000", "--channels", "800", "--ssl", str(tmp_path / "ssl.log")]
    subprocess.run(command, check=True)
    one_by_one = scan(Run([str(tmp_path)], settings(digest=False)))
    added_up = scan(Run([str(tmp_path)], settings(digest=False, lump_from=0)))
    assert len(one_by_one.findings) > 20
    assert {f.kind for f in one_by_one.findings} >= {"port", "beacon"}
    assert added_up.findings == one_by_one.findings
    assert added_up.coverage == one_by_one.coverage
    rows = [frame(beacon_rows(Run([str(tmp_path)], settings(digest=False, lump_from=n)))).rows() for n in (10**9, 0)]
    assert len(rows[0]) > 10
    assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))


def test_the_log_of_our_zeek_package_is_known_and_counts_no_flow_twice(tmp_path):
    conn = tmp_path / "conn.log"
    conn.write_text(
        "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\t"
        "conn_state\n1767225600.5\tCa1\t10.0.0.5\t50000\t203.0.113.9\t8088\ttcp\tssl\t1.0\t500\t4000\tSF\n"
    )
    ours = tmp_path / "pcapscan.log"
    ours.write_text(
        "#separator \\x09\n#set_separator\t,\n#path\tpcapscan\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tprotocol\t"
        "verdict\texpected_ports\tbelongs\tattempt\tcampaigns\tbytes\n1767225600.5\tCa1\t10.0.0.5\t50000\t203.0.113.9\t8088\ttcp\tssl\ttls\t"
        "unexpected_port\t443,465\t(empty)\tF\t(empty)\t4500\n"
    )
    document = scan(Run([str(tmp_path)], settings()))
    assert document.coverage.flows == 1
    assert [(Path(i.path).name, i.kind, i.records, i.errors) for i in document.inputs] == [
        ("conn.log", "zeek-tsv", 1, ()), ("pcapscan.log", "zeek-tsv", 1, ()),
    ]  # fmt: skip
    (finding,) = document.findings
    assert finding.connections == 1
    assert finding.facts["orig"] == {"sensor_verdict": "unexpected_port", "sensor_protocol": "tls"}


@pytest.mark.parametrize("lump_from", [10**9, 0])
def test_findings_carry_pictures_of_their_own_channel(tmp_path, lump_from):
    """Whether events lie in memory or come from the file of long logs: the pictures count the finding's check-ins."""
    rows = []
    for host, period in ((5, 60), (6, 91), (7, 300)):
        for beat in range(40):
            at = 1_760_000_000 + host + beat * period
            rows.append(
                (
                    at,
                    f"{at}.000000\tC{host:03d}{beat:05d}\t10.0.0.{host}\t{40000 + beat}\t203.0.113.{host}\t8088\ttcp\tssl\t1.0\t500\t900\tSF",
                )
            )
    fields = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state"
    types = "time\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring"
    head = f"#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\t{fields}\n#types\t{types}\n"
    (tmp_path / "conn.log").write_text(head + "\n".join(line for _, line in sorted(rows)) + "\n")
    document = scan(Run([str(tmp_path / "conn.log")], settings(digest=False, lump_from=lump_from)))
    found = {f.orig_h: f for f in document.findings if f.period_s}
    assert set(found) == {"10.0.0.5", "10.0.0.6", "10.0.0.7"}
    for host, period in (("10.0.0.5", 60), ("10.0.0.6", 91), ("10.0.0.7", 300)):
        timing = found[host].timing
        assert timing is not None and timing.period_s == pytest.approx(period, rel=0.02) == found[host].period_s
        assert sum(timing.timeline) == 40 and sum(timing.intervals) == sum(timing.fold) == 39
        assert timing.interval_from_s < period < timing.interval_to_s
        assert timing.fold[0] + timing.fold[-1] == 39, "a clock's intervals are whole periods"
