"""The way in: it hashes ahead for the commands that tell digests, and for no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pcapscan import __main__, cli, digest

COMMANDS = Path(cli.__file__).parent


def test_python_m_is_the_command():
    told = subprocess.run([sys.executable, "-m", "pcapscan", "--version"], check=True, capture_output=True, text=True)
    assert "pcapscan" in told.stdout


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_commands_that_tell_digests_are_those_that_hash_ahead(command, monkeypatch):
    text = (COMMANDS / f"{command}.py").read_text(encoding="utf-8")
    tells = "common.start(" in text and "digest=False" not in text
    asked: list[list[str]] = []
    monkeypatch.setattr(digest, "expect", lambda paths: asked.append(list(paths)))
    monkeypatch.setattr(cli, "main", lambda: None)
    monkeypatch.setattr(sys, "argv", ["pcapscan", command, "a.pcap", "-o", "b"])
    __main__.run()
    assert asked == ([["a.pcap", "-o", "b"]] if tells else [])


def test_without_arguments_nothing_is_hashed(monkeypatch):
    monkeypatch.setattr(digest, "expect", lambda paths: pytest.fail("asked"))
    monkeypatch.setattr(cli, "main", lambda: None)
    monkeypatch.setattr(sys, "argv", ["pcapscan"])
    __main__.run()
