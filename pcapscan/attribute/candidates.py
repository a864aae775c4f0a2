"""For each event the flows of the same endpoints, as pairs; a flow that two sensors saw is one candidate."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from pcapscan.attribute.keys import Keys
from pcapscan.tables import I64, Bool, FlowTable

SECOND = 10**9

SAME_FLOW_NS = 2 * SECOND
"""Flows of one key from different inputs that start within this are one flow seen twice."""

NEAREST = 32
"""Flows of one key that are tried on each side of an event's time: more are only there where one source port serves for hours."""

CHUNK = 1 << 21
"""Pairs at once."""


class FlowIndex(Struct, frozen=True):
    """Flows in order of key and start.

    Attributes
    ----------
    keys : Keys
        Of all flows, by row.
    rows : int64[m]
        Rows of the flow table that stand for a flow, by key, then start.
    first, last : int64[m]
        Their times.
    hashed : uint64[m]
    stands : int64[n]
        For each row of the flow table the row that stands for it.
    """

    keys: Keys
    rows: I64
    first: I64
    last: I64
    hashed: np.ndarray[tuple[int], np.dtype[np.uint64]]
    stands: I64


def index(flows: FlowTable) -> FlowIndex:
    """Index of flows, each once."""
    keys = Keys.of(flows.orig_hi, flows.orig_lo, flows.resp_hi, flows.resp_lo, flows.orig_p, flows.resp_p, flows.proto)
    order = np.lexsort((flows.source, flows.first_ns, keys.hashed)).astype(np.int64)
    stands = np.arange(len(flows), dtype=np.int64)
    if len(order) > 1:
        before, after = order[:-1], order[1:]
        twice = (
            (keys.hashed[before] == keys.hashed[after])
            & (flows.source[before] != flows.source[after])
            & (flows.first_ns[after] - flows.first_ns[before] <= SAME_FLOW_NS)
        )
        leader = np.maximum.accumulate(np.where(np.append(False, twice), 0, np.arange(len(order))))
        stands[order] = order[leader]
        kept = order[np.append(True, ~twice)]
    else:
        kept = order
    last = flows.last_ns.copy()
    np.maximum.at(last, stands, flows.last_ns)
    return FlowIndex(keys, kept, flows.first_ns[kept], last[kept], keys.hashed[kept], stands)


def runs(events: Keys, usable: Bool, flows: FlowIndex) -> tuple[I64, I64]:
    """For each event where its key's run of indexed flows begins and ends; empty where it has none (or is not usable)."""
    low = np.searchsorted(flows.hashed, events.hashed, "left").astype(np.int64)
    high = np.searchsorted(flows.hashed, events.hashed, "right").astype(np.int64)
    high = np.where(usable, high, low)
    some = np.flatnonzero(high > low)
    if len(some):  # one hash, other endpoints: no candidate
        other = ~events.same(some, flows.keys, flows.rows[low[some]])
        high[some[other]] = low[some[other]]
    return low, high


def spread(low: I64, high: I64) -> tuple[I64, I64]:
    """Ranges as pairs: index of the range, member."""
    sizes = high - low
    owner = np.repeat(np.arange(len(low)), sizes)
    start = np.cumsum(sizes) - sizes
    return owner, np.arange(len(owner)) - np.repeat(start - low, sizes)


def near(low: I64, high: I64, time_ns: I64, flows: FlowIndex) -> tuple[I64, I64]:
    """Runs cut to the :data:`NEAREST` starts on either side of a time."""
    if not len(low) or int((high - low).max()) <= 2 * NEAREST:
        return low, high
    a, b = low.copy(), high.copy()
    while bool((a < b).any()):  # bisection, all events at once
        middle = (a + b) >> 1
        here = a < b
        right = here & (flows.first[np.minimum(middle, len(flows.first) - 1)] <= time_ns)
        a = np.where(right, middle + 1, a)
        b = np.where(here & ~right, middle, b)
    return np.maximum(low, a - NEAREST), np.minimum(high, a + NEAREST)
