"""The join of host events to flows: by endpoints, then by time under the host's own clock offset.

::

    repaired ─► keys ─► runs of flows ─► votes per (host, log, clock) ─► match ─► borrow ─► sides ─► images

1. The offset is estimated from the tuples themselves (:mod:`pcapscan.attribute.skew`); a host whose clock cannot be told joins nothing.
2. A time is inside a flow from 2 s before its start to 5 s after its end (``exact``); 2 to 30 s before its start only where the flow's
   beginning was not captured, or without connections (``late``).
3. Every network event ends in one word of :data:`pcapscan.tables.JOIN_OUTCOMES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct

from pcapscan.attribute.candidates import CHUNK, SECOND, FlowIndex, index, near, runs, spread
from pcapscan.attribute.hosts import host_codes, loopback, owners, repaired
from pcapscan.attribute.keys import Keys, codes, mixed
from pcapscan.attribute.packetbeat import last_records
from pcapscan.attribute.processes import images, starts
from pcapscan.attribute.reference_rule import PRIVATE, within
from pcapscan.attribute.skew import MAX_CANDIDATES, Vote, vote, zone_note
from pcapscan.tables import (
    CONN_STATES,
    HOST_CLOCKS,
    HOST_EDGES,
    HOST_PROVIDERS,
    I8,
    I64,
    JOIN_OUTCOMES,
    NO_TIME,
    TCP,
    UDP,
    Attribution,
    Bool,
    FlowTable,
    HostEventTable,
    HostSkew,
)

BEFORE_NS, AFTER_NS, LATE_NS = 2 * SECOND, 5 * SECOND, 30 * SECOND
OFFSET_SLACK_NS = 2 * SECOND
"""How far an offset that the user gives may be from what the votes say before that is noted."""

_WORD = {word: code for code, word in enumerate(JOIN_OUTCOMES)}
_JOINED = (_WORD["exact"], _WORD["late"], _WORD["ambiguous"])
_NETWORK, _SECURITY, _PACKETBEAT = 1, HOST_PROVIDERS.index("security"), HOST_PROVIDERS.index("packetbeat")
_END_EDGE = HOST_EDGES.index("end")
_UNSEEN_BEGINNING = np.isin(np.arange(len(CONN_STATES)), [CONN_STATES.index(s) for s in ("OTH", "SHR", "RSTRH", "SH")])


class _State(Struct):
    """What the steps hand on; all columns are of the network events (``rows``)."""

    rows: I64
    events: HostEventTable
    keys: Keys
    host: I64
    low: I64
    high: I64
    outcome: I8
    flow: I64
    candidates: I64
    time_ns: I64
    skew_ns: I64
    skews: list[HostSkew]
    notes: list[str]


def attribute(flows: FlowTable, events: HostEventTable, time_offset: float | Mapping[str, float] | None = None) -> Attribution:
    """Join host events to flows.

    Parameters
    ----------
    flows : FlowTable
        n rows; a flow that two inputs hold is one candidate.
    events : HostEventTable
        All of a run.
    time_offset : float, mapping of host to float, or None
        Seconds that host clocks are ahead of the evidence; None: estimated. What the votes say is noted where it differs.

    Returns
    -------
    Attribution
    """
    events = repaired(events, flows)
    host, _ = host_codes(events)
    state = _prepared(flows, events, host)
    flow_index = index(flows)
    usable = state.outcome < 0
    state.low, state.high = runs(state.keys, usable, flow_index)
    _clocks(state, flow_index, time_offset)
    _match(state, flows, flow_index)
    _borrow(state)
    _explain(state, flows)
    return _answer(state, flows, flow_index, events, host)


def _prepared(flows: FlowTable, events: HostEventTable, host: I64) -> _State:
    """The network events, their keys, and the words that need no flow."""
    network = events.kind == _NETWORK
    records = events.provider == _PACKETBEAT
    network &= ~records  # of flow records only the last of a flow, and only where it names a process
    network[last_records(events)] = True
    network &= ~records | (events.pid >= 0) | (events.image >= 0)
    rows = np.flatnonzero(network).astype(np.int64)
    e = events.take(rows)
    keys = Keys.of(e.src_hi, e.src_lo, e.dst_hi, e.dst_lo, e.src_p, e.dst_p, e.proto)
    outcome = np.full(len(rows), -1, np.int8)
    outcome[~e.has_tuple] = _WORD["addresses-not-captured"]
    outcome[(e.clock_ns == NO_TIME).all(axis=1)] = _WORD["no-time"]
    outcome[(e.src_hi == e.dst_hi) & (e.src_lo == e.dst_lo) & e.has_tuple] = _WORD["self"]
    outcome[(loopback(e.src_hi, e.src_lo) | loopback(e.dst_hi, e.dst_lo)) & e.has_tuple] = _WORD["loopback"]
    outcome[_repeated(e, keys, host[rows])] = _WORD["duplicate"]
    blank = np.full(len(rows), -1, np.int64)
    stated = np.where(e.clock_ns[:, 0] != NO_TIME, e.clock_ns[:, 0], e.clock_ns[:, 1])
    return _State(
        rows, e, keys, host[rows], blank, blank, outcome, blank.copy(), np.zeros(len(rows), np.int64), stated,
        np.full(len(rows), NO_TIME), [], [],
    )  # fmt: skip


def _repeated(e: HostEventTable, keys: Keys, host: I64) -> Bool:
    """Events that say in all what an event before them said."""
    columns = (host, e.src_hi, e.src_lo, e.dst_hi, e.dst_lo, e.src_p, e.dst_p, e.proto, e.pid, e.guid, e.clock_ns[:, 0], e.clock_ns[:, 1],
               e.provider, e.edge)  # fmt: skip
    order = np.lexsort((np.arange(len(e)), mixed(*columns)))
    same = np.ones(max(len(e) - 1, 0), np.bool_)
    for column in columns:
        same &= column[order[1:]] == column[order[:-1]]
    answer = np.zeros(len(e), np.bool_)
    answer[order[1:]] = same
    return answer


def _clocks(s: _State, flows: FlowIndex, given: float | Mapping[str, float] | None) -> None:
    """Vote for the offset of every host, log and clock; choose a clock and correct the times."""
    group, count = codes(s.host, s.events.provider == _SECURITY)
    endpoints, _ = codes(s.keys.hashed)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(count + 1))
    for i in range(count):
        members = order[bounds[i] : bounds[i + 1]]
        votes = [_vote(s, flows, members, clock, endpoints) for clock in range(len(HOST_CLOCKS))]
        shares = [v.support / v.voters if v.voters else -1.0 for v in votes]
        ranked = sorted(range(len(votes)), key=lambda k: (votes[k].state == "none", votes[k].state != "estimated", -shares[k], k))
        _apply(s, members, ranked, votes, _given(s, members, given))


def _given(s: _State, members: I64, given: float | Mapping[str, float] | None) -> int | None:
    if isinstance(given, Mapping):
        name = s.events.text("host", int(members[0])) or ""
        wanted = next((value for key, value in given.items() if key.lower() == name), None)
        return None if wanted is None else round(wanted * SECOND)
    return None if given is None else round(given * SECOND)


def _vote(s: _State, flows: FlowIndex, members: I64, clock: int, endpoints: I64) -> Vote:
    sizes = s.high[members] - s.low[members]
    can = (sizes > 0) & (sizes <= MAX_CANDIDATES) & (s.events.clock_ns[members, clock] != NO_TIME)
    ends = s.events.edge[members] == _END_EDGE
    voters = members[can & ~ends] if bool((can & ~ends).any()) else members[can]
    owner, member = spread(s.low[voters], s.high[voters])
    event = voters[owner]
    reference = np.where(s.events.edge[event] == _END_EDGE, flows.last[member], flows.first[member])
    difference = s.events.clock_ns[event, clock] - reference
    return vote(difference, event, endpoints[event], s.events.proto[event] == TCP)


def _apply(s: _State, members: I64, ranked: list[int], votes: list[Vote], given: int | None) -> None:
    """Set the corrected times of one host's events: by the best clock, and where an event lacks that, by the next that is known."""
    best = ranked[0]
    told = votes[best]
    first = s.events.take(members[:1])
    note = zone_note(told.best_ns if given is None else given)
    state, offset = (told.state, told.offset_ns) if given is None else ("given", given)
    if given is not None and told.state == "estimated" and abs(told.offset_ns - given) > OFFSET_SLACK_NS:
        note = f"the evidence says {told.offset_ns / SECOND:.3f} s, not the {given / SECOND:.3f} s that were given"
    if state == "none" and told.voters:
        note = f"{told.voters} events share endpoints with flows, but agree on no clock offset: nothing is joined"
    elif state == "none":
        note = "no event shares its endpoints with a flow"
    s.skews.append(
        HostSkew(
            first.text("host", 0) or "", "security" if first.provider[0] == _SECURITY else "", HOST_CLOCKS[best], state, offset / SECOND,
            told.support, told.voters, told.rival, note,
        )
    )  # fmt: skip
    for clock in reversed(ranked):
        have = s.events.clock_ns[members, clock] != NO_TIME
        s.time_ns[members[have]] = s.events.clock_ns[members[have], clock]
        if given is not None:
            s.skew_ns[members[have]] = given
        elif votes[clock].state != "none":
            s.skew_ns[members[have]] = votes[clock].offset_ns
        elif clock == best:
            s.skew_ns[members[have]] = NO_TIME


