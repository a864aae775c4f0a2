"""The benches are run by hand, and seldom: that the code has not left them behind is seen here, on a capture of some packets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CAPTURE = ROOT / "captures" / "t1571-4-http-beacon-9001" / "capture.pcap"


def told(script: str, *words: str) -> str:
    command = [sys.executable, str(ROOT / "tests" / "bench" / script), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout


def test_the_share_of_the_judgement_is_told():
    said = told("judge_share.py", str(CAPTURE), "--repeat", "1")
    assert "10 flows, 1 findings" in said
    assert all(name in said for name in ("verdicts", "judge", "suppress"))


def test_contestants_run_to_their_end():
    rows = json.loads(told("run.py", str(CAPTURE), "--runs", "1", "--only", "flows,scan", "--json"))
    assert [(row["name"], row["failed"]) for row in rows] == [("flows", 0), ("scan", 0)]
