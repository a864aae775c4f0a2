"""Folding flows to one place into one row: the table that detectors work on.

A place is (originator, responder, its port, transport, protocol, verdict). Only flows that something can be said of are folded;
the rest of the evidence still counts for rarity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from pcapscan.findings import Process, Reason
from pcapscan.judge.places import classes
from pcapscan.judge.verdict import attempts
from pcapscan.knowledge.indicators import Indicators
from pcapscan.tables import (
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U64,
    Bool,
    Channels,
    ChannelTable,
    FirstFlows,
    FlowTable,
    IdentityTable,
    Weights,
)


class Processes(Struct, frozen=True):
    """Who made each flow, where endpoint events told.

    Attributes
    ----------
    row : int32[n]
        For each flow an index in ``processes``; -1 not known.
    processes : sequence of Process
    reasons : sequence of sequence of Reason
        For each process what its risk consists of; their points are added, at most ``process.max``.
    standalone : sequence of bool
        Whether the risk makes a finding without a network reason.
    hidden : sequence of (rule, why) or None
        The rule that excuses the process at that place.
    server : int32[n] or None
        As ``row``, for the responder's process beside the originator's.
    told : bool[n] or None
        Flows that are known from host events alone: what they spoke is not.
    rule : int8[n] or None
        Of such flows what the rule for host events says: index in :data:`HOST_RULES`.
    runs : int32[n] or None
        How often their process did so within a quarter of an hour.
    points, excused : float64[k], bool[k], or None
        Of each process the sum of its reasons, and whether a rule excuses it; None: worked out from these.
    """

    row: I32
    processes: Sequence[Process] = ()
    reasons: Sequence[Sequence[Reason]] = ()
    standalone: Sequence[bool] = ()
    hidden: Sequence[tuple[str, str] | None] = ()
    server: I32 | None = None
    told: Bool | None = None
    rule: I8 | None = None
    runs: I32 | None = None
    points: F64 | None = None
    excused: Bool | None = None

    def worth(self) -> F64:
        """Points of each process, and 0 for none."""
        points = [sum(r.points for r in reasons) for reasons in self.reasons] if self.points is None else self.points
        return np.append(np.asarray(points, np.float64), 0.0)


HOST_RULES = ("", "risky", "inside", "repaired")
"""What the rule for host events says of a flow: nothing; a risky program on a port that is not usual; the repaired reference rule but for
a destination inside; the repaired reference rule."""


class Context(Struct, frozen=True):
    """What a judgement may use beside the tables.

    Attributes
    ----------
    home : sequence of str
        Networks that are inside, CIDR.
    indicators : Indicators or None
        The user's own lists.
    processes : Processes or None
    sources : sequence of str
        Names of the inputs; ``FlowTable.source`` indexes it.
    max_findings : int or None
        At most so many findings are made; None: ``report.max_findings``.
    weights : Weights or None
        Row for row with the flows, where rows stand for several.
    first_flows : callable or None
        Tells where the first flows stand of the rows that are asked for, where rows stand for several.
    """

    home: Sequence[str] = ()
    indicators: Indicators | None = None
    processes: Processes | None = None
    sources: Sequence[str] = ()
    max_findings: int | None = None
    weights: Weights | None = None
    first_flows: Callable[[I64], FirstFlows] | None = None


class Evidence(Struct, frozen=True):
    """The tables as they came, and what is known of all flows; ``weights`` where rows stand for several flows."""

    flows: FlowTable
    identities: IdentityTable
    verdicts: I8
    channels: Channels | None
    periods: ChannelTable | None
    orig_place: U8
    resp_place: U8
    weights: Weights | None = None


class Groups(Struct, frozen=True):
    """One row a place.

    Attributes
    ----------
    order, start : int64
        Group ``i`` owns flows ``order[start[i]:start[i + 1]]``, in time order.
    first : int64[g]
        Row of its first flow: addresses, ports and transport are read there.
    protocol : int16[g]
        Index in the identities' names, -1 not named.
    verdict, fake : int8[g]
    attempt : bool[g]
        In none of its flows did the responder speak.
    both : bool[g]
        In some flow both sides spoke.
    channel : int64[g]
        Channel that tells most of a period here; -1 none.
    facts : int64[g, 2]
        Index in the identities' facts of each side, of the first flow that has one; -1 none.
    server_name : int64[g]
        Index in the identities' strings; -1 none.
    process, server : int64[g]
        Index in the context's processes, the riskiest of the originator's, and the responder's; -1 none.
    hidden : bool[g]
        Every flow's process is excused there.
    told : bool[g]
        All its flows are known from host events alone.
    rule : int8[g]
        Index in :data:`HOST_RULES`, the highest of its flows.
    runs : int64[g]
    """

    evidence: Evidence
    order: I64
    start: I64
    first: I64
    count: I64
    first_ns: I64
    last_ns: I64
    longest_ns: I64
    orig_bytes: I64
    resp_bytes: I64
    protocol: I16
    verdict: I8
    fake: I8
    attempt: Bool
    both: Bool
    shell: Bool
    channel: I64
    facts: I64
    server_name: I64
    process: I64
    server: I64
    hidden: Bool
    told: Bool
    rule: I8
    runs: I64
    orig_place: U8
    resp_place: U8
    resp_p: U16
    proto: U8
    memo: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.first)

    def name(self, i: int) -> str | None:
        """Protocol of a group."""
        code = int(self.protocol[i])
        return self.evidence.identities.names[code] if code >= 0 else None

    def take(self, rows: I64) -> Groups:
        """Some of the groups, in that order."""
        sizes = self.start[rows + 1] - self.start[rows]
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        order = self.order[np.repeat(self.start[rows] - start[:-1], sizes) + np.arange(start[-1])]
        kept = {
            name: getattr(self, name)[rows]
            for name in (
                "first", "count", "first_ns", "last_ns", "longest_ns", "orig_bytes", "resp_bytes", "protocol", "verdict", "fake", "attempt",
                "both", "shell", "channel", "facts", "server_name", "process", "server", "hidden", "told", "rule", "runs", "orig_place", "resp_place", "resp_p", "proto",
            )
        }  # fmt: skip
        return Groups(evidence=self.evidence, order=order, start=start, **kept)


MIXED_AT_ONCE = 1 << 14
"""Rows; arbitrary, two columns of them lie in the nearest caches."""


def mixed(*columns: NDArray[Any]) -> U64:
    """A 64-bit hash of some columns, row by row (the finaliser of splitmix64 between them)."""
    value = np.empty(len(columns[0]), np.uint64)
    part = np.empty(min(len(value), MIXED_AT_ONCE), np.uint64)
    for begin in range(0, len(value), MIXED_AT_ONCE):  # what is mixed stays in the cache
        v = value[begin : begin + MIXED_AT_ONCE]
        t = part[: len(v)]
        v[:] = np.uint64(0x9E3779B97F4A7C15)
        for column in columns:
            t[:] = column[begin : begin + MIXED_AT_ONCE]
            v ^= t
            v *= np.uint64(0xBF58476D1CE4E5B9)
            v ^= np.right_shift(v, np.uint64(29), out=t)
            v *= np.uint64(0x94D049BB133111EB)
            v ^= np.right_shift(v, np.uint64(32), out=t)
    return value


def _sorted_places(rows: I64, keys: tuple[NDArray[Any], ...]) -> tuple[I64, I64]:
    """Order and boundaries of equal keys; by hash, and by the keys themselves should two places ever share a hash."""
    if not len(rows):
        return rows, np.zeros(1, np.int64)
    order = np.argsort(mixed(*(k[rows] for k in keys)), kind="stable")
    for attempt in range(2):
        sorted_rows = rows[order]
        fresh = np.ones(len(rows), np.bool_)
        fresh[1:] = False
        for key in keys:
            column = key[sorted_rows]
            fresh[1:] |= column[1:] != column[:-1]
        start = np.append(np.flatnonzero(fresh), len(rows)).astype(np.int64)
        heads = sorted_rows[start[:-1]]
        hashes = mixed(*(k[heads] for k in keys))
        if attempt or not (hashes[1:] == hashes[:-1]).any():
            break
        order = np.lexsort(tuple(k[rows] for k in keys))
    return sorted_rows, start


def best_channel(n: int, channels: Channels | None, strength: F64) -> I64:
    """For each of ``n`` flows the channel with most strength that it belongs to; -1 none with any."""
    best = np.full(n, -1, np.int64)
    if channels is None or not len(strength) or not (strength > 0).any():
        return best
    owner = np.repeat(np.arange(len(strength)), np.diff(channels.flow_start))
    told = strength[owner] > 0
    owner, member = owner[told], channels.flow_index[told]
    by = np.argsort(strength[owner], kind="stable")
    best[member[by]] = owner[by]
    return best


def _first_known(values: I64, start: I64) -> I64:
    """The first value of each group that is not -1, else -1."""
    at = np.where(values >= 0, np.arange(len(values)), len(values))
    first = np.minimum.reduceat(at, start[:-1])
    return np.where(first < len(values), values[np.minimum(first, len(values) - 1)], -1)


def fold(evidence: Evidence, candidates: Bool, flow_channel: I64, strength: F64, context: Context) -> Groups:
    """Fold the candidate flows to one row a place."""
    f, ids = evidence.flows, evidence.identities
    rows = np.flatnonzero(candidates)
    rows = rows[np.argsort(f.first_ns[rows], kind="stable")]
    protocol = np.where(ids.fake > 0, -1, ids.protocol).astype(np.int16)
    keys = (f.orig_hi, f.orig_lo, f.resp_hi, f.resp_lo, f.resp_p, f.proto, protocol, evidence.verdicts)
    order, start = _sorted_places(rows, keys)
    cuts = start[:-1]
    if not len(cuts):
        return _empty(evidence)
    first = order[cuts]

    def total(column: I64) -> I64:
        answer: I64 = np.add.reduceat(np.maximum(column[order], 0), cuts)
        return answer

    def any_of(column: Bool) -> Bool:
        answer: Bool = np.logical_or.reduceat(column[order], cuts)
        return answer

    rank = np.full(len(strength) + 1, -1, np.int64)
    by = np.argsort(strength, kind="stable")
    rank[by] = np.arange(len(by))
    top = np.maximum.reduceat(rank[flow_channel[order]], cuts)  # flow_channel -1 reads the last, which is -1
    weights = evidence.weights
    longest = f.last_ns - f.first_ns if weights is None else weights.longest_ns
    return Groups(
        evidence=evidence, order=order, start=start, first=first,
        count=np.diff(start) if weights is None else np.add.reduceat(weights.count[order], cuts),
        first_ns=np.minimum.reduceat(f.first_ns[order], cuts), last_ns=np.maximum.reduceat(f.last_ns[order], cuts),
        longest_ns=np.maximum.reduceat(longest[order], cuts),
        orig_bytes=total(f.orig_bytes), resp_bytes=total(f.resp_bytes),
        protocol=protocol[first], verdict=evidence.verdicts[first], fake=np.maximum.reduceat(ids.fake[order], cuts),
        attempt=~any_of(~attempts(f, ids)), both=any_of((f.orig_bytes > 0) & (f.resp_bytes > 0)), shell=any_of(ids.shell),
        channel=np.where(top >= 0, np.append(by, -1)[top], -1),
        facts=np.stack([_first_known(c.astype(np.int64)[order], start) for c in (ids.orig_facts, ids.resp_facts)], axis=1),
        server_name=_first_known(ids.server_name.astype(np.int64)[order], start),
        **_processes(context.processes, order, start),
        orig_place=evidence.orig_place[first], resp_place=evidence.resp_place[first], resp_p=f.resp_p[first], proto=f.proto[first],
    )  # fmt: skip


def _processes(known: Processes | None, order: I64, start: I64) -> dict[str, Any]:
    """Columns of groups that endpoint events tell: the riskiest process that is not excused, else a flow of which none is known."""
    g, cuts = len(start) - 1, start[:-1]
    if known is None:
        none = np.full(g, -1, np.int64)
        false = np.zeros(g, np.bool_)
        return {
            "process": none,
            "server": none,
            "hidden": false,
            "told": false,
            "rule": np.zeros(g, np.int8),
            "runs": np.zeros(g, np.int64),
        }
    if known.excused is None:
        excused = np.zeros(len(known.processes), np.bool_)
        excused[: len(known.hidden)] = [h is not None for h in known.hidden]
    else:
        excused = known.excused
    worth = 2.0 + np.maximum(known.worth(), -0.5)
    worth[:-1][excused] = 0.0
    worth[-1] = 1.0
    row = known.row.astype(np.int64)[order]
    owner = np.repeat(np.arange(g), np.diff(start))
    best = np.lexsort((-np.arange(len(row)), worth[row], owner))[start[1:] - 1]
    process = np.where(row[best] >= 0, row[best], _first_known(row, start))

    def over(column: NDArray[Any] | None, join: Any, dtype: Any) -> NDArray[Any]:
        return np.zeros(g, dtype) if column is None else join.reduceat(column[order], cuts).astype(dtype)

    return {
        "process": process,
        "server": np.full(g, -1, np.int64) if known.server is None else _first_known(known.server.astype(np.int64)[order], start),
        "hidden": worth[row[best]] == 0,
        "told": over(known.told, np.logical_and, np.bool_),
        "rule": over(known.rule, np.maximum, np.int8),
        "runs": over(known.runs, np.maximum, np.int64),
    }


def _empty(evidence: Evidence) -> Groups:
    none = np.zeros(0, np.int64)
    return Groups(
        evidence=evidence, order=none, start=np.zeros(1, np.int64), first=none, count=none, first_ns=none, last_ns=none, longest_ns=none,
        orig_bytes=none, resp_bytes=none, protocol=none.astype(np.int16), verdict=none.astype(np.int8), fake=none.astype(np.int8),
        attempt=none.astype(bool), both=none.astype(bool), shell=none.astype(bool), channel=none, facts=np.zeros((0, 2), np.int64),
        server_name=none, process=none, server=none, hidden=none.astype(bool), told=none.astype(bool), rule=none.astype(np.int8), runs=none,
        orig_place=none.astype(np.uint8), resp_place=none.astype(np.uint8), resp_p=none.astype(np.uint16),
        proto=none.astype(np.uint8),
    )  # fmt: skip


def gather(
    flows: FlowTable, identities: IdentityTable, verdicts: I8, channels: Channels | None, periods: ChannelTable | None,
    home: Sequence[str], weights: Weights | None = None,
) -> Evidence:  # fmt: skip
    """The tables with the class of every address."""
    return Evidence(
        flows=flows, identities=identities, verdicts=verdicts, channels=channels, periods=periods,
        orig_place=classes(flows.orig_hi, flows.orig_lo, home), resp_place=classes(flows.resp_hi, flows.resp_lo, home),
        weights=weights,
    )  # fmt: skip