def _match(s: _State, flows: FlowTable, flow_index: FlowIndex) -> None:
    """Choose a flow for every event whose corrected time is known, some millions of pairs at a time."""
    ready = np.flatnonzero((s.high > s.low) & (s.skew_ns != NO_TIME) & (s.outcome < 0))
    corrected = np.zeros(len(s.rows), np.int64)
    corrected[ready] = s.time_ns[ready] - s.skew_ns[ready]
    low, high = near(s.low[ready], s.high[ready], corrected[ready], flow_index)
    ends = np.cumsum(high - low)
    cuts = np.searchsorted(ends, np.arange(0, (int(ends[-1]) if len(ends) else 0) + CHUNK, CHUNK))
    for begin, end in pairwise(cuts):
        part = slice(int(begin), int(end) if int(end) < len(ready) else len(ready))
        _match_some(s, flows, flow_index, ready[part], low[part], high[part], corrected)


def _match_some(s: _State, flows: FlowTable, fi: FlowIndex, ready: I64, low: I64, high: I64, corrected: I64) -> None:
    owner, member = spread(low, high)
    event, t = ready[owner], corrected[ready[owner]]
    row, first, last = fi.rows[member], fi.first[member], fi.last[member]
    exact = (t >= first - BEFORE_NS) & (t <= last + AFTER_NS)
    unseen = (s.events.proto[event] == UDP) | _UNSEEN_BEGINNING[flows.state[row]] | (flows.orig_pkts[row] == 0)
    late = ~exact & unseen & (t >= first - LATE_NS) & (t < first)
    kept = exact | late
    event, row, exact = event[kept], row[kept], exact[kept]
    away = np.where(s.events.edge[event] == _END_EDGE, np.abs(t[kept] - last[kept]), np.abs(t[kept] - first[kept]))
    order = np.lexsort((row, first[kept], away, ~exact, event))
    event, row, exact = event[order], row[order], exact[order]
    if not len(event):
        return
    fresh = np.append(True, event[1:] != event[:-1])
    heads = np.flatnonzero(fresh)
    tier = np.add.reduceat(np.stack([exact, ~exact]).astype(np.int64), heads, axis=1)
    count = np.where(exact[heads], tier[0], tier[1])
    chosen = event[heads]
    s.flow[chosen], s.candidates[chosen] = row[heads], count
    s.outcome[chosen] = np.where(count > 1, _WORD["ambiguous"], np.where(exact[heads], _WORD["exact"], _WORD["late"]))


