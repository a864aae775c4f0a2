"""Doors that load on demand: every name they promise is there, and is what its file holds, whatever was loaded before."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import pcapscan
from pcapscan.doors import opened

ROOMS = ("judge", "report")


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_is_there_and_none_is_that_of_a_file(room):
    door = import_module(f"pcapscan.{room}")
    files = {p.stem for p in (Path(pcapscan.__file__).parent / room).glob("*.py")}
    for file in sorted(files - {"__init__"}):
        import_module(f"pcapscan.{room}.{file}")
    for name in door.__all__:
        assert name not in files, f"{name} would be the file once that is loaded"
        assert not isinstance(getattr(door, name), type(sys)), name


def test_a_name_that_nobody_promised_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        opened("pcapscan.judge", {})("nothing")


def test_who_asks_for_verdicts_loads_no_detectors():
    told = "import sys; from pcapscan.judge import verdicts; print(sorted(m for m in sys.modules if m.startswith('pcapscan.judge.')))"
    loaded = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True).stdout
    assert loaded.strip() == "['pcapscan.judge.verdict']"
