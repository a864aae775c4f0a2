"""Findings as they appear: none lost, none told twice, through rotation and restart."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pcapscan.errors import UsageError
from pcapscan.live import Watch
from pcapscan.pipeline import Run, Settings, scan

HEAD = (
    "#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#empty_field\t(empty)\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\t"
    "id.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n"
)
START = 1_767_225_600


def beacon(first: int, last: int, peer: str = "203.0.113.9", port: int = 8088, service: str = "ssl") -> str:
    """Check-ins every minute, the ``first`` to the one before ``last``."""
    return "".join(
        f"{START + 60 * n}.{n % 7}\tC{peer[-1]}{port}x{n}\t10.0.0.5\t{40000 + n}\t{peer}\t{port}\ttcp\t{service}\t0.5\t400\t900\tSF\n"
        for n in range(first, last)
    )


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "conn.log").write_text(HEAD)
    return folder


def watch(logs: Path, state: Path | None = None, **more) -> Watch:
    return Watch(logs, Settings(jobs=1), state, **more)


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def look(w: Watch) -> list[tuple[str, int, str]]:
    found = w.look()
    w.told(found)
    return [(f.resp_h, f.resp_p, f.severity) for f in found]


def test_a_finding_is_told_when_it_appears_and_once(logs):
    w = watch(logs)
    assert look(w) == []
    append(logs / "conn.log", beacon(0, 1))
    (told,) = look(w)
    assert told[:2] == ("203.0.113.9", 8088)
    assert look(w) == []
    append(logs / "conn.log", beacon(1, 2))
    assert look(w) == [], "one more connection of the same is nothing new"
    w.close()


def test_a_finding_that_got_graver_is_told_again(logs):
    """One connection is a low matter; forty of them, a minute apart, are not."""
    w = watch(logs)
    append(logs / "conn.log", beacon(0, 1))
    (first,) = look(w)
    append(logs / "conn.log", beacon(1, 60))
    (again,) = look(w)
    assert again[:2] == first[:2]
    assert again[2] != first[2]
    w.close()


def test_the_same_findings_as_a_scan_of_the_same_logs(logs):
    append(logs / "conn.log", beacon(0, 50) + beacon(0, 3, "198.51.100.7", 443, "http") + beacon(0, 9, "192.0.2.4", 22, "-"))
    w = watch(logs)
    told = {f.id: (f.severity, f.score, f.period_s) for f in w.look()}
    scanned = {f.id: (f.severity, f.score, f.period_s) for f in scan(Run([str(logs)], Settings(jobs=1))).findings}
    assert told == scanned
    assert len(told) >= 2
    w.close()


def test_a_period_goes_on_through_rotation(logs):
    """Twenty check-ins before the rename, twenty behind it: one channel of forty."""
    w = watch(logs)
    append(logs / "conn.log", beacon(0, 20))
    w.told(w.look())
    append(logs / "conn.log", beacon(20, 21))
    (logs / "conn.log").rename(logs / "conn.2026-01-01-00-00-00.log")
    (logs / "conn.log").write_text(HEAD + beacon(21, 40))
    w.look()
    (finding,) = scan(w.run, iter(w._batches)).findings
    assert finding.connections == 40
    assert finding.period_s == pytest.approx(60, rel=0.01)
    w.close()


def test_after_a_restart_nothing_is_lost_and_nothing_told_again(logs, tmp_path):
    """While it was away the log was rotated twice, once compressed; what came then is found, what was told is not."""
    state = tmp_path / "state.json"
    w = watch(logs, state)
    append(logs / "conn.log", beacon(0, 5))
    assert len(look(w)) == 1
    w.close()
    append(logs / "conn.log", beacon(0, 2, "198.51.100.7", 9001, "http"))
    day = logs / "2026-01-01"
    day.mkdir()
    (day / "conn.00:00:00-01:00:00.log.gz").write_bytes(gzip.compress((logs / "conn.log").read_bytes()))
    (logs / "conn.log").write_text(HEAD + beacon(0, 2, "192.0.2.4", 2222, "ssh"))
    (logs / "conn.log").rename(logs / "conn-01.log")
    (logs / "conn.log").write_text(HEAD + beacon(0, 1, "192.0.2.5", 8081, "ssh"))
    w = watch(logs, state)
    assert {(host, port) for host, port, _ in look(w)} == {("198.51.100.7", 9001), ("192.0.2.4", 2222), ("192.0.2.5", 8081)}
    w.close()
    again = watch(logs, state)
    assert look(again) == []
    again.close()


def test_what_was_told_is_remembered_only_after_it_was_told(logs, tmp_path):
    """Killed between finding and telling, the next run tells."""
    state = tmp_path / "state.json"
    append(logs / "conn.log", beacon(0, 5))
    w = watch(logs, state)
    assert len(w.look()) == 1
    w.close()
    w = watch(logs, state)
    assert len(look(w)) == 1
    w.close()


def test_names_of_other_logs_are_joined(logs):
    append(logs / "conn.log", beacon(0, 1))
    (logs / "ssl.log").write_text(
        "#separator \\x09\n#unset_field\t-\n#path\tssl\n#fields\tts\tuid\tversion\tserver_name\n1767225600.1\tC98088x0\tTLSv12\tc2.example\n"
    )
    w = watch(logs)
    (finding,) = w.look()
    assert finding.server_name == "c2.example"
    w.close()


def test_evidence_older_than_the_window_is_let_go(logs, monkeypatch):
    w = watch(logs, window_s=3600.0)
    append(logs / "conn.log", beacon(0, 10))
    w.told(w.look())
    append(logs / "conn.log", beacon(200, 203))
    w.look()
    assert sum(map(len, w._batches)) == 3
    w.close()
    monkeypatch.setattr("pcapscan.live.MOST_FLOWS", 5)
    w = watch(logs)
    for n in range(300, 320, 4):
        append(logs / "conn.log", beacon(n, n + 4))
        w.look()
    assert sum(map(len, w._batches)) <= 5 + 4
    assert w.dropped > 0
    w.close()


def test_the_state_is_bounded(logs, tmp_path, monkeypatch):
    monkeypatch.setattr("pcapscan.live.MOST_TOLD", 3)
    state = tmp_path / "state.json"
    append(logs / "conn.log", "".join(beacon(0, 1, f"203.0.113.{n}", 8088) for n in range(1, 9)))
    w = watch(logs, state)
    assert len(look(w)) == 8
    assert len(json.loads(state.read_text())["told"]) == 3
    w.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99, "told": {}}', '{"version": 1, "told": {"a": 3}}'])
def test_a_state_that_is_none_is_said(logs, tmp_path, text):
    state = tmp_path / "state.json"
    state.write_text(text)
    with pytest.raises(UsageError, match="state"):
        watch(logs, state)


def test_a_folder_that_is_none_is_said(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        watch(tmp_path / "nothing")
