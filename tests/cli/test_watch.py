"""``pcapscan watch`` as it is called: by a cron job, by a person, by a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAD = (
    "#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\t"
    "orig_bytes\tresp_bytes\tconn_state\n"
)
ROW = "1767225600.5\tCa1\t10.0.0.5\t50000\t203.0.113.{}\t8088\ttcp\tssl\t1.0\t500\t4000\tSF\n"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "conn.log").write_text(HEAD + ROW.format(9))
    return folder


def test_once_tells_and_remembers(cli, logs, tmp_path):
    arguments = ("watch", logs, "--once", "--quiet", "--state", tmp_path / "state.json")
    first = cli.run(*arguments)
    assert first.exit_code == 0
    assert "203.0.113.9:8088/tcp" in first.stdout
    assert cli.run(*arguments).stdout == ""
    with (logs / "conn.log").open("a") as file:
        file.write(ROW.format(10))
    third = cli.run(*arguments)
    assert "203.0.113.10" in third.stdout
    assert "203.0.113.9:" not in third.stdout


def test_ndjson_is_what_scan_says_of_it(cli, logs, tmp_path):
    told = cli.run("watch", logs, "--once", "--quiet", "--format", "ndjson", "--state", tmp_path / "s.json").stdout
    scanned = json.loads(cli.run("scan", logs, "--quiet", "--format", "json").stdout)["findings"]
    assert [json.loads(line)["id"] for line in told.splitlines()] == [f["id"] for f in scanned]


def test_output_is_appended_to(cli, logs, tmp_path):
    out = tmp_path / "findings.txt"
    out.write_text("before\n")
    cli.run("watch", logs, "--once", "--quiet", "--state", tmp_path / "s.json", "--output", out)
    assert out.read_text().startswith("before\n2026-01-01T00:00:01.5")


def test_min_score_holds_back(cli, logs, tmp_path):
    assert cli.run("watch", logs, "--once", "--quiet", "--state", tmp_path / "s.json", "--min-score", "99").stdout == ""


def test_a_state_that_is_none_is_a_line_and_2(cli, logs, tmp_path):
    (tmp_path / "s.json").write_text("no json")
    result = cli.run("watch", logs, "--once", "--quiet", "--state", tmp_path / "s.json")
    assert result.exit_code == 2
    assert "s.json" in result.stderr


def test_it_goes_on_through_rotation_until_interrupted(logs, tmp_path):
    """A real process, a real rename, a real Ctrl-C."""
    out = tmp_path / "out.ndjson"
    command = [
        sys.executable,
        "-c",
        "from pcapscan.cli import main; main()",
        "watch",
        str(logs),
        "--format",
        "ndjson",
        "-o",
        str(out),
        "--state",
        str(tmp_path / "s.json"),
        "--quiet",
        "--interval",
        "0.3",
    ]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(out, "203.0.113.9")
        (logs / "conn.log").rename(logs / "conn.2026-01-01-00-00-00.log")
        (logs / "conn.log").write_text(HEAD + ROW.format(77))
        wait_for(out, "203.0.113.77")
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert err == ""
    assert process.returncode == 0
    assert len(out.read_text().splitlines()) == 2


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"{text} did not appear in {path.name}")
