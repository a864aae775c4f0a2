"""How far a host's clock is from the evidence's: every event and the flows of its endpoints vote, one window of two seconds wins.

1. A difference votes however large it is: host clocks were seen days away.
2. Support is counted in distinct endpoints, so that one pair of fixed ports that recurs is one vote.
3. Support of three and twice the next window's: accepted. Else an offset of up to five minutes is taken as ``weak``, and a larger one
   is none: nothing is joined on two chance coincidences.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from pcapscan.tables import I64

SECOND = 10**9
WINDOW_NS = 2 * SECOND
SUPPORT = 3
LEAD = 2
WEAK_NS = 300 * SECOND
MAX_CANDIDATES = 64
"""Events with more flows of their endpoints than this do not vote: each of their differences tells next to nothing."""

MAX_PAIRS = 200_000
"""Pairs of one host and clock that are counted, evenly taken: a sample of this size tells an offset as well as all."""

QUARTER_HOUR = 900
QUARTER_SLACK = 5


class Vote(Struct, frozen=True):
    """What the voters of one host and clock say; ``offset_ns`` is 0 where ``state`` is ``none``."""

    state: str
    offset_ns: int
    support: int
    voters: int
    rival: int
    best_ns: int = 0


def vote(difference: I64, event: I64, endpoints: I64, tcp: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Vote:
    """Find the offset that most distinct endpoints agree on.

    Parameters
    ----------
    difference : int64[p]
        Event time less flow time of every pair.
    event : int64[p]
        Which event the pair is of.
    endpoints : int64[p]
        Code of its key.
    tcp : bool[p]
    """
    if len(np.unique(event[tcp])) >= SUPPORT:
        difference, event, endpoints = difference[tcp], event[tcp], endpoints[tcp]
    voters = len(np.unique(event))
    if not voters:
        return Vote("none", 0, 0, 0, 0)
    if len(difference) > MAX_PAIRS:
        difference, event, endpoints = (c[:: -(-len(c) // MAX_PAIRS)] for c in (difference, event, endpoints))
    order = np.argsort(difference, kind="stable")
    d, codes = difference[order], endpoints[order]
    begin, end, support = fullest(d, codes)
    middle = int(np.median(d[begin:end] - d[begin])) + int(d[begin])
    away = np.concatenate([np.arange(begin), np.arange(end, len(d))])
    rival = 0
    for side in (away[away < begin], away[away >= end]):
        if len(side):
            rival = max(rival, fullest(d[side], codes[side])[2])
    if support >= SUPPORT and support >= LEAD * rival:
        return Vote("estimated", middle, support, voters, rival, middle)
    if abs(middle) <= WEAK_NS:
        return Vote("weak", middle, support, voters, rival, middle)
    return Vote("none", 0, support, voters, rival, middle)


def fullest(d: I64, codes: I64) -> tuple[int, int, int]:
    """Begin, end and distinct codes of the window with most of them; of equals the narrowest, then the nearest to zero.

    Parameters
    ----------
    d : int64[p], ascending
    codes : int64[p]
    """
    ends = np.searchsorted(d, d + WINDOW_NS, "right").tolist()
    times, inside = d.tolist(), codes.tolist()
    held: dict[int, int] = {}
    best, rank, end = (0, 0, 0), (0, 0, 0), 0
    for begin, until in enumerate(ends):  # both edges only move on, so this is linear
        while end < until:
            held[inside[end]] = held.get(inside[end], 0) + 1
            end += 1
        mine = (-len(held), times[end - 1] - times[begin], abs(times[begin]))
        if mine < rank:
            rank, best = mine, (begin, end, len(held))
        left = held[inside[begin]] - 1
        if left:
            held[inside[begin]] = left
        else:
            del held[inside[begin]]
    return best


def zone_note(offset_ns: int) -> str:
    """A sentence where an offset is a whole number of quarter hours; else empty."""
    seconds = offset_ns / SECOND
    quarters = round(seconds / QUARTER_HOUR)
    if quarters and abs(quarters) <= 4 * 26 and abs(seconds - quarters * QUARTER_HOUR) <= QUARTER_SLACK:
        return f"the offset is {quarters * 15} minutes: probably local time taken for UTC"
    return ""
