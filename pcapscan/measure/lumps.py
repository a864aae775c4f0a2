"""Many flows in bounded memory: flows that differ in nothing but time and size are one row.

1. Flows are alike that no judgement tells apart: same ends, port, transport, protocol, verdict, names, facts, and the same signs of
   who spoke. Of each kind there is one row: how many they are, the span from the first to the last, the longest, the sums of their bytes.
2. A finding points to no more than the five flows that began first. Those of a kind that may be among them go to a temporary file
   (:mod:`.spill`), and are looked up there when it is known which kinds are in a finding.
3. Every flow's time, sizes and duration are an event of its channels. Events beyond :data:`IN_MEMORY` go to another such file, shared
   out by originators, whose channels are then measured a range at a time.
4. So memory grows with the kinds of flows, not with the flows, and every channel and finding is what it would be of all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from pcapscan.kernels import helper, kernel
from pcapscan.measure.group import Numbered, attempt_states, channels_of
from pcapscan.measure.hashing import Numbering, group_rows, grown, order_by_time
from pcapscan.measure.spill import Shares, Spill
from pcapscan.tables import (
    I8,
    I16,
    I32,
    I64,
    ORIG_BASES,
    U8,
    U16,
    U64,
    Bool,
    Channels,
    EventTable,
    FirstFlows,
    FlowTable,
    IdentityTable,
    Weights,
)

SHOWN = 5
"""A finding points to no more flows."""

IN_MEMORY = 1 << 18
"""Events that are held in memory, 40 bytes each, before they go to a file."""

IN_RANGE = 1 << 17
"""Events that a range of channels has at most, where no channel has more; each thread measures one at a time."""

BUCKETS = 256
"""Shares of the originators, each of which can be read by itself; arbitrary, of thirty million flows one has a range's events."""

_KEY = 8
EVENT, KIND, TIME, SENT, GOT, LASTED = 5, *range(5)
"""Words of an event, and which is what; all of a channel but the kind."""

FIRST_FLOW = 7
"""Words of a flow that may be among the first: kind, begin, number, offset, uid."""

COUNT, FIRST, LAST, LONGEST, ORIG, RESP, BOUND, LEAD = range(8)
"""Columns of a kind's state: what is added up; the begin beyond which a flow is none of the first; of the flow that began first its place
among all flows and, in the lowest byte, its state."""

