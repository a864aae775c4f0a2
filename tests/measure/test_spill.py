from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pcapscan.measure.spill import WIDTH, Spill, shared


def drawn(seed: int, count: int, kinds: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    events = rng.integers(-(2**62), 2**62, (count, WIDTH))
    events[:, 0] = rng.integers(0, kinds, count)
    return events


def test_events_come_back_as_they_were_put_from_any_place(monkeypatch):
    monkeypatch.setattr("pcapscan.measure.spill._PART", 7)
    events, spill = drawn(1, 100, 5), Spill()
    spill.put(events[:40])
    spill.put(events[40:])
    assert spill.count == 100
    for first, count in ((0, None), (33, 20), (93, 7), (100, None), (10, 0)):
        back = [part.copy() for part in spill.parts(first, count)]
        end = 100 if count is None else first + count
        assert np.concatenate([*back, np.empty((0, WIDTH), np.int64)]).tolist() == events[first:end].tolist()


@pytest.mark.parametrize("part", [1, 13, 1000])
def test_every_share_has_its_events_in_order_and_no_others(part):
    events, rng = drawn(2, 500, 30), np.random.default_rng(3)
    one, other = rng.integers(-1, 4, 30), rng.integers(-1, 4, 30)
    other[other == one] = -1
    wanted = [[e.tolist() for e in events if s in (one[e[0]], other[e[0]])] for s in range(4)]
    spill, begin = shared((events[i : i + part] for i in range(0, 500, part)), one, other, np.array([len(w) for w in wanted]))
    assert [[e.tolist() for p in spill.parts(int(a), int(z - a)) for e in p] for a, z in pairwise(begin)] == wanted
    assert sum(map(len, wanted)) > 500, "some events are of two shares"
