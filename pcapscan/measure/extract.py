"""Features of all channels, on as many threads as are asked for.

What costs little comes first; the gate, a small forest over that, dismisses most channels without a timer before the rest is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from pcapscan.cache import arrays
from pcapscan.measure import templates
from pcapscan.measure.features import ESTIMATES, FEATURES, FEWEST, MOMENTS, NAMES, describe, survey
from pcapscan.measure.model import forest, gate, summed
from pcapscan.measure.templates import BINS, beacon_templates, null_templates, pair_templates
from pcapscan.tables import F64, I64, EventTable

_CHANNEL_COSTS = 50
_RANGE_COSTS = 1 << 18
"""At most, in events; arbitrary: what is held of a range is some megabytes."""


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
    count = len(events.start) - 1
    rows, estimates = np.full((count, len(FEATURES)), np.nan), np.full((count, len(ESTIMATES)), np.nan)

    def fill(some: I64) -> None:
        rows[some], estimates[some], _ = described(events, some, gated)

    by_ranges(events, fill, workers)
    return rows, estimates


def described(events: EventTable, some: I64, gated: bool) -> tuple[F64, F64, F64]:
    """As :func:`extract` of some channels, and the gate's sums: NaN where it was not asked or a channel has fewer than four distinct times."""
    rows, estimates, sums = np.empty((len(some), len(FEATURES))), np.empty((len(some), len(ESTIMATES))), np.full(len(some), np.nan)
    window_s = (events.window[1] - events.window[0]) * 1e-9
    start, time_ns = np.ascontiguousarray(events.start, np.int64), np.ascontiguousarray(events.time_ns, np.int64)
    orig, resp = np.ascontiguousarray(events.orig_bytes, np.int64), np.ascontiguousarray(events.resp_bytes, np.int64)
    duration = np.ascontiguousarray(events.duration_ns, np.int64)
    gain, base, scouts, widths, nulls, timer_pairs, null_pairs = _bank()
    gain, by_offset, nulls = (np.ascontiguousarray(a) for a in (gain[:, ::-1], gain.T, nulls.T))
    most = int((start[some + 1] - start[some]).max(initial=FEWEST))
    scratch = np.empty((MOMENTS, most)), np.empty(most, np.int64), np.empty(BINS, np.int64), np.empty((3, BINS))
    survey(start, time_ns, orig, resp, duration, some, *scratch, rows)
    wanted = ~np.isnan(rows[:, 0])
    if gated:
        trees = gate()
        asked = np.flatnonzero(wanted)
        sums[asked] = summed(trees, rows[asked[:, None], [NAMES.index(name) for name in trees.names]])
        wanted[asked] = sums[asked] >= 0
    describe(
        start, time_ns, some, wanted, window_s, *scratch, gain, base, scouts, widths, by_offset, nulls, timer_pairs, null_pairs, rows, estimates,
    )  # fmt: skip
    return rows, estimates, sums


def by_ranges(events: EventTable, do: Callable[[I64], None], workers: int) -> None:
    """Do something with the channels of at least :data:`FEWEST` events, a range of about equal cost at a time on each thread."""
    size = np.diff(events.start)
    timed = np.flatnonzero(size >= FEWEST)
    cost = np.append(0, np.cumsum(size[timed] + _CHANNEL_COSTS))
    wanted = 4 * workers if workers > 1 else 1  # several for each thread, so that all end about together
    step = min(_RANGE_COSTS, 1 + int(cost[-1]) // wanted)
    edges = np.searchsorted(cost, np.arange(0, cost[-1] + step, step)).clip(0, len(timed)).tolist()
    parts = [timed[a:b] for a, b in pairwise(edges) if a < b]
    if workers <= 1 or len(parts) <= 1:
        for part in parts:
            do(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(do, parts))
