"""What of numpy kernels need and no image can have, since numba's own of it calls numba's runtime: sorting, differences, copies."""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import allocating_helper, helper
from pcapscan.tables import F64, I64

RUN = 16
"""Length of runs that are sorted by insertion; arbitrary, as in most libraries."""

FEW = 40
"""Numbers up to which inserting each in turn is faster than runs and merges; arbitrary."""


@helper
def _insert(a: Any, lo: int, hi: int) -> None:
    for i in range(lo + 1, hi):
        x = a[i]
        k = i
        while k > lo and a[k - 1] > x:
            a[k] = a[k - 1]
            k -= 1
        a[k] = x


@helper
def _merge(a: Any, b: Any, lo: int, middle: int, hi: int) -> None:
    """Merge two sorted neighbours of ``a`` into ``b``."""
    i, j = lo, middle
    for k in range(lo, hi):
        if i < middle and (j >= hi or a[i] <= a[j]):
            b[k] = a[i]
            i += 1
        else:
            b[k] = a[j]
            j += 1


@helper
def put_in_order(values: Any, spare: Any) -> None:
    """Sort an array where it is; ``spare`` is at least as long. None is NaN."""
    n = values.size
    if n <= FEW:
        _insert(values, 0, n)
        return
    for lo in range(0, n, RUN):
        _insert(values, lo, min(lo + RUN, n))
    width, here = RUN, True
    while width < n:
        for lo in range(0, n, 2 * width):
            if here:
                _merge(values, spare, lo, min(lo + width, n), min(lo + 2 * width, n))
            else:
                _merge(spare, values, lo, min(lo + width, n), min(lo + 2 * width, n))
        here = not here
        width *= 2
    if not here:
        for i in range(n):
            values[i] = spare[i]


@helper
def _merge_rows(rows: Any, spare: Any, keys: Any, lo: int, middle: int, hi: int) -> None:
    i, j = lo, middle
    for k in range(lo, hi):
        if i < middle and (j >= hi or keys[rows[i]] <= keys[rows[j]]):
            spare[k] = rows[i]
            i += 1
        else:
            spare[k] = rows[j]
            j += 1


@allocating_helper
def order_rows(rows: I64, lo: int, hi: int, keys: I64) -> None:
    """Order ``rows[lo:hi]`` by ``keys[row]``; equal keys keep their order."""
    for i in range(lo + 1, hi):
        if hi - lo > RUN and (i - lo) % RUN == 0:
            continue  # a new run begins
        first = lo if hi - lo <= RUN else lo + (i - lo) // RUN * RUN
        row = rows[i]
        k = i
        while k > first and keys[rows[k - 1]] > keys[row]:
            rows[k] = rows[k - 1]
            k -= 1
        rows[k] = row
    if hi - lo <= RUN:
        return
    n = hi - lo
    a, b = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        a[i] = rows[lo + i]
    width = RUN
    while width < n:
        for at in range(0, n, 2 * width):
            _merge_rows(a, b, keys, at, min(at + width, n), min(at + 2 * width, n))
        a, b = b, a
        width *= 2
    for i in range(n):
        rows[lo + i] = a[i]


@allocating_helper
def steps(values: F64) -> F64:
    """Differences of neighbours."""
    out = np.empty(max(values.size - 1, 0), np.float64)
    for i in range(out.size):
        out[i] = values[i + 1] - values[i]
    return out


@helper
def lay(target: Any, source: Any) -> None:
    """Copy into an array at least as long."""
    for i in range(source.size):
        target[i] = source[i]


@helper
def count_below(ordered: F64, value: float) -> int:
    """How many of ascending values are less."""
    lo, hi = 0, ordered.size
    while lo < hi:
        middle = (lo + hi) // 2
        if ordered[middle] < value:
            lo = middle + 1
        else:
            hi = middle
    return lo
