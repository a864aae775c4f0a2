from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest

from pcapscan.measure import reference
from pcapscan.measure.features import NAMES
from pcapscan.measure.model import GATE_FILE, MODEL_FILE, contributions, forest, gate, judge_rows, parse_forest, ranked_by_gate, summed


def rows(n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(8)
    x = rng.normal(0, 3, (n, len(forest().names)))
    x[rng.random(x.shape) < 0.2] = np.nan
    return x


def test_features_of_the_model_are_ours():
    assert set(forest().names) <= set(NAMES)


@pytest.mark.parametrize(("kept", "file"), [(forest, MODEL_FILE), (gate, GATE_FILE)])
def test_a_forest_that_was_kept_is_the_shipped_one(kept, file):
    shipped = parse_forest((files("pcapscan.measure") / file).read_text())
    for name in shipped.__struct_fields__:
        one, other = getattr(kept(), name), getattr(shipped, name)
        assert np.array_equal(one, other)
        assert getattr(one, "dtype", type(one)) == getattr(other, "dtype", type(other))


def test_scores_are_those_of_the_slow_twin():
    x = rows()
    slow = np.array([reference.forest_sum(forest(), row) for row in x])
    assert judge_rows(forest(), x) == pytest.approx(1 / (1 + np.exp(-slow)))


def test_ranks_of_the_gate_are_those_of_the_slow_twin():
    x = rows()[:, : len(gate().names)]
    slope, offset = json.loads((files("pcapscan.measure") / GATE_FILE).read_text())["rank"]
    slow = np.array([reference.forest_sum(gate(), row) for row in x])
    assert ranked_by_gate(summed(gate(), x)) == pytest.approx(1 / (1 + np.exp(-(slope * slow + offset))))
    assert slope > 0, "more evidence of a timer ranks higher"
    assert 1 / (1 + np.exp(-offset)) < 0.02, "what is just dismissed lies far below what is claimed"


def test_contributions_explain_the_whole_score():
    model, x = forest(), rows(5)
    roots = float(model.value[model.roots].sum())
    for row in x:
        assert sum(contributions(model, row).values()) + roots + model.bias == pytest.approx(reference.forest_sum(model, row))
