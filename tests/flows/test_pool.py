"""Blocks of the pool: never handed out twice, never lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.flows.pool import UNIT, give, grab
from pcapscan.flows.records import GRADES, S_FREE0, STATE_SIZE


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, GRADES - 1), st.integers(0, 50)), max_size=80))
def test_blocks_never_overlap_and_come_back(steps):
    pool, state = np.zeros(64 * UNIT, np.uint8), np.zeros(STATE_SIZE, np.int64)
    state[S_FREE0 : S_FREE0 + GRADES] = -1
    held = []
    for take, grade, which in steps:
        if take:
            block = grab(pool, state, grade)
            if block >= 0:
                mine = set(range(block, block + (1 << grade)))
                assert max(mine) < 64 and all(mine.isdisjoint(other) for _, _, other in held)
                pool[block * UNIT : (block + (1 << grade)) * UNIT] = 255
                held.append((block, grade, mine))
        elif held:
            block, grade, _ = held.pop(which % len(held))
            give(pool, state, block, grade)
    for block, grade, _ in held:
        give(pool, state, block, grade)
    units = 0
    while grab(pool, state, 0) >= 0:
        units += 1
    assert units == 64
