from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from pcapscan import memory

HELD = """
import resource
import numpy as np
from pcapscan.memory import give_back
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
blocks = [np.ones(64 << 10, np.uint8) for _ in range(2000)]
last = blocks.pop()
full = resident()
blocks.clear()
freed = resident()
give_back()
print(full, freed, resident(), last[0])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc alone can be told")
def test_what_is_free_below_what_is_held_goes_back():
    """The C library gives back the end of what it has by itself, and nothing before it."""
    said = subprocess.run([sys.executable, "-c", HELD], check=True, capture_output=True, text=True).stdout.split()
    full, freed, after = (int(word) for word in said[:3])
    assert freed > full - (32 << 20), "else this shows nothing"
    assert after < full - (100 << 20)


def test_another_c_library_is_no_error(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    memory.give_back()
    memory.keep_freed()
