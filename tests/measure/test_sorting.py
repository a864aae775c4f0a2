from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.kernels import JIT
from pcapscan.measure import sorting

if JIT:
    from pcapscan.kernels.build import dispatcher

    compiled = dispatcher(sorting.put_in_order)
else:
    compiled = sorting.put_in_order


@settings(deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.5, 1e300]) | st.floats(allow_nan=False), max_size=200))
def test_numbers_in_order_are_the_same_numbers(numbers):
    values = np.array(numbers, np.float64)
    compiled(values, np.empty(len(values)))
    assert values.tolist() == sorted(numbers)


@pytest.mark.parametrize("n", [0, 1, sorting.RUN, sorting.FEW, sorting.FEW + 1, 16 * 32, 16 * 32 + 1, 5000])
def test_every_number_of_runs_ends_where_it_began(n):
    """Runs are merged to and fro; whoever forgot the way back would leave the last but one merge."""
    values = np.random.default_rng(n).permutation(n).astype(np.float64)
    compiled(values, np.full(n, -1.0))
    assert values.tolist() == list(range(n))
