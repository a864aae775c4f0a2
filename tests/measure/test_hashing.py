from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.measure import hashing, reference


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**64 - 1)), max_size=50), st.integers(0, 2**32))
def test_groups_are_those_of_the_slow_twin(rows, seed):
    keys = np.array(rows, np.uint64).reshape(-1, 2)
    numbers, groups = hashing.group_rows(keys)
    slow, count = reference.number_rows(keys)
    assert groups == count
    assert numbers.tolist() == slow.tolist()
    times = np.random.default_rng(seed).integers(0, 5, len(keys))
    start, order = np.empty(groups + 1, np.int64), np.empty(len(keys), np.int64)
    hashing.scatter(numbers, start, order)
    hashing.order_by_time(start, order, times)
    assert [order[start[g] : start[g + 1]].tolist() for g in range(groups)] == reference.rows_of_groups(slow, times)


def test_crafted_keys_fall_back_to_sorting(monkeypatch):
    monkeypatch.setattr(hashing, "number_rows", lambda *a: -1)
    keys = np.array([[3, 1], [2, 2], [3, 1], [1, 9], [2, 2]], np.uint64)
    numbers, groups = hashing.group_rows(keys)
    assert numbers.tolist() == [0, 1, 0, 2, 1]
    assert groups == 3
