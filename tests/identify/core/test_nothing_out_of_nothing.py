"""Made-up heads are given no name: 100 000 here, a million by ``tests/bench/identify_null.py``."""

import runpy
from pathlib import Path

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "bench" / "identify_null.py"))


def test_hundred_thousand_made_up_heads():
    named = MAKE["named"](100_000, seed=20)
    assert sum(named.values()) <= 2, named
