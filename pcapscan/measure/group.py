"""Flows to channels: who calls whom, in time order.

1. One channel for each (originator, responder, port, transport).
2. One for each (originator, server name) whose flows are not exactly those of a channel of kind 1: a name spread over several
   addresses, or one of several names behind an address.
3. One for each flow in which a side spoke again after silence, at least four times.

Connections that were answered and attempts that were not are apart: a dead server's retries must not blur its beats, nor hide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcapscan.measure.hashing import group_rows, order_by_time, scatter
from pcapscan.tables import CONN_STATES, I32, I64, Bool, Channels, EventTable, FlowTable, Ticks

ATTEMPT_STATES = ("S0", "REJ", "RSTOS0", "SH")
"""States in which the responder never agreed to talk. OTH (seen from the middle) counts as answered."""

MIN_TICKS = 4
"""Times within one flow that make a channel of it."""

_ATTEMPT = np.array([s in ATTEMPT_STATES for s in CONN_STATES])


def group(flows: FlowTable, server_name: I32 | None = None, ticks: Ticks | None = None) -> tuple[EventTable, Channels]:
    """Gather the check-ins of every channel.

    Parameters
    ----------
    flows : FlowTable[n]
        In any order; times may be equal or step back.
    server_name : int32[n], optional
        Index of the name each flow asked for, -1 none.
    ticks : Ticks, optional
        Times inside flows.

    Returns
    -------
    EventTable, Channels
        Row by row the same channels: addresses' first, then names', then those within a flow; each kind in order of first appearance.
    """
    attempt = attempt_states(flows)
    channels, within, start, rows = _gathered(flows, attempt, server_name, ticks, None)
    return _events(flows, start, rows, attempt, ticks, within), channels


def attempt_states(flows: FlowTable) -> Bool:
    """Flows whose responder never agreed to talk, by their state."""
    attempt: Bool = _ATTEMPT[flows.state]
    return attempt


class Numbered(NamedTuple):
    """Flows whose ends and names were numbered before, by first appearance.

    Attributes
    ----------
    pair, name : int64[n]
        Number of (originator, responder, port, transport, answered or not), and of (originator, server name, answered or not); -1 none.
    pairs, names : int
        How many there are.
    """

    pair: I64
    pairs: int
    name: I64
    names: int


def channels_of(flows: FlowTable, server_name: I32, numbered: Numbered) -> Channels:
    """The channels alone, without those within a flow."""
    return _gathered(flows, attempt_states(flows), server_name, None, numbered)[0]


def _gathered(
    flows: FlowTable, attempt: Bool, server_name: I32 | None, ticks: Ticks | None, numbered: Numbered | None
) -> tuple[Channels, I64, I64, I64]:
    """Channels; flows that are one by themselves; start and rows of the other channels' flows."""
    pair, pairs = (numbered.pair, numbered.pairs) if numbered else group_rows(_pair_keys(flows, attempt))
    pair_start, pair_rows = _in_groups(pair, pairs, flows.first_ns)
    starts, rows = [pair_start], [pair_rows]
    names = np.zeros(0, np.int64)
    if server_name is not None and len(flows) and int(server_name.max()) >= 0:
        named = np.flatnonzero(server_name >= 0)
        by_name = (numbered.name[named], numbered.names) if numbered else group_rows(_name_keys(flows, attempt, server_name, named))
        name_start, name_rows = _by_name(named, by_name, flows.first_ns, pair, pair_start)
        starts.append(name_start)
        rows.append(name_rows)
        names = server_name[name_rows[name_start[:-1]]].astype(np.int64)
    within = _ticking(flows, attempt, ticks)
    flow_start, flow_index = _join(starts, rows)
    event_start, event_rows = flow_start, flow_index
    flow_start, flow_index = _join([flow_start, np.arange(len(within) + 1)], [flow_index, within])
    count = len(pair_start) - 1
    channels = _channels(flows, attempt, flow_start, flow_index, count, len(names), len(within))
    channels.server_name[: len(channels)] = _names(server_name, flow_start, flow_index)
    channels.server_name[count : count + len(names)] = names
    return channels, within, event_start, event_rows


def _pair_keys(flows: FlowTable, attempt: Bool) -> NDArray[np.uint64]:
    keys = np.empty((len(flows), 5), np.uint64)
    keys[:, 0], keys[:, 1] = flows.orig_hi, flows.orig_lo
    keys[:, 2], keys[:, 3] = flows.resp_hi, flows.resp_lo
    keys[:, 4] = (flows.resp_p.astype(np.uint64) << np.uint64(16)) | (flows.proto.astype(np.uint64) << np.uint64(1)) | attempt
    return keys


