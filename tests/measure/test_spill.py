from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pcapscan.measure.spill import Shares, Spill

WIDTH = 5


def drawn(seed: int, count: int, kinds: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-(2**62), 2**62, (count, WIDTH))
    rows[:, 0] = rng.integers(0, kinds, count)
    return rows


def joined(parts) -> list[list[int]]:
    return [row for part in parts for row in part.tolist()]


@pytest.mark.parametrize("width", [1, WIDTH])
def test_rows_come_back_as_they_were_put_from_any_place(monkeypatch, width):
    monkeypatch.setattr("pcapscan.measure.spill._PART", 7)
    rows, spill = np.ascontiguousarray(drawn(1, 100, 5)[:, :width]), Spill(width)
    spill.put(rows[:40])
    spill.put(rows[40:40])
    spill.put(rows[40:])
    assert spill.count == 100
    for first, count in ((0, None), (33, 20), (93, 7), (100, None), (10, 0)):
        assert joined(spill.parts(first, count)) == rows[first : 100 if count is None else first + count].tolist()


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("part", [1, 13, 1000])
def test_every_share_has_its_rows_in_order_and_no_others(part, twice):
    rows, rng = drawn(2, 500, 30), np.random.default_rng(3)
    one, other = rng.integers(-1, 4, (2, 30)).astype(np.int32)
    other[other == one] = -1
    wanted = [[e.tolist() for e in rows if s == one[e[0]] or (twice and s == other[e[0]])] for s in range(4)]
    shares = Shares(WIDTH, 4)
    for i in range(0, 500, part):
        shares.put(rows[i : i + part], one, other if twice else None)
    shares.done()
    assert [joined(shares.parts(s, s + 1)) for s in range(4)] == wanted
    assert sorted(joined(shares.parts(1, 4))) == sorted(wanted[1] + wanted[2] + wanted[3])
    assert (sum(map(len, wanted)) > 500) == twice, "with two shares a kind some rows lie in both"


def test_threads_that_read_at_once_read_their_own(monkeypatch):
    """A file has one place at which it is read."""
    monkeypatch.setattr("pcapscan.measure.spill._PART", 50)
    rows, spill = drawn(4, 20_000, 3), Spill(WIDTH)
    spill.put(rows)
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda at: joined(spill.parts(at, 2_000)), range(0, 20_000, 2_000)))
    assert [row for part in read for row in part] == rows.tolist()
