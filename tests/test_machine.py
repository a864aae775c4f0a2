"""What may be used of the machine is what this process was given, not what is built in."""

from __future__ import annotations

import os
import sys

import pytest

from pcapscan import machine


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no way to take cores away from a process here")
def test_cores_that_were_taken_away_do_not_count():
    mine = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mine)})
        assert machine.cores() == 1
    finally:
        os.sched_setaffinity(0, mine)
    assert machine.cores() == len(mine)


def test_a_system_that_counts_no_cores_has_one(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores() == 1


def test_a_frozen_program_is_no_interpreter(monkeypatch):
    assert machine.interpreter() == sys.executable
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert machine.interpreter() == ""


def test_where_python_does_not_know_itself_nothing_is_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", None)
    assert machine.interpreter() == ""
