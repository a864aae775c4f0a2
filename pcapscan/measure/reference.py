"""Slow, obvious twins of the kernels: the formulas as one would write them down. The tests hold both together."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np

from pcapscan.measure.model import Forest
from pcapscan.measure.templates import BINS, LOG_BIN, SHORTEST_S
from pcapscan.tables import F64, I64, U64


def number_rows(keys: U64) -> tuple[I64, int]:
    """Twin of :func:`pcapscan.measure.hashing.group_rows`."""
    seen: dict[tuple[int, ...], int] = {}
    numbers = [seen.setdefault(tuple(int(k) for k in row), len(seen)) for row in keys]
    return np.array(numbers, np.int64), len(seen)


def rows_of_groups(numbers: I64, time_ns: I64) -> list[list[int]]:
    """Twin of ``scatter`` and ``order_by_time``: rows of each group in time order."""
    rows: dict[int, list[int]] = defaultdict(list)
    for i, g in enumerate(numbers):
        rows[int(g)].append(i)
    return [sorted(rows[g], key=lambda i: int(time_ns[i])) for g in sorted(rows)]


def bin_of(interval_s: float) -> int:
    """Twin of ``features._bin_of``."""
    return 0 if interval_s <= SHORTEST_S else min(BINS - 1, int(np.log(interval_s / SHORTEST_S) / LOG_BIN))


def shortest_holding(values: F64, share: float) -> float:
    """Twin of :func:`pcapscan.measure.spread.shortest_holding`."""
    ordered = sorted(float(v) for v in values)
    m = max(2, int(np.ceil(round(share * len(ordered), 9))))
    return min(ordered[i + m - 1] - ordered[i] for i in range(len(ordered) - m + 1))


def local_variation(intervals: F64) -> float:
    """Shinomoto's LV: 3 / (n - 1) times the sum of ((a - b) / (a + b)) squared over neighbours. Neural Computation 15 (2003) 2823."""
    terms = [((a - b) / (a + b)) ** 2 for a, b in pairwise(intervals)]
    return float(3 * sum(terms) / len(terms))


def fit_beacon(intervals: F64, gain: np.ndarray, base: F64) -> float:
    """Best log-likelihood of a beacon template over every shift (the kernel looks closely at three): never below the kernel's."""
    offsets = (gain.shape[1] - 1) // 2
    bins = [bin_of(float(d)) for d in intervals]
    best = -np.inf
    for template, floor in zip(gain, base, strict=True):
        for shift in range(BINS):
            inside = [b - shift + offsets for b in bins if abs(b - shift) <= offsets]
            best = max(best, len(bins) * floor + float(sum(template[o] for o in inside)))
    return best


def pair_evidence(intervals: F64, timers: F64, nulls: F64) -> float:
    """Twin of ``features._pair_evidence``."""
    cells = timers.shape[1]
    chosen = [min(cells - 1, int(a / (a + b) * cells)) for a, b in zip(intervals[0::2], intervals[1::2], strict=False)]
    return max(float(sum(t[c] for c in chosen)) for t in timers) - max(float(sum(t[c] for c in chosen)) for t in nulls)


def forest_sum(model: Forest, row: F64) -> float:
    """Twin of :func:`pcapscan.measure.model.add_leaves`, with the bias."""
    total = model.bias
    for root in model.roots:
        node = int(root)
        while model.feature[node] >= 0:
            x = row[model.feature[node]]
            left = bool(model.missing[node]) if np.isnan(x) else bool(x <= model.threshold[node])
            node = int(model.left[node] if left else model.right[node])
        total += float(model.value[node])
    return total
