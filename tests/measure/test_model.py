from __future__ import annotations

import numpy as np
import pytest

from pcapscan.measure import reference
from pcapscan.measure.features import NAMES
from pcapscan.measure.model import contributions, forest, judge_rows


def rows(n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(8)
    x = rng.normal(0, 3, (n, len(forest().names)))
    x[rng.random(x.shape) < 0.2] = np.nan
    return x


def test_features_of_the_model_are_ours():
    assert set(forest().names) <= set(NAMES)


def test_scores_are_those_of_the_slow_twin():
    x = rows()
    slow = np.array([reference.forest_sum(forest(), row) for row in x])
    assert judge_rows(forest(), x) == pytest.approx(1 / (1 + np.exp(-slow)))


def test_contributions_explain_the_whole_score():
    model, x = forest(), rows(5)
    roots = float(model.value[model.roots].sum())
    for row in x:
        assert sum(contributions(model, row).values()) + roots + model.bias == pytest.approx(reference.forest_sum(model, row))
