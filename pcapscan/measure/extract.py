"""Features of all channels, on as many threads as are asked for.

What costs little comes first; the gate, a small forest over that, dismisses most channels without a timer before the rest is asked for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from pcapscan.cache import arrays
from pcapscan.measure import templates
from pcapscan.measure.features import ESTIMATES, FEATURES, MOMENTS, NAMES, describe, survey
from pcapscan.measure.model import forest, gate, summed
from pcapscan.measure.templates import BINS, beacon_templates, null_templates, pair_templates
from pcapscan.tables import F64, EventTable

_CHUNK_EVENTS = 1 << 18


@cache
def _bank() -> tuple[np.ndarray, ...]:
    """Templates, as the slow twin takes them; they follow from one file, and are kept."""
    return tuple(arrays("beacon-templates", [Path(templates.__file__).read_bytes(), Path(__file__).read_bytes()], _made_bank))


def _made_bank() -> tuple[np.ndarray, ...]:
    gain, base, names = beacon_templates()
    nulls, _ = null_templates()
    shares = np.array([name[1:] for name in names], np.float64)
    scouts = np.flatnonzero((shares[:, 1] == 0.27) & (shares[:, 2] == 0.25)).astype(np.int64)
    return gain, base, scouts, shares, nulls, *pair_templates()


def ready() -> None:
    """Read templates and forests before several threads ask for them at the same time."""
    for read in (_bank, gate, forest):
        read()


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
    return _extracted(events, workers, gated)[:2]


def gated(events: EventTable) -> tuple[F64, F64, F64]:
    """As :func:`extract` with the gate, and the gate's sums: NaN where a channel has fewer than four distinct times."""
    return _extracted(events, 1, True)


def _extracted(events: EventTable, workers: int, gate_used: bool) -> tuple[F64, F64, F64]:
    count = len(events.start) - 1
    rows, estimates, sums = np.empty((count, len(FEATURES))), np.empty((count, len(ESTIMATES))), np.full(count, np.nan)
    window_s = (events.window[1] - events.window[0]) * 1e-9
    start, time_ns = np.ascontiguousarray(events.start, np.int64), np.ascontiguousarray(events.time_ns, np.int64)
    orig, resp = np.ascontiguousarray(events.orig_bytes, np.int64), np.ascontiguousarray(events.resp_bytes, np.int64)
    duration = np.ascontiguousarray(events.duration_ns, np.int64)
    gain, base, scouts, widths, nulls, timer_pairs, null_pairs = _bank()
    gain, by_offset, nulls = (np.ascontiguousarray(a) for a in (gain[:, ::-1], gain.T, nulls.T))
    trees = gate()
    cheap = np.array([NAMES.index(name) for name in trees.names], np.int64)

    def run(part: tuple[int, int]) -> None:
        lo, hi = part
        own, most = rows[lo:hi], int(np.diff(start[lo : hi + 1]).max(initial=4))
        scratch = np.empty((MOMENTS, most)), np.empty(most, np.int64), np.empty(BINS, np.int64), np.empty((3, BINS))
        survey(start, time_ns, orig, resp, duration, lo, hi, *scratch, own)
        wanted = ~np.isnan(own[:, 0])
        if gate_used:
            some = np.flatnonzero(wanted)
            sums[lo + some] = summed(trees, own[some[:, None], cheap])
            wanted[some] = sums[lo + some] >= 0
        describe(
            start, time_ns, wanted, window_s, lo, hi, *scratch, gain, base, scouts, widths, by_offset, nulls, timer_pairs, null_pairs,
            own, estimates[lo:hi],
        )  # fmt: skip

    parts = ranges(start)
    if workers <= 1 or len(parts) == 1:
        for part in parts:
            run(part)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(run, parts))
    return rows, estimates, sums


def ranges(start: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of channels of about equal cost (an event costs one, a channel fifty)."""
    cost = start + 50 * np.arange(len(start))
    edges = np.unique(np.searchsorted(cost, np.arange(0, cost[-1] + _CHUNK_EVENTS, _CHUNK_EVENTS)).clip(0, len(start) - 1))
    return [(int(a), int(b)) for a, b in pairwise(edges)]
