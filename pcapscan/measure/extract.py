"""Features of all channels, on as many threads as are asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np

from pcapscan.measure.features import ESTIMATES, FEATURES, NAMES, describe
from pcapscan.measure.model import gate
from pcapscan.measure.templates import beacon_templates, null_templates, pair_templates
from pcapscan.tables import F64, EventTable

_CHUNK_EVENTS = 1 << 18


@cache
def _bank() -> tuple[np.ndarray, ...]:
    gain, base, names = beacon_templates()
    nulls, _ = null_templates()
    shares = np.array([name[1:] for name in names], np.float64)
    scouts = np.flatnonzero((shares[:, 1] == 0.27) & (shares[:, 2] == 0.25)).astype(np.int64)
    return gain, base, scouts, shares, nulls, *pair_templates()


@cache
def _gate(used: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trees of the gate by column of the features; none where it is not used."""
    if not used:
        return np.zeros(0, np.int64), np.zeros((0, 4), np.int64), np.zeros((0, 2))
    trees = gate()
    columns = np.array([NAMES.index(name) for name in trees.names] + [-1], np.int64)
    values = np.stack([trees.threshold, trees.value], axis=1)
    leaves = trees.feature < 0
    values[leaves, 1] += trees.bias / len(trees.roots)
    return trees.roots, np.stack([columns[trees.feature], trees.left, trees.right, trees.missing.astype(np.int64)], axis=1), values


def extract(events: EventTable, workers: int = 1, gated: bool = False) -> tuple[F64, F64]:
    """Features and estimates of every channel.

    Parameters
    ----------
    events : EventTable
    workers : int
        Threads.
    gated : bool
        Leave out what costs much where what costs little shows no timer: nine of ten channels without one.

    Returns
    -------
    float64[c, len(FEATURES)], float64[c, len(ESTIMATES)]
        NaN rows where a channel has fewer than four distinct times, NaN estimates also where the gate dismissed it.
    """
    count = len(events.start) - 1
    rows, estimates = np.empty((count, len(FEATURES))), np.empty((count, len(ESTIMATES)))
    window_s = (events.window[1] - events.window[0]) * 1e-9
    start, time_ns = np.ascontiguousarray(events.start, np.int64), np.ascontiguousarray(events.time_ns, np.int64)
    orig, resp = np.ascontiguousarray(events.orig_bytes, np.int64), np.ascontiguousarray(events.resp_bytes, np.int64)
    duration = np.ascontiguousarray(events.duration_ns, np.int64)
    gain, base, scouts, widths, nulls, timer_pairs, null_pairs = _bank()
    gain, by_offset, nulls = (np.ascontiguousarray(a) for a in (gain[:, ::-1], gain.T, nulls.T))
    trees = _gate(gated)

    def run(part: tuple[int, int]) -> None:
        lo, hi = part
        describe(
            start, time_ns, orig, resp, duration, window_s, lo, hi, gain, base, scouts, widths, by_offset, nulls, timer_pairs, null_pairs,
            *trees, rows[lo:hi], estimates[lo:hi],
        )  # fmt: skip

    parts = _parts(start)
    if workers <= 1 or len(parts) == 1:
        for part in parts:
            run(part)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(run, parts))
    return rows, estimates


def _parts(start: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of channels of about equal cost (an event costs one, a channel fifty)."""
    cost = start + 50 * np.arange(len(start))
    edges = np.unique(np.searchsorted(cost, np.arange(0, cost[-1] + _CHUNK_EVENTS, _CHUNK_EVENTS)).clip(0, len(start) - 1))
    return [(int(a), int(b)) for a, b in pairwise(edges)]
