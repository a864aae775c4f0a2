"""Rows with equal keys get equal numbers: hash grouping in one pass, exact, and a sort where a crafted input makes hashing slow.

Numbers are given in order of first appearance, so the same rows give the same numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.kernels import allocating_helper as helper
from pcapscan.kernels import kernel
from pcapscan.kernels.prefetch import prefetch
from pcapscan.measure.sorting import order_rows
from pcapscan.tables import I32, I64, U64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)

AHEAD = 16
"""Rows ahead for which memory is asked; arbitrary, about as many as it answers for at once."""


@helper
def _mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> _S30)) * _MIX1
    x = (x ^ (x >> _S27)) * _MIX2
    return x ^ (x >> _S31)


@kernel("int64(uint64[:, ::1], int64[::1], int64[::1], int64)", counting=True)
def number_rows(keys: U64, numbers: I64, table: I64, budget: int) -> int:
    """Write the group number of each row into ``numbers``.

    Parameters
    ----------
    keys : uint64[n, k]
    numbers : int64[n]
        Filled.
    table : int64[2**b]
        Filled with -1 by the caller; at least twice as long as there are rows.
    budget : int
        Probes allowed; beyond it somebody crafted the keys.

    Returns
    -------
    int
        The number of groups, or -1 where the budget was spent.
    """
    mask = np.uint64(table.size - 1)
    slots = np.empty(keys.shape[0], np.int64)
    for i in range(keys.shape[0]):
        h = _GOLDEN
        for k in range(keys.shape[1]):
            h = _mix((h + keys[i, k]) ^ (h >> _S30)) + _GOLDEN
        slots[i] = int(np.int64(h & mask))
    groups = 0
    for i in range(keys.shape[0]):
        if i + AHEAD < keys.shape[0]:
            prefetch(table, slots[i + AHEAD])
        slot = slots[i]
        while True:
            j = table[slot]  # the first row of a group
            if j < 0:
                table[slot] = i
                numbers[i] = groups
                groups += 1
                break
            same = True
            for k in range(keys.shape[1]):
                if keys[i, k] != keys[j, k]:
                    same = False
                    break
            if same:
                numbers[i] = numbers[j]
                break
            slot = slot + 1 if slot + 1 < table.size else 0
            budget -= 1
            if budget < 0:
                return -1
    return groups


@kernel("int64(uint64[:, ::1], int64, uint64[:, ::1], int64, int32[::1], uint64[::1], int64[::1], uint64, int64)")
def number_more(keys: U64, rows: int, known: U64, count: int, table: I32, hashes: U64, numbers: I64, seed: np.uint64, budget: int) -> int:
    """Write into ``numbers`` the place of each of the first ``rows`` of ``keys`` among the ``known``, to which new ones are added.

    Parameters
    ----------
    keys : uint64[n, k]
    rows : int
    known : uint64[m, k]
        ``count`` of them are filled; there is room for ``rows`` more.
    table : int32[2**b]
        -1 where free; more than twice as long as there can be keys.
    hashes : uint64[n]
        Scratch.
    seed : int
        Begins the hash.

    Returns
    -------
    int
        Known keys, or -1 where the budget of probes was spent.
    """
    mask = np.uint64(table.size - 1)
    width = keys.shape[1]
    for i in range(rows):  # apart from the look-ups, so that these wait for memory together
        h = seed
        for k in range(width):
            h = (h ^ keys[i, k]) * _MIX1
            h = h ^ (h >> _S31)
        hashes[i] = _mix(h)
    for i in range(rows):
        numbers[i] = table[np.int64(hashes[i] & mask)]
    for i in range(rows):
        g = numbers[i]
        slot = int(np.int64(hashes[i] & mask))
        while True:
            if g < 0:
                g = table[slot]  # it may have been filled since
                if g < 0:
                    table[slot] = count
                    for k in range(width):
                        known[count, k] = keys[i, k]
                    g = count
                    count += 1
                    break
            apart = np.uint64(0)
            for k in range(width):  # all at once: where they differ is nobody's question
                apart |= keys[i, k] ^ known[g, k]
            if apart == 0:
                break
            slot = slot + 1 if slot + 1 < table.size else 0
            g = table[slot]
            budget -= 1
            if budget < 0:
                return -1
        numbers[i] = g
    return count


@kernel("void(uint64[:, ::1], int64, int32[::1], uint64)")
def fill_table(known: U64, count: int, table: I32, seed: np.uint64) -> None:
    """Enter known keys, all different, into a table that is free (-1)."""
    mask = np.uint64(table.size - 1)
    for i in range(count):
        h = seed
        for k in range(known.shape[1]):
            h = (h ^ known[i, k]) * _MIX1
            h = h ^ (h >> _S31)
        slot = int(np.int64(_mix(h) & mask))
        while table[slot] >= 0:
            slot = slot + 1 if slot + 1 < table.size else 0
        table[slot] = i


ASKED = 256 << 20
"""Bytes that a table of long rows asks for at once: the system gives those that are written to, so that it grows without a copy. Arbitrary."""

_LONG_ROW = 40


def grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    """The array, made longer, with zeros behind; no view of it may be in use.

    Tables of short rows grow where they lie, if they can. Those of long rows are asked for in one piece that is never filled: a copy
    would need room for both, and leave holes of all sizes between what else is in memory.
    """
    if len(array) >= size:
        return array
    row = array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))
    if row < _LONG_ROW:
        array.resize((max(size, len(array) * 5 // 4), *array.shape[1:]), refcheck=False)
        return array
    longer = np.zeros((max(size, 4 * len(array), ASKED // row), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


class Numbering:
    """Numbers for keys that come in parts, by first appearance.

    Parameters
    ----------
    width : int
        Words of a key.

    Attributes
    ----------
    keys : uint64[m, width]
        The first ``len()`` are known.
    """

    def __init__(self, width: int) -> None:
        self.keys = np.empty((0, width), np.uint64)
        self._count = 0
        self._table = np.full(16, -1, np.int32)
        self._seed = np.uint64(_GOLDEN)

    def __len__(self) -> int:
        return self._count

    def number(self, keys: U64) -> I64:
        """Give the number of each row, new ones to keys that were not seen before."""
        numbers, hashes = np.empty(len(keys), np.int64), np.empty(len(keys), np.uint64)
        if not len(keys):
            return numbers
        room = self._count + len(keys)
        self.keys = grown(self.keys, room)
        if len(self._table) < 2 * room:
            self._refill(1 << int(2 * room).bit_length())
        with np.errstate(over="ignore"):
            for tries in range(4):
                # the last try is unbounded: whoever crafts keys that are slow under four seeds gets what was asked for
                budget = 16 * len(keys) + 1024 if tries < 3 else 1 << 62
                count = number_more(keys, len(keys), self.keys, self._count, self._table, hashes, numbers, self._seed, budget)
                if count >= 0:
                    self._count = int(count)
                    return numbers
                self._seed = np.uint64(self._seed * np.uint64(_MIX2) + np.uint64(1))
                self._refill(len(self._table))
        raise AssertionError("an unbounded try ended without an answer")

    def forget(self) -> None:
        """Let the keys go; how many there were is still known."""
        self.keys, self._table = self.keys[:0].copy(), self._table[:0].copy()

    def _refill(self, size: int) -> None:
        self._table = np.full(size, -1, np.int32)
        with np.errstate(over="ignore"):
            fill_table(self.keys, self._count, self._table, self._seed)


@kernel("void(int64[::1], int64[::1], int64[::1])", counting=True)
def scatter(numbers: I64, start: I64, rows: I64) -> None:
    """List the rows of each group, in the order of the rows (a counting sort).

    Parameters
    ----------
    numbers : int64[n]
        Group of each row; -1 leaves the row out.
    start : int64[g + 1]
        Filled: group ``i`` owns ``rows[start[i]:start[i + 1]]``.
    rows : int64[m]
        Filled.
    """
    groups = start.size - 1
    start[:] = 0
    for i in range(numbers.size):
        if numbers[i] >= 0:
            start[numbers[i] + 1] += 1
    for g in range(groups):
        start[g + 1] += start[g]
    place = start[:groups].copy()
    for i in range(numbers.size):
        g = numbers[i]
        if g >= 0:
            rows[place[g]] = i
            place[g] += 1


@kernel("void(int64[::1], int64[::1], int64[::1])", counting=True)
def order_by_time(start: I64, rows: I64, time_ns: I64) -> None:
    """Sort the rows of each group by time where they are not in order yet; equal times keep the order of the rows."""
    for g in range(start.size - 1):
        lo, hi = start[g], start[g + 1]
        sorted_already = True
        for i in range(lo + 1, hi):
            if time_ns[rows[i]] < time_ns[rows[i - 1]]:
                sorted_already = False
                break
        if not sorted_already:
            order_rows(rows, lo, hi, time_ns)


def group_rows(keys: U64) -> tuple[I64, int]:
    """Give equal rows of ``keys`` equal numbers.

    Parameters
    ----------
    keys : uint64[n, k]

    Returns
    -------
    int64[n], int
        Group of each row, numbered by first appearance; how many groups there are.
    """
    n = len(keys)
    numbers = np.empty(n, np.int64)
    table = np.full(1 << max(4, int(2 * n).bit_length()), -1, np.int64)
    with np.errstate(over="ignore"):
        groups = number_rows(np.ascontiguousarray(keys), numbers, table, 16 * n + 1024)
    if groups >= 0:
        return numbers, int(groups)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse.reshape(-1)], len(first)