def _borrow(s: _State) -> None:
    """Events of the Security log of a host whose clock cannot be told join what its twin joined: same endpoints and PID, one flow."""
    e = s.events
    lost = np.flatnonzero((e.provider == _SECURITY) & (s.outcome < 0) & (s.high > s.low) & (s.skew_ns == NO_TIME) & (e.pid >= 0))
    twins = np.flatnonzero((e.provider != _SECURITY) & np.isin(s.outcome, _JOINED) & (e.pid >= 0))
    if not len(lost) or not len(twins):
        return
    key = mixed(s.host, s.keys.hashed, e.pid)
    order = twins[np.lexsort((s.flow[twins], key[twins]))]
    low, high = np.searchsorted(key[order], key[lost], "left"), np.searchsorted(key[order], key[lost], "right")
    some = high > low
    lost, low, high = lost[some], low[some], high[some]
    one = s.flow[order[low]] == s.flow[order[high - 1]]
    lost, twin = lost[one], order[low[one]]
    s.flow[lost], s.outcome[lost], s.candidates[lost] = s.flow[twin], s.outcome[twin], s.candidates[twin]
    if len(lost):
        s.notes.append(
            f"{len(lost)} Security events were joined by the flow of the Sysmon or Endpoint event of the same connection and PID"
        )


