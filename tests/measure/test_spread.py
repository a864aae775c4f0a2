from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.measure import reference
from pcapscan.measure.spread import quantile, shortest_holding

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=40)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.95, 1.0]))
def test_order_statistics_are_those_of_numpy_and_the_slow_twin(values, share):
    ordered = np.sort(np.array(values))
    assert quantile(ordered, share) == pytest.approx(np.quantile(ordered, share), abs=1e-6)
    assert shortest_holding(ordered, share) == pytest.approx(reference.shortest_holding(ordered, share), abs=1e-6)