def _name_keys(flows: FlowTable, attempt: Bool, server_name: I32, named: I64) -> NDArray[np.uint64]:
    keys = np.empty((len(named), 3), np.uint64)
    keys[:, 0], keys[:, 1] = flows.orig_hi[named], flows.orig_lo[named]
    keys[:, 2] = (server_name[named].astype(np.uint64) << np.uint64(1)) | attempt[named]
    return keys


def _in_groups(numbers: I64, groups: int, first_ns: I64) -> tuple[I64, I64]:
    """Start and rows of each group, these in time order."""
    start, rows = np.empty(groups + 1, np.int64), np.empty(len(numbers), np.int64)
    scatter(numbers, start, rows)
    order_by_time(start, rows, first_ns)
    return start, rows


def _by_name(named: I64, numbers: tuple[I64, int], first_ns: I64, pair: I64, pair_start: I64) -> tuple[I64, I64]:
    """Flows of each (originator, server name), without those that are a channel of addresses already."""
    start, rows = _in_groups(*numbers, first_ns[named])
    rows = named[rows]
    size = np.diff(start)
    of = pair[rows]
    changes = np.concatenate([[0], np.cumsum(of[1:] != of[:-1])]) if len(of) else np.zeros(0, np.int64)
    one = changes[start[:-1]] == changes[start[1:] - 1]
    known = one & (size == np.diff(pair_start)[of[start[:-1]]])
    keep = ~known
    kept_rows = rows[np.repeat(keep, size)]
    return np.concatenate([[0], np.cumsum(size[keep])]).astype(np.int64), kept_rows


def _ticking(flows: FlowTable, attempt: Bool, ticks: Ticks | None) -> I64:
    if ticks is None:
        return np.zeros(0, np.int64)
    return np.flatnonzero((np.diff(ticks.start) >= MIN_TICKS) & ~attempt[: len(ticks.start) - 1]).astype(np.int64)


def _join(starts: list[I64], rows: list[I64]) -> tuple[I64, I64]:
    sizes = np.concatenate([np.diff(s) for s in starts])
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), np.concatenate(rows).astype(np.int64)


def _events(flows: FlowTable, start: I64, rows: I64, attempt: Bool, ticks: Ticks | None, within: I64) -> EventTable:
    time_ns, answered = flows.first_ns[rows], ~attempt[rows]
    orig, resp = flows.orig_bytes[rows], flows.resp_bytes[rows]
    duration = np.maximum(flows.last_ns - flows.first_ns, -1)[rows]
    if len(within) and ticks is not None:
        times = [np.sort(ticks.time_ns[ticks.start[i] : ticks.start[i + 1]]) for i in within]
        sizes = np.array([len(t) for t in times], np.int64)
        total = int(sizes.sum())
        unknown = np.full(total, -1, np.int64)
        start = np.concatenate([start, start[-1] + np.cumsum(sizes)])
        time_ns = np.concatenate([time_ns, *times])
        orig, resp, duration = (np.concatenate([column, unknown]) for column in (orig, resp, duration))
        answered = np.concatenate([answered, np.ones(total, bool)])
    return EventTable(start, time_ns, orig, resp, duration, answered, _window(flows))


def _window(flows: FlowTable) -> tuple[int, int]:
    if not len(flows):
        return 0, 0
    return int(flows.first_ns.min()), int(max(flows.first_ns.max(), flows.last_ns.max()))


def _channels(flows: FlowTable, attempt: Bool, start: I64, rows: I64, pairs: int, names: int, within: int) -> Channels:
    lead = rows[start[:-1]]
    kind = np.repeat([0, 1, 2], [pairs, names, within])
    return Channels(
        flows.orig_hi[lead], flows.orig_lo[lead], kind != 1, flows.resp_hi[lead], flows.resp_lo[lead], flows.resp_p[lead],
        flows.proto[lead], np.full(len(lead), -1, np.int32), attempt[lead], kind == 2, start, rows,
    )  # fmt: skip


def _names(server_name: I32 | None, start: I64, rows: I64) -> I32:
    """Name that all named flows of a channel carry; -1 none, or several."""
    count = len(start) - 1
    if server_name is None or not count:
        return np.full(count, -1, np.int32)
    names = server_name[rows]
    most = np.maximum.reduceat(names, start[:-1])
    least = np.minimum.reduceat(np.where(names >= 0, names, np.iinfo(np.int32).max), start[:-1])
    return np.where(most == least, most, -1).astype(np.int32)
