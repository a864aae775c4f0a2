"""The bar, on a small draw: the whole table is printed by ``evaluate.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def evaluate():
    sys.path.insert(0, str(HERE))
    import evaluate

    yield evaluate
    sys.path.remove(str(HERE))


def test_settings_that_training_does_not_draw(evaluate):
    for name in evaluate.evaluation_profiles():
        figures = evaluate.own(name, 1500)
        # At sleeps of seconds an operator's tasks come at the sleep's own pace and hide it.
        assert figures["all"]["auc"] > (0.97 if name == "fast sleeps" else 0.985)
        assert figures["all"]["r3"] > 2 * figures["RITA: all"]["r3"]
        assert figures["alert"]["alarms"] <= 0.003


def test_another_generator(evaluate):
    if not (evaluate.BENCH / "beacon_bench.py").exists():
        pytest.skip("needs beacon_bench.py: set PCAPSCAN_BENCH")
    figures = evaluate.dev(6, evaluate.BENCH, per_cell=3, fam=40, neg=3000, bp=100, keep=5)
    assert figures["all"]["auc"] > 0.993
    assert figures["alert"]["alarms"] <= 0.002


def test_rita_is_the_published_formula(evaluate):
    clock = np.arange(0, 86_400, 60.0)
    assert evaluate.rita(clock, np.full(len(clock), 500.0), (0.0, 86_400.0)) == (1.0, 60.0)
    assert evaluate.rita(clock[:3], np.full(3, 500.0), (0.0, 86_400.0))[0] == 0.0
