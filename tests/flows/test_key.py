"""The table of live flows: deletion leaves no gap and loses nobody."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.flows.key import COUNTERPART, hash_key, insert, remove


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=60))
def test_colliding_entries_survive_each_other_s_removal(steps):
    table, live = np.zeros(64, np.int64), {}
    for slot, home in steps:
        if slot in live:
            remove(table, live.pop(slot), slot)
        elif len(live) < 32:
            live[slot] = home * 21 + (slot % 2) * 64  # few homes, some of them near the table's end
            insert(table, live[slot], slot)
        assert sorted(int(e & 0xFFFF_FFFF) - 1 for e in table if e) == sorted(live)
        for other, h in live.items():  # every entry is reached from its home without passing an empty place
            at = h & 63
            while table[at] != (h << 32) | (other + 1):
                assert table[at] != 0
                at = (at + 1) & 63


def test_hash_spreads_neighbours():
    words = [np.uint64(x) for x in (0, 0xFFFF_0A00_0001, 0, 0xFFFF_0A00_0002)]
    hashes = {hash_key(12345, *words, (1024 + k) << 16 | 80, 6) & 0xFFFF for k in range(4096)}
    assert len(hashes) > 3800  # 3970 expected of random ones
    wide = {hash_key(12345, np.uint64(0x20010DB8 << 32 | k), words[1], words[2], words[3], 80, 6) & 0xFFFF for k in range(4096)}
    assert len(wide) > 3800


def test_hash_depends_on_its_seed():
    words = [np.uint64(x) for x in (0, 1, 0, 2)]
    assert hash_key(1, *words, 80, 6) != hash_key(2, *words, 80, 6)


def test_icmp_pairs_go_both_ways():
    assert COUNTERPART[0, 8] == 0 and COUNTERPART[0, 0] == 8 and COUNTERPART[0, 3] == -1
    assert COUNTERPART[1, 128] == 129 and COUNTERPART[1, 136] == 135 and COUNTERPART[1, 1] == -1