def _explain(s: _State, flows: FlowTable) -> None:
    """Say why the others joined to nothing."""
    open_ = np.flatnonzero(s.outcome < 0)
    if not len(open_):
        return
    e = s.events.take(open_)
    seen = np.unique(mixed(np.concatenate([flows.orig_hi, flows.resp_hi]), np.concatenate([flows.orig_lo, flows.resp_lo])))
    captured = np.isin(mixed(e.src_hi, e.src_lo), seen) | np.isin(mixed(e.dst_hi, e.dst_lo), seen)
    pairs = np.unique(Keys.of(flows.orig_hi, flows.orig_lo, flows.resp_hi, flows.resp_lo, flows.orig_p, flows.resp_p, flows.proto).pair())
    pair = np.isin(s.keys.pair()[open_], pairs)
    known = s.skew_ns[open_] != NO_TIME
    t = np.where(known, s.time_ns[open_] - s.skew_ns[open_], 0)
    begin, end = (int(flows.first_ns.min()), int(flows.last_ns.max())) if len(flows) else (0, -1)
    outside = known & ((t < begin - BEFORE_NS) | (t > end + AFTER_NS))
    same = s.high[open_] > s.low[open_]
    s.outcome[open_] = np.select(
        [same & ~known, outside, same, ~captured, ~pair],
        [
            _WORD[w]
            for w in ("no-common-clock", "outside-capture-span", "key-but-time", "addresses-not-captured", "address-pair-not-captured")
        ],
        _WORD["no-flow"],
    ).astype(np.int8)


def _answer(s: _State, flows: FlowTable, fi: FlowIndex, events: HostEventTable, host: I64) -> Attribution:
    n = len(events)
    started = starts(events, host)
    key = np.full(n, -1, np.int64)
    key[s.rows], _ = codes(s.keys.hashed)
    image = images(events, host, key, started)
    side = _sides(s, flows, events, host)

    def whole(column: np.ndarray[Any, Any], blank: int) -> np.ndarray[Any, Any]:
        answer = np.full(n, blank, column.dtype)
        answer[s.rows] = column
        return answer

    repeats = int((s.outcome == _WORD["duplicate"]).sum())
    notes = [*s.notes, *([f"{repeats} host events repeat another and are counted once"] if repeats else [])]
    return Attribution(
        outcome=whole(s.outcome, -1), flow=whole(s.flow, -1), side=whole(side, -1), candidates=whole(s.candidates.astype(np.int32), 0),
        time_ns=whole(s.time_ns, NO_TIME), skew_ns=whole(s.skew_ns, NO_TIME), image=image, started=started,
        flow_event=_best_events(s, side, image, len(flows))[fi.stands], hosts=tuple(s.skews), notes=tuple(notes),
    )  # fmt: skip


def _sides(s: _State, flows: FlowTable, events: HostEventTable, host: I64) -> I8:
    """Which end of its flow an event's host is: the owner of the address; where that is not told apart, as the event claims."""
    own = owners(events, host)
    side = np.full(len(s.rows), -1, np.int8)
    joined = np.flatnonzero(s.flow >= 0)
    row, who = s.flow[joined], s.host[joined]
    orig = own.owns(who, flows.orig_hi[row], flows.orig_lo[row])
    resp = own.owns(who, flows.resp_hi[row], flows.resp_lo[row])
    e = s.events.take(joined)
    from_orig = (e.src_hi == flows.orig_hi[row]) & (e.src_lo == flows.orig_lo[row]) & (e.src_p == flows.orig_p[row])
    local_source = np.where(e.outbound == 1, 1, np.where(e.outbound == 0, 0, -1))
    local_source = np.where(_stated_side(e) >= 0, _stated_side(e), local_source)
    claim = np.where(local_source < 0, -1, np.where((local_source == 1) == from_orig, 0, 1))
    by_owner = np.where(orig > resp, 0, np.where(resp > orig, 1, claim))
    # A record that tells neither direction nor owner (Packetbeat): sensors run inside.
    near, far = (within(flows.orig_hi[row], flows.orig_lo[row], PRIVATE), within(flows.resp_hi[row], flows.resp_lo[row], PRIVATE))
    by_owner = np.where((by_owner < 0) & (near != far), np.where(near, 0, 1), by_owner)
    side[joined] = np.where(_stated_side(e) >= 0, claim, by_owner)
    return side


def _stated_side(e: HostEventTable) -> I8:
    """1 where the event says its process is at its source, 0 at its destination, -1 where it says nothing."""
    words = {text: code for code, text in enumerate(("destination", "source"))}
    table = np.array([words.get(text, -1) for text in e.strings] + [-1], np.int8)
    answer: I8 = table[e.process_side]
    return answer


def _best_events(s: _State, side: I8, image: np.ndarray[Any, Any], n_flows: int) -> I64:
    """For each flow the event that names its client, and its server: the surest join, the better log, the earlier."""
    best = np.full((n_flows, 2), -1, np.int64)
    joined = np.flatnonzero((s.flow >= 0) & (side >= 0))
    rows = s.rows[joined]
    order = np.lexsort((rows, s.events.provider[joined], image[rows] < 0, s.outcome[joined] == _WORD["late"]))[::-1]
    best[s.flow[joined[order]], side[joined[order]]] = rows[order]
    return best