ZEEK = ORIG_BASES.index("zeek")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel(
    "void(uint64[::1], uint64[::1], uint64[::1], uint64[::1], uint16[::1], uint8[::1], int8[::1], uint8[::1], int64[::1], int64[::1], "
    "int8[::1], int16[::1], int16[::1], int8[::1], uint8[::1], boolean[::1], int32[::1], int32[::1], int32[::1], int32[::1], uint64[:, ::1])"
)
def kind_keys(orig_hi: U64, orig_lo: U64, resp_hi: U64, resp_lo: U64, resp_p: Any, proto: U8, verdict: I8, apart: U8, orig: I64, resp: I64,
              fake: I8, protocol: Any, upgraded: Any, basis: I8, tunnel: U8, shell: Bool, name: I32, orig_facts: I32, resp_facts: I32,
              source: I32, keys: U64) -> None:  # fmt: skip
    """Fill ``keys``, uint64[n, 8], with all that tells kinds of flows apart."""
    for i in range(orig_hi.size):
        keys[i, 0], keys[i, 1], keys[i, 2], keys[i, 3] = orig_hi[i], orig_lo[i], resp_hi[i], resp_lo[i]
        signs = (1 if orig[i] > 0 else (2 if orig[i] < 0 else 0)) + 3 * (1 if resp[i] > 0 else (2 if resp[i] < 0 else 0))
        keys[i, 4] = (
            np.int64(resp_p[i]) << 48 | np.int64(proto[i]) << 40 | (np.int64(verdict[i]) & 0xFF) << 32 | np.int64(apart[i]) << 24
            | signs << 16 | (np.int64(fake[i]) & 0xFF) << 8 | np.int64(shell[i])
        )  # fmt: skip
        keys[i, 5] = (
            (np.int64(protocol[i]) & 0xFFFF) << 48 | (np.int64(upgraded[i]) & 0xFFFF) << 32 | (np.int64(basis[i]) & 0xFF) << 24
            | np.int64(tunnel[i]) << 16
        )  # fmt: skip
        keys[i, 6] = np.int64(name[i]) << 32 | np.int64(orig_facts[i]) & 0xFFFFFFFF
        keys[i, 7] = np.int64(resp_facts[i]) << 32 | np.int64(source[i]) & 0xFFFFFFFF


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], uint64[:, ::1], int8[::1], int64, "
    "int64[:, ::1], int64[:, ::1], int64[:, ::1])"
)
def fold_rows(
    kinds: I64, first: I64, last: I64, orig: I64, resp: I64, number: I64, offset: I64, uid: U64, conn_state: I8, at: int, state: I64,
    shown: I64, events: I64,
) -> int:  # fmt: skip
    """Add rows to their kinds.

    Parameters
    ----------
    kinds, first, last, orig, resp, number, offset : int64[n]
    uid : uint64[n, 3]
    conn_state : int8[n]
    at : int
        Rows before these.
    state : int64[g, 8]
        What was added up.
    shown : int64[n, FIRST_FLOW]
        Filled with the rows that may be among the first of their kinds.
    events : int64[n, EVENT]
        Filled.

    Returns
    -------
    int
        How many may be among the first.
    """
    some = 0
    for i in range(kinds.size):
        g, a, z = kinds[i], first[i], last[i]
        events[i, KIND], events[i, TIME], events[i, SENT], events[i, GOT], events[i, LASTED] = g, a, orig[i], resp[i], max(z - a, -1)
        kind = state[g]
        count = kind[COUNT]
        kind[COUNT] = count + 1
        if count == 0:
            kind[FIRST], kind[LAST], kind[LONGEST], kind[BOUND] = a, z, z - a, a
            kind[LEAD] = (at + i) << 8 | np.int64(conn_state[i])
            kind[ORIG], kind[RESP] = max(orig[i], -1), max(resp[i], -1)
        else:
            if a < kind[FIRST]:
                kind[FIRST], kind[LEAD] = a, (at + i) << 8 | np.int64(conn_state[i])
            kind[LAST], kind[LONGEST] = max(kind[LAST], z), max(kind[LONGEST], z - a)
            if orig[i] > 0:  # sides that are not known are so in all flows of a kind
                kind[ORIG] += orig[i]
            if resp[i] > 0:
                kind[RESP] += resp[i]
        if count < SHOWN or a < kind[BOUND]:
            if count < SHOWN:
                kind[BOUND] = max(kind[BOUND], a)
            row = shown[some]
            row[0], row[1], row[2], row[3] = g, a, number[i], offset[i]
            row[4], row[5], row[6] = np.int64(uid[i, 0]), np.int64(uid[i, 1]), np.int64(uid[i, 2])
            some += 1
    return some


@helper
def _signed(value: Any, bits: Any) -> Any:
    """The lowest bits as a number with a sign."""
    half = 1 << (bits - 1)
    return (value & (2 * half - 1) ^ half) - half


@kernel(
    "void(uint64[:, ::1], int64[:, ::1], int64[::1], uint64[:, ::1], int64[:, ::1], uint16[::1], int16[:, ::1], int8[:, ::1], int32[:, ::1])"
)
def unfold_kinds(keys: U64, state: I64, order: I64, ends: U64, sums: I64, port: U16, names: I16, codes: I8, places: I32) -> None:
    """Give columns of what :func:`kind_keys` and :func:`fold_rows` wrote, in an order.

    Parameters
    ----------
    keys, state, order
        Of all kinds.
    ends : uint64[4, g]
        Filled: addresses.
    sums : int64[6, g]
        Filled: count, first, last, longest, and the bytes of both sides.
    port : uint16[g]
    names : int16[2, g]
        Filled: protocol, and what it was upgraded to.
    codes : int8[7, g]
        Filled: transport, verdict, fake, shell, basis, tunnel, state.
    places : int32[4, g]
        Filled: server name, facts of both sides, input.
    """
    for i in range(order.size):
        key, kind = keys[order[i]], state[order[i]]
        for k in range(4):
            ends[k, i] = key[k]
        for k in range(6):
            sums[k, i] = kind[k]
        a, b = np.int64(key[4]), np.int64(key[5])
        port[i] = a >> 48 & 0xFFFF
        codes[0, i], codes[1, i], codes[2, i], codes[3, i] = _signed(a >> 40, 8), _signed(a >> 32, 8), _signed(a >> 8, 8), _signed(a, 8)
        codes[4, i], codes[5, i], codes[6, i] = _signed(b >> 24, 8), _signed(b >> 16, 8), _signed(kind[LEAD], 8)
        names[0, i], names[1, i] = _signed(b >> 48, 16), _signed(b >> 32, 16)
        c, d = np.int64(key[6]), np.int64(key[7])
        places[0, i], places[1, i], places[2, i], places[3, i] = c >> 32, _signed(c, 32), d >> 32, _signed(d, 32)


