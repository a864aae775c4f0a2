"""Packets and logs of the same traffic: the same findings, and given together each flow once.

The logs are derived from the flows (``pcapscan flows --format zeek``); they hold what conn.log can hold. What it cannot: contents beyond a
protocol's name (certificates, agents, the look of unknown bytes), faked TLS, times inside a connection, and the end of a conversation
that began before the capture. So findings are compared by place, protocol and verdict, and where they differ the reason is written
down here and must hold.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pcapscan.pipeline import Run, Settings, flow_rows, scan
from pcapscan.report.flow_rows import TIMES
from pcapscan.report.rows import RowWriter

CAPTURES = Path(__file__).parents[1] / "captures"
CASES = sorted(p.parent.name for p in CAPTURES.glob("*/capture.pcap"))


@pytest.fixture
def as_log(tmp_path):
    def make(case: str) -> Path:
        log = tmp_path / "conn.log"
        out = io.BytesIO()
        with RowWriter("zeek", out, TIMES) as writer:
            for columns in flow_rows(Run([str(CAPTURES / case / "capture.pcap")], Settings(digest=False))):
                writer.write(columns)
        log.write_bytes(out.getvalue())
        return log

    return make


def places(document) -> dict[tuple, str]:
    return {(f.orig_h, f.resp_h, f.resp_p, f.transport, f.protocol): f.verdict for f in document.findings}


def run(*paths: Path):
    return scan(Run([str(p) for p in paths], Settings(digest=False, jobs=1)))


@pytest.mark.parametrize("case", CASES)
def test_logs_and_packets_give_the_same_findings(case, as_log):
    packets, logs = run(CAPTURES / case / "capture.pcap"), run(as_log(case))
    assert logs.coverage.flows == packets.coverage.flows
    there, here = places(packets), places(logs)
    different = {key: (there.get(key), here.get(key)) for key in there.keys() | here.keys() if there.get(key) != here.get(key)}
    unexplained = {key: pair for key, pair in different.items() if not explained(*pair)}
    assert not unexplained


def explained(packets: str | None, logs: str | None) -> str:
    """Why logs say another thing than packets; empty where they may not."""
    if packets == "fake":
        return "faked TLS is bytes without a service in a log"
    if packets in ("unknown_on_reserved", "unknown") and logs in ("unknown_on_reserved", "unknown"):
        return "a log cannot tell whether the beginning was seen, and Zeek cannot name every protocol of some ports"
    return ""


@pytest.mark.parametrize("case", CASES)
def test_packets_and_logs_together_count_a_flow_once(case, as_log):
    capture, log = CAPTURES / case / "capture.pcap", as_log(case)
    alone, together = run(capture), run(capture, log)
    assert together.coverage.flows == alone.coverage.flows
    assert together.coverage.undecoded.get("in packets too, where it is counted") == alone.coverage.flows
    assert [(f.id, f.score, f.connections) for f in together.findings] == [(f.id, f.score, f.connections) for f in alone.findings]
    assert [i.records for i in together.inputs][1] == alone.coverage.flows


def test_a_log_of_other_traffic_beside_a_capture_is_all_read(as_log):
    log = as_log("t1571-4-http-beacon-9001")
    document = run(CAPTURES / "t1571-2-https-beacon-8088" / "capture.pcap", log)
    assert {f.resp_p for f in document.findings} == {8088, 9001}
    assert "in packets too, where it is counted" not in document.coverage.undecoded
