"""Many flows in bounded memory: of flows that differ in nothing but time and size the first five are kept, the others added up.

1. Flows are alike that no judgement tells apart: same ends, port, transport, protocol, verdict, names, facts, and the same signs of
   who spoke. Of each kind the five that began first stay rows of their own (a finding shows no more); the rest is one row,
   with their number, the span from the first to the last, the longest, and the sums of their bytes.
2. Every flow's time, sizes and duration are an event of its channels. Events beyond :data:`IN_MEMORY` go to a temporary file
   (:mod:`.spill`), are shared out there by ranges of channels, and come back a range at a time.
3. So memory grows with the kinds of flows, not with the flows, and every channel and finding is what it would be of all rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.kernels import kernel
from pcapscan.measure.group import Numbered, attempt_states, channels_of
from pcapscan.measure.hashing import Numbering, grown, order_by_time
from pcapscan.measure.spill import Spill, shared
from pcapscan.tables import I8, I32, I64, U8, U64, Bool, Channels, EventTable, FlowTable, IdentityTable, Weights

SHOWN = 5
"""Rows of their own; a finding points to no more flows."""

IN_MEMORY = 1_000_000
"""Events that are held in memory, 40 bytes each, before they go to a file."""

IN_RANGE = 500_000
"""Events that a range of channels has, about; while one is measured the next is read."""

LEFT_OUT = {
    "orig_number": -1, "orig_offset": -1, "resp_number": -1, "resp_offset": -1, "orig_pkts": 0, "resp_pkts": 0,
}  # fmt: skip
"""Columns that are not kept, and what stands for them: a log has one row for both sides (``number``, ``offset``), and no judgement
asks for packets."""

OWN = ("first_ns", "last_ns", "orig_bytes", "resp_bytes")
"""Columns of the kept rows that the kernel needs, and so keeps."""

_KEY = 8
KIND, TIME, SENT, GOT, LASTED = range(5)
"""Columns of an event; all of a channel but the kind."""

COUNT, FIRST, LAST, LONGEST, ORIG, RESP, HELD, NEWEST, NEWEST_FIRST = range(9)
"""Columns of a kind's state: what is added up; the rows kept, which of these began last, and when."""


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
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64, int64, int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[::1])"
)
def fold_rows(
    kinds: I64, first: I64, last: I64, orig: I64, resp: I64, at: int, kept: int, slots: I64, own: I64, state: I64, places: I64
) -> int:
    """Decide what becomes of each row: kept at a place (perhaps that of one which is then added up), or added up.

    Parameters
    ----------
    kinds, first, last, orig, resp : int64[n]
    at : int
        Rows before these.
    kept : int
        Places taken before.
    slots : int64[g, SHOWN]
        Places of the rows that each kind keeps.
    own : int64[p, 5]
        First, last, orig, resp, and number of each kept row.
    state : int64[g, 9]
        What was added up; how many are kept; which of these began last, and when.
    places : int64[n]
        Filled; -1 for a row that was added up.

    Returns
    -------
    int
        Places taken.
    """
    for i in range(kinds.size):
        g = kinds[i]
        held = state[g, HELD]
        if held < SHOWN:
            place = kept
            kept += 1
            slots[g, held] = place
            state[g, HELD] = held + 1
            if held == 0 or first[i] >= state[g, NEWEST_FIRST]:
                state[g, NEWEST], state[g, NEWEST_FIRST] = held, first[i]
            own[place, 0], own[place, 1], own[place, 2], own[place, 3], own[place, 4] = first[i], last[i], orig[i], resp[i], at + i
            places[i] = place
            continue
        place = -1
        a, z, o, r = first[i], last[i], orig[i], resp[i]
        if a < state[g, NEWEST_FIRST]:  # it takes the place of the kept row that began last
            place = slots[g, state[g, NEWEST]]
            a, z, o, r = own[place, 0], own[place, 1], own[place, 2], own[place, 3]
            own[place, 0], own[place, 1], own[place, 2], own[place, 3], own[place, 4] = first[i], last[i], orig[i], resp[i], at + i
            newest = 0
            for k in range(1, SHOWN):
                this, best = slots[g, k], slots[g, newest]
                if own[this, 0] > own[best, 0] or (own[this, 0] == own[best, 0] and own[this, 4] > own[best, 4]):
                    newest = k
            state[g, NEWEST], state[g, NEWEST_FIRST] = newest, own[slots[g, newest], 0]
        places[i] = place
        if state[g, COUNT] == 0:
            state[g, FIRST], state[g, LAST], state[g, LONGEST] = a, z, z - a
        else:
            state[g, FIRST], state[g, LAST] = min(state[g, FIRST], a), max(state[g, LAST], z)
            state[g, LONGEST] = max(state[g, LONGEST], z - a)
        state[g, COUNT] += 1
        state[g, ORIG] += max(o, 0)
        state[g, RESP] += max(r, 0)
    return kept