@kernel("int64(int64[:, ::1], int32[::1], int32[::1], int64, int64[::1], int64[:, ::1])")
def place_events(events: I64, channel_of: I32, range_of: I32, r: int, place: I64, laid: I64) -> int:
    """Lay the events of a range's channels where these have their places, in the order in which they come.

    Parameters
    ----------
    events : int64[n, EVENT]
    channel_of : int32[g]
        Channel of each kind, -1 none.
    range_of : int32[c]
        Range of each channel.
    r : int
        The range.
    place : int64[c]
        Where the next event of each channel goes; moved on.
    laid : int64[m, 4]
        Filled: time, both sizes, duration.

    Returns
    -------
    int
        How many.
    """
    count = 0
    for i in range(events.shape[0]):
        channel = channel_of[events[i, KIND]]
        if channel < 0 or range_of[channel] != r:
            continue
        at = place[channel]
        place[channel] = at + 1
        for k in range(4):
            laid[at, k] = events[i, k + 1]
        count += 1
    return count


@kernel("void(int64[:, ::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def take_columns(laid: I64, rows: I64, time_ns: I64, orig: I64, resp: I64, duration: I64) -> None:
    """Columns of the events, in the order of ``rows``."""
    for i in range(rows.size):
        row = rows[i]
        time_ns[i], orig[i], resp[i], duration[i] = laid[row, 0], laid[row, 1], laid[row, 2], laid[row, 3]


class Range(NamedTuple):
    """Channels that are measured together.

    Attributes
    ----------
    number : int
    channels : int64[c]
        Their rows, ascending.
    start : int64[c + 1]
        Where the events of each begin.
    parts : callable
        Gives events, among them all of theirs.
    """

    number: int
    channels: I64
    start: I64
    parts: Any


class Lumps:
    """Takes batches of flows, gives the table of their kinds, the channels and, range by range, the events.

    Attributes
    ----------
    flows : int
        How many were taken.
    """

    def __init__(self, in_memory: int = IN_MEMORY, in_range: int = IN_RANGE) -> None:
        self.flows = 0
        self.window = (0, 0)
        self._in_memory, self._in_range = in_memory, in_range
        self._kinds, self._bucket_of = Numbering(_KEY), np.zeros(0, np.int32)
        self._state = np.zeros((0, 8), np.int64)
        self._vocabulary: dict[str, Any] = {}
        self._firsts = Spill(FIRST_FLOW)
        self._shown = np.empty((0, FIRST_FLOW), np.int64)
        self._events, self._held = np.empty((0, EVENT), np.int64), 0
        self._spilled: Shares | None = None
        self._row_kinds = np.zeros(0, np.int64)

    def add(self, flows: FlowTable, identities: IdentityTable, verdicts: I8, apart: Bool) -> None:
        """Take a batch; ``apart`` is a mark of the caller's own that must not be mixed."""
        count = len(flows)
        if not count:
            return
        attempt = attempt_states(flows)
        keys = np.empty((count, _KEY), np.uint64)
        marks = attempt.astype(np.uint8) | (apart.astype(np.uint8) << np.uint8(1))
        f, ids = flows, identities
        told: Any = (
            f.orig_hi, f.orig_lo, f.resp_hi, f.resp_lo, f.resp_p, f.proto, verdicts, marks, f.orig_bytes, f.resp_bytes, ids.fake,
            ids.protocol, ids.upgraded, ids.basis, f.tunnel, ids.shell, ids.server_name, ids.orig_facts, ids.resp_facts, f.source,
        )  # fmt: skip
        told = [np.ascontiguousarray(column) for column in told]
        arguments: Any = (*told, keys)
        kind_keys(*arguments)
        before = len(self._kinds)
        kinds = self._kinds.number(keys)
        self._new_kinds(before)
        self._fold(kinds, flows)
        names = self._vocabulary.get("names", ())
        self._vocabulary = {"names": max(ids.names, names, key=len), "strings": ids.strings, "facts": ids.facts}
        first, last = int(f.first_ns.min()), int(max(f.first_ns.max(), f.last_ns.max()))
        self.window = (min(first, self.window[0]), max(last, self.window[1])) if self.flows else (first, last)
        self.flows += count

    def _new_kinds(self, before: int) -> None:
        """Give kinds that were not seen before a share of the originators."""
        own = slice(before, len(self._kinds))
        known = self._kinds.keys[own]
        self._bucket_of = grown(self._bucket_of, own.stop)
        self._bucket_of[own] = ((known[:, 0] ^ known[:, 1] * _GOLDEN) * _GOLDEN >> np.uint64(32)) % np.uint64(BUCKETS)

    def _number_channels(self) -> None:
        """Number the channels of all kinds, by first appearance; not before all are known, so that it is done once and forgotten."""
        known = self._kinds.keys[: len(self)]
        mark = (known[:, 4] >> np.uint64(24)) & np.uint64(1)
        pair = np.empty((len(self), 5), np.uint64)
        pair[:, :4] = known[:, :4]
        pair[:, 4] = (known[:, 4] >> np.uint64(40) << np.uint64(1)) | mark
        of, self._pairs = group_rows(pair)
        self._pair_of = of.astype(np.int32)
        self._name_of, self._names = np.full(len(self), -1, np.int32), 0
        name = known[:, 6] >> np.uint64(32)
        if len(named := np.flatnonzero(name < np.uint64(1 << 31))):
            triple = np.stack([known[named, 0], known[named, 1], (name[named] << np.uint64(1)) | mark[named]], axis=1)
            self._name_of[named], self._names = group_rows(triple)

    def _fold(self, kinds: I64, flows: FlowTable) -> None:
        count = len(kinds)
        self._state = grown(self._state, len(self._kinds))
        if self._held + count > len(self._events):
            self._put_away()
            if count > len(self._events):
                self._events = np.empty((max(count, self._in_memory), EVENT), np.int64)
        if len(self._shown) < count:
            self._shown = np.empty((count, FIRST_FLOW), np.int64)
        f = flows
        columns: tuple[Any, ...] = (f.first_ns, f.last_ns, f.orig_bytes, f.resp_bytes, f.number, f.offset)
        uid = np.ascontiguousarray(f.uid).view("<u8").reshape(-1, 3)
        events = self._events[self._held : self._held + count]
        columns = (*map(np.ascontiguousarray, columns), uid, np.ascontiguousarray(f.state))
        told: Any = (kinds, *columns, self.flows, self._state, self._shown, events)
        some = fold_rows(*told)
        self._firsts.put(self._shown[:some])
        self._held += count

    def _put_away(self) -> None:
        """Write the events that are held to the file."""
        if self._held:
            self._spilled = self._spilled or Shares(EVENT, BUCKETS)
            self._spilled.put(self._events[: self._held], self._bucket_of)
            self._held = 0

    def __len__(self) -> int:
        """Rows that :meth:`table` gives."""
        return len(self._kinds)

    def table(self) -> tuple[FlowTable, IdentityTable, I8, Weights]:
        """One row a kind, in the order of the flows that began first of each; to be asked for once, when all were added."""
        if self._spilled is not None:
            self._put_away()
            self._spilled.done()
            self._events = self._events[:0].copy()
        self._shown = self._shown[:0].copy()
        size = len(self)
        self._row_kinds = order = np.argsort(self._state[:size, LEAD], kind="stable")
        ends, sums, port = np.empty((4, size), np.uint64), np.empty((6, size), np.int64), np.empty(size, np.uint16)
        names, codes, places = np.empty((2, size), np.int16), np.empty((7, size), np.int8), np.empty((4, size), np.int32)
        unfold_kinds(self._kinds.keys, self._state, order, ends, sums, port, names, codes, places)
        self._each, self._state = self._state[:size, COUNT].copy(), self._state[:0].copy()
        self._number_channels()
        self._kinds.forget()

        def one(value: Any, dtype: Any) -> Any:
            return np.broadcast_to(np.asarray(value, dtype), size)

        # what no judgement asks for is not kept; where a flow stands in its log :meth:`first_flows` tells
        no, untold, unknown = one(False, np.bool_), one(-1, np.int64), one(np.nan, np.float32)
        flows = FlowTable(
            first_ns=sums[FIRST], last_ns=sums[LAST], orig_hi=ends[0], orig_lo=ends[1], resp_hi=ends[2], resp_lo=ends[3],
            orig_p=one(0, np.uint16), resp_p=port, proto=codes[0].view(np.uint8), state=codes[6], orig_basis=one(ZEEK, np.int8),
            orig_pkts=untold, resp_pkts=untold, orig_bytes=sums[ORIG], resp_bytes=sums[RESP], tunnel=codes[5].view(np.uint8),
            tunnel_id=one(0, np.uint32), vlan=one(0xFFFF, np.uint16), source=places[3], number=untold, offset=untold,
            orig_number=untold, orig_offset=untold, resp_number=untold, resp_offset=untold, uid=one(b"", "S24"),
        )  # fmt: skip
        identities = IdentityTable(
            protocol=names[0], orig_protocol=one(-1, np.int16), resp_protocol=one(-1, np.int16), basis=codes[4], bits=one(0, np.int16),
            fake=codes[2], upgraded=names[1], midstream=no, swap=no, shell=codes[3].view(np.bool_), orig_entropy=unknown,
            resp_entropy=unknown, orig_printable=unknown, resp_printable=unknown, server_name=places[0], orig_facts=places[1],
            resp_facts=places[2], **self._vocabulary,
        )  # fmt: skip
        return flows, identities, codes[1], Weights(sums[COUNT], sums[LONGEST])

    def first_flows(self, rows: I64) -> FirstFlows:
        """Of each of some rows of :meth:`table` the flows that began first, at most five; those of all rows in the order of their begin."""
        of_kind = np.full(len(self), -1, np.int64)
        of_kind[self._row_kinds[rows]] = rows
        found = [part[of_kind[part[:, 0]] >= 0] for part in self._firsts.parts()]
        all_ = np.concatenate([np.empty((0, FIRST_FLOW), np.int64), *found])
        all_ = all_[np.argsort(all_[:, 1], kind="stable")]
        by_kind = np.argsort(all_[:, 0], kind="stable")
        kinds = all_[by_kind, 0]
        rank = np.arange(len(kinds)) - np.searchsorted(kinds, kinds)
        all_ = all_[np.sort(by_kind[rank < SHOWN])]
        return FirstFlows(of_kind[all_[:, 0]], all_[:, 1], all_[:, 2], all_[:, 3], np.ascontiguousarray(all_[:, 4:]).view("S24").ravel())

    def channels(self, flows: FlowTable, server_name: I32) -> Channels:
        """Channels of the rows that :meth:`table` gave."""
        pair, name = (of[self._row_kinds].astype(np.int64) for of in (self._pair_of, self._name_of))
        return channels_of(flows, server_name, Numbered(pair, self._pairs, name, self._names))

    def ranges(self, channels: Channels) -> Iterator[Range]:
        """All channels, so many at a time as have no more events than :data:`IN_RANGE`, or one alone that has."""
        count, size = len(channels), len(self)
        lead = self._row_kinds[channels.flow_index[channels.flow_start[:-1]]]
        pair_channel, name_channel = np.full(self._pairs, -1, np.int32), np.full(self._names + 1, -1, np.int32)
        pairs, names = np.flatnonzero(channels.has_resp), np.flatnonzero(~channels.has_resp)
        pair_channel[self._pair_of[lead[pairs]]] = pairs
        name_channel[self._name_of[lead[names]]] = names  # -1, of kinds without a name, reads the last, which is -1
        self._owners = (pair_channel[self._pair_of[:size]], *((name_channel[self._name_of[:size]],) if len(names) else ()))
        events = np.zeros(count, np.int64)
        for by in self._owners:
            events += np.bincount(by[by >= 0], self._each[by >= 0], count).astype(np.int64)
        bucket = self._bucket_of[lead] if self._spilled is not None else np.zeros(count, np.int32)
        order = np.argsort(bucket, kind="stable")
        self._range_of, self._place = np.full(count, -1, np.int32), np.zeros(count, np.int64)
        begin = np.searchsorted(bucket[order], np.arange(BUCKETS + 1))
        edges, number = np.append(0, np.cumsum(events[order])), 0
        for first, last in pairwise(self._cuts(edges[begin])):
            own, at = order[begin[first] : begin[last]], edges[begin[first] : begin[last] + 1]
            if not len(own):
                continue
            cuts = self._cuts(at) if last == first + 1 else [0, len(own)]
            for r, (a, z) in enumerate(pairwise(cuts)):
                self._range_of[own[a:z]] = number + r
            parts = self._parts(first, last, number, len(cuts) - 1)
            for r, (a, z) in enumerate(pairwise(cuts)):
                yield Range(number + r, own[a:z], at[a : z + 1] - at[a], partial(parts, r))
            number += len(cuts) - 1

    def _cuts(self, edges: I64) -> list[int]:
        """Where to cut what has so many events before each edge, so that a piece has at most a range's, or is one thing alone."""
        cuts = [0]
        while cuts[-1] < len(edges) - 1:
            cuts.append(max(cuts[-1] + 1, int(np.searchsorted(edges, edges[cuts[-1]] + self._in_range, "right")) - 1))
        return cuts

    def _parts(self, first: int, last: int, number: int, ranges: int) -> Callable[[int], Iterable[I64]]:
        """What gives, for each of the ranges of some buckets, events among which all of its own are."""
        spilled = self._spilled
        if spilled is None:
            return lambda r: [self._events[: self._held]]
        if ranges <= 2:
            return lambda r: spilled.parts(first, last)
        # an originator with much of the traffic: each range would read all of it
        own = [np.where(by >= 0, self._range_of[by] - number, -1).astype(np.int32) for by in self._owners]
        own = [np.where((by >= 0) & (by < ranges), by, np.int32(-1)) for by in own]
        if len(own) > 1:
            own[1][own[1] == own[0]] = -1
        shares = Shares(EVENT, ranges)
        for part in spilled.parts(first, last):
            shares.put(part, *own)
        shares.done()
        return lambda r: shares.parts(r, r + 1)

    def forget(self) -> None:
        """Let go of all but what :meth:`first_flows` needs; no more events are asked for."""
        none = np.zeros(0, np.int32)
        self._owners, self._spilled, self._events = (none,), None, np.empty((0, EVENT), np.int64)
        self._pair_of = self._name_of = self._bucket_of = self._range_of = none
        self._each, self._place = none.astype(np.int64), none.astype(np.int64)

    def events(self, own: Range, channels: Channels) -> EventTable:
        """Events of a range's channels; may be asked for on several threads."""
        laid = np.empty((int(own.start[-1]), 4), np.int64)
        self._place[own.channels] = own.start[:-1]
        for part in own.parts():
            for channel_of in self._owners:
                place_events(part, channel_of, self._range_of, own.number, self._place, laid)
        rows, time_ns = np.arange(len(laid)), laid[:, 0].copy()
        order_by_time(own.start, rows, time_ns)
        orig, resp, duration = (np.empty(len(laid), np.int64) for _ in range(3))
        take_columns(laid, rows, time_ns, orig, resp, duration)
        answered = np.repeat(~channels.attempt[own.channels], np.diff(own.start))
        return EventTable(own.start, time_ns, orig, resp, duration, answered, self.window)


class Times:
    """The times of the events of some channels, in a file."""

    def __init__(self) -> None:
        self._spill = Spill(1)
        self._place: dict[int, tuple[int, int]] = {}

    def put(self, channel: int, time_ns: I64) -> None:
        """Remember the times of a channel."""
        self._place[channel] = self._spill.count, len(time_ns)
        self._spill.put(np.ascontiguousarray(time_ns).reshape(-1, 1))

    def of(self, channel: int) -> I64:
        """Give the times of a channel that were put."""
        return np.concatenate([part.ravel() for part in self._spill.parts(*self._place[channel])])