@kernel("int64(int64[:, ::1], int64[::1], int64, int64, int64[::1], int64[:, ::1])")
def place_events(events: I64, channel_of: I64, first: int, last: int, place: I64, laid: I64) -> int:
    """Lay the events of the channels from ``first`` to ``last`` where these have their places, in the order in which they come.

    Parameters
    ----------
    events : int64[n, 5]
    channel_of : int64[g]
        Channel of each kind, -1 none.
    place : int64[last - first]
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
        if channel < first or channel >= last:
            continue
        at = place[channel - first]
        place[channel - first] = at + 1
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


class _Column:
    """One column of the kept rows; as long as all its values are one, that one."""

    def __init__(self, dtype: Any) -> None:
        self._values: NDArray[Any] = np.zeros(0, dtype)
        self._one: Any = None

    def is_all(self, value: Any) -> bool:
        """Whether this is the one value, or the first."""
        if self._one is None:
            self._one = np.array([value], self._values.dtype)
        one = self._one[0]
        return not len(self._values) and bool(value == one or (value != value and one != one))

    def put(self, places: I64, values: NDArray[Any], kept: int) -> None:
        if not len(values):
            return
        if not len(self._values):
            if self.is_all(values[0]) and (
                (values == values[0]).all() or (values.dtype.kind == "f" and np.isnan(values[0]) and np.isnan(values).all())
            ):
                return
            self._values = np.full(kept, self._one[0], values.dtype)
        self._values = grown(self._values, kept)
        self._values[places] = values

    def whole(self, kept: int, again: I64) -> NDArray[Any]:
        """The kept rows, behind them those of some places once more."""
        size = kept + len(again)
        if len(self._values):
            self._values = grown(self._values, size)
            self._values[kept:size] = self._values[again]
            return self._values[:size]
        one = self._one[0] if self._one is not None else self._values.dtype.type()
        return np.broadcast_to(np.asarray(one, self._values.dtype), size)


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
        self._kinds, self._pairs, self._names = Numbering(_KEY), Numbering(5), Numbering(3)
        self._pair_of, self._name_of = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._slots, self._state = np.zeros((0, SHOWN), np.int64), np.zeros((0, 9), np.int64)
        self._own, self._kept = np.zeros((0, 5), np.int64), 0
        self._columns: dict[tuple[str, str], _Column] = {}
        self._aside: dict[str, Any] = {}
        self._events: list[I64] = []
        self._held_events = 0
        self._spill: Spill | None = None
        self._begin: I64 | None = None

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
        self._new_kinds(before, attempt, kinds, keys)
        groups = len(self._kinds)
        self._slots, self._state = grown(self._slots, groups), grown(self._state, groups)
        self._own = grown(self._own, self._kept + count)
        places = np.empty(count, np.int64)
        first_ns, last_ns, orig, resp = (np.ascontiguousarray(c) for c in (f.first_ns, f.last_ns, f.orig_bytes, f.resp_bytes))
        self._kept = fold_rows(kinds, first_ns, last_ns, orig, resp, self.flows, self._kept, self._slots, self._own, self._state, places)
        self._put(places, flows, identities, verdicts, kinds)
        self._remember(kinds, flows)
        first, last = int(f.first_ns.min()), int(max(f.first_ns.max(), f.last_ns.max()))
        self.window = (min(first, self.window[0]), max(last, self.window[1])) if self.flows else (first, last)
        self.flows += count

    def _new_kinds(self, before: int, attempt: Bool, kinds: I64, keys: U64) -> None:
        """Number the channels of kinds that were not seen before."""
        fresh = len(self._kinds) - before
        if not fresh:
            return
        known = self._kinds.keys[before : len(self._kinds)]
        mark = (known[:, 4] >> np.uint64(24)) & np.uint64(1)
        pair = np.empty((fresh, 5), np.uint64)
        pair[:, :4] = known[:, :4]
        pair[:, 4] = (known[:, 4] >> np.uint64(40) << np.uint64(1)) | mark
        name = known[:, 6] >> np.uint64(32)
        named = name < np.uint64(1 << 31)
        by_name = np.full(fresh, -1, np.int64)
        if named.any():
            triple = np.stack([known[named, 0], known[named, 1], (name[named] << np.uint64(1)) | mark[named]], axis=1)
            by_name[named] = self._names.number(np.ascontiguousarray(triple))
        self._pair_of, self._name_of = grown(self._pair_of, before + fresh), grown(self._name_of, before + fresh)
        self._pair_of[before : before + fresh] = self._pairs.number(pair)
        self._name_of[before : before + fresh] = by_name

    def _put(self, places: I64, flows: FlowTable, identities: IdentityTable, verdicts: I8, kinds: I64) -> None:
        rows = np.flatnonzero(places >= 0)
        # of two rows at one place the later stays: numpy writes in order
        where = places[rows]
        parts = (("flows", flows), ("identities", identities))
        columns = [((part, f.name), getattr(table, f.name)) for part, table in parts for f in fields(table) if f.name not in OWN]
        columns += [(("", "verdicts"), verdicts), (("", "kinds"), kinds)]
        for name, values in columns:
            if not isinstance(values, np.ndarray):
                self._aside[name[1]] = values if name[1] != "names" else max(values, self._aside.get("names", ()), key=len)
                continue
            if name not in self._columns:
                self._columns[name] = _Column(values.dtype)
            if name[1] in LEFT_OUT:
                values = np.broadcast_to(np.asarray(LEFT_OUT[name[1]], values.dtype), len(values))
            if values.strides == (0,) and self._columns[name].is_all(values[0]):
                continue
            self._columns[name].put(where, values[rows], self._kept)

    def _remember(self, kinds: I64, flows: FlowTable) -> None:
        rows = np.empty((len(kinds), 5), np.int64)
        rows[:, KIND], rows[:, TIME], rows[:, SENT], rows[:, GOT] = kinds, flows.first_ns, flows.orig_bytes, flows.resp_bytes
        np.maximum(flows.last_ns - flows.first_ns, -1, out=rows[:, LASTED])
        self._events.append(rows)
        self._held_events += len(rows)
        if self._held_events > self._in_memory:
            self._spill = self._spill or Spill()
            for part in self._events:
                self._spill.put(part)
            self._events, self._held_events = [], 0

    def __len__(self) -> int:
        """Rows that :meth:`table` gives."""
        return self._kept + int(np.count_nonzero(self._state[: len(self._kinds), COUNT]))

    def table(self) -> tuple[FlowTable, IdentityTable, I8, Weights]:
        """Rows of all kinds: those kept, then what was added up; to be asked for once, when all were added."""
        some = np.flatnonzero(self._state[: len(self._kinds), COUNT])
        at, again = self._kept, self._slots[some, 0]
        tables: dict[str, dict[str, Any]] = {"flows": {}, "identities": dict(self._aside), "": {}}
        for (part, name), column in self._columns.items():
            tables[part][name] = column.whole(at, again)
        flows, added = tables["flows"], self._state[some]
        for k, name in enumerate(OWN):
            flows[name] = np.concatenate([self._own[:at, k], self._own[again, k]])
        self._own, self._slots = self._own[:0], self._slots[:0]
        count, longest = np.ones(len(self), np.int64), flows["last_ns"] - flows["first_ns"]
        count[at:], longest[at:] = added[:, COUNT], added[:, LONGEST]
        flows["first_ns"][at:], flows["last_ns"][at:] = added[:, FIRST], added[:, LAST]
        for name, place in (("orig_bytes", ORIG), ("resp_bytes", RESP)):
            flows[name][at:] = np.where(flows[name][at:] < 0, -1, added[:, place])
        self._row_kinds = tables[""]["kinds"]
        return FlowTable(**flows), IdentityTable(**tables["identities"]), tables[""]["verdicts"], Weights(count, longest)

    def channels(self, flows: FlowTable, server_name: I32) -> Channels:
        """Channels of the rows that :meth:`table` gave."""
        kinds = self._row_kinds
        numbered = Numbered(self._pair_of[kinds], len(self._pairs), self._name_of[kinds], len(self._names))
        return channels_of(flows, server_name, numbered)

    def events(self, channels: Channels, wanted: I64 | None = None) -> Iterator[tuple[int, EventTable]]:
        """Events of all channels, a range of them at a time: the first of the range, and its events.

        With ``wanted``, only the events of these channels; the others in their ranges have none.
        """
        lead = channels.flow_index[channels.flow_start[:-1]]
        kinds = self._row_kinds[lead]
        pair_channel, name_channel = np.full(len(self._pairs), -1, np.int64), np.full(len(self._names), -1, np.int64)
        number = np.arange(len(channels))
        pair_channel[self._pair_of[kinds[channels.has_resp]]] = number[channels.has_resp]
        name_channel[self._name_of[kinds[~channels.has_resp]]] = number[~channels.has_resp]
        size = len(self._kinds)
        owners = pair_channel[self._pair_of[:size]], np.append(name_channel, -1)[self._name_of[:size]]
        edges = self._edges(owners, len(channels))
        cuts = [0]
        while cuts[-1] < len(channels):
            cuts.append(max(cuts[-1] + 1, int(np.searchsorted(edges, edges[cuts[-1]] + self._in_range, "right")) - 1))
        if self._spill is not None and self._begin is None and len(cuts) > 2:
            self._share_out(owners, np.array(cuts, np.int64))
        if wanted is not None:
            asked = np.zeros(len(channels) + 1, np.bool_)
            asked[wanted] = True
            owners = np.where(asked[owners[0]], owners[0], -1), np.where(asked[owners[1]], owners[1], -1)
            edges = self._edges(owners, len(channels))
        for r, (first, last) in enumerate(pairwise(cuts)):
            start = edges[first : last + 1] - edges[first]
            if wanted is None or start[-1]:
                yield first, self._range(first, last, start, owners, channels.attempt, self._parts(r))

    def _edges(self, owners: tuple[I64, I64], channels: int) -> I64:
        """Events before each channel, and of all."""
        each = self._state[: len(self._kinds), HELD] + self._state[: len(self._kinds), COUNT]
        totals = sum(np.bincount(by[by >= 0], each[by >= 0], channels) for by in owners)
        return np.append(0, np.cumsum(totals)).astype(np.int64)

    def _share_out(self, owners: tuple[I64, I64], cuts: I64) -> None:
        """Give every range of channels its own stretch of the file: else each would read all of it."""
        one, other = (np.where(by >= 0, np.searchsorted(cuts, by, "right") - 1, -1) for by in owners)
        other[other == one] = -1
        each = self._state[: len(self._kinds), HELD] + self._state[: len(self._kinds), COUNT]
        sizes = sum(np.bincount(by[by >= 0], each[by >= 0], len(cuts) - 1) for by in (one, other))
        self._spill, self._begin = shared(self._parts(0), one, other, np.asarray(sizes, np.int64))
        self._events = []

    def _range(self, first: int, last: int, start: I64, owners: tuple[I64, I64], attempt: Bool, parts: Iterator[I64]) -> EventTable:
        laid, place = np.empty((int(start[-1]), 4), np.int64), start[:-1].copy()
        for part in parts:
            for channel_of in owners if len(self._names) else owners[:1]:
                place_events(part, channel_of, first, last, place, laid)
        rows, time_ns = np.arange(len(laid)), laid[:, 0].copy()
        order_by_time(start, rows, time_ns)
        orig, resp, duration = (np.empty(len(laid), np.int64) for _ in range(3))
        take_columns(laid, rows, time_ns, orig, resp, duration)
        return EventTable(start, time_ns, orig, resp, duration, np.repeat(~attempt[first:last], np.diff(start)), self.window)

    def _parts(self, r: int) -> Iterator[I64]:
        """Events, among them those of a range of channels."""
        if self._spill is not None and self._begin is not None:
            yield from self._spill.parts(int(self._begin[r]), int(self._begin[r + 1] - self._begin[r]))
            return
        if self._spill is not None:
            yield from self._spill.parts()
        yield from self._events
