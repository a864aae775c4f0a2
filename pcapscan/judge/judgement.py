"""From flows and channels to findings: fold, add up, rank, and say why.

The way: flows that something can be said of are folded to places (:mod:`.groups`); every detector adds a column of points for
all places at once; the best are kept; facts, which are dicts, are asked for those only; and objects are made of what is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from pcapscan.findings import Evidence as Pointer
from pcapscan.findings import Finding, Process, Reason
from pcapscan.judge.beacon import beacon, channel_points, periodic_by_design
from pcapscan.judge.column import INDEPENDENT, Column
from pcapscan.judge.content import content, volume
from pcapscan.judge.direction import direction
from pcapscan.judge.facts import facts, marked, server_name, side_facts
from pcapscan.judge.groups import Context, Evidence, Groups, best_channel, fold, gather
from pcapscan.judge.host_rule import host_rule
from pcapscan.judge.indicators import hits, indicators
from pcapscan.judge.mismatch import mismatch
from pcapscan.judge.persistence import persistence
from pcapscan.judge.places import text_of
from pcapscan.judge.priors import priors
from pcapscan.judge.rarity import fingerprint, rarity, spread
from pcapscan.judge.verdict import EXPECTED, FAKE, NONE, UNKNOWN, UNKNOWN_ON_RESERVED, WRONG_PROTOCOL, home_ports
from pcapscan.knowledge import Knowledge
from pcapscan.tables import F64, I8, I64, TRANSPORTS, TUNNELS, VERDICTS, Channels, ChannelTable, FlowTable, IdentityTable

DETECTORS = (mismatch, direction, beacon, persistence, rarity, fingerprint, spread, content, volume, priors, host_rule, indicators)
"""Detectors that run on all places at once."""

SHOWN_FLOWS = 5
"""Pointers to flows in one finding; ``connections`` tells how many there are."""

EXCUSED = "process_suppress"
"""Measure of the reason without points that names the rule by which every process at a place is excused."""

POOL = 4
"""Facts are asked for so many times the findings that are made; beyond it, what facts could add does not reach the first page."""


class Judgement(Struct, frozen=True):
    """What was found, and how much more there was.

    Attributes
    ----------
    findings : list of Finding
        By score, the highest first; ties by time, then id.
    channels : tuple of int
        For each finding the channel whose period it tells; -1 none.
    places : int
        Places that were judged.
    left_out : int
        Places with a score that were not made into findings because there were too many.
    notes : tuple of str
        For the coverage.
    """

    findings: list[Finding]
    channels: tuple[int, ...]
    places: int
    left_out: int
    notes: tuple[str, ...]


def findings(
    flows: FlowTable,
    identities: IdentityTable,
    verdicts: I8,
    channels: Channels | None,
    periods: ChannelTable | None,
    knowledge: Knowledge,
    context: Context | None = None,
) -> list[Finding]:
    """The findings alone; :func:`judge` also tells how much was left out."""
    return judge(flows, identities, verdicts, channels, periods, knowledge, context).findings


def judge(
    flows: FlowTable,
    identities: IdentityTable,
    verdicts: I8,
    channels: Channels | None,
    periods: ChannelTable | None,
    knowledge: Knowledge,
    context: Context | None = None,
) -> Judgement:
    """Judge everything.

    Parameters
    ----------
    flows, identities, verdicts
        Row for row; ``verdicts`` from :func:`pcapscan.judge.verdicts`.
    channels, periods
        Row for row: whose check-ins, and their periodicity; None where nothing was measured.
    knowledge : Knowledge
    context : Context
    """
    context = context or Context()
    evidence = gather(flows, identities, verdicts, channels, periods, context.home, context.weights)
    strength = channel_points(channels, periods, knowledge)
    flow_channel = best_channel(len(flows), channels, strength)
    groups = fold(evidence, _candidates(evidence, flow_channel, knowledge, context), flow_channel, strength, context)
    if not len(groups):
        return Judgement([], (), 0, 0, ())

    limit = int(context.max_findings if context.max_findings is not None else knowledge.number("report.max_findings"))
    columns = [column for detector in DETECTORS for column in detector(groups, knowledge, context)]
    partial = _sum(columns, len(groups)) + _process_points(groups, knowledge, context)
    least = knowledge.number("report.min_score")
    pool = np.argsort(-partial, kind="stable")[: POOL * limit]
    groups, left = groups.take(pool), max(0, int((partial >= least).sum()) - len(pool))

    columns = [Column(c.measure, c.kind, c.points[pool], _moved(c, pool)) for c in columns]
    columns += facts(groups, knowledge, context)
    total = _sum(columns, len(groups)) + _process_points(groups, knowledge, context)
    ranked = np.argsort(-total, kind="stable")
    ranked = ranked[total[ranked] >= least]
    kept = ranked[:limit]
    left += len(ranked) - len(kept)
    shown = _shown(groups, kept, columns, context)
    made = [(_finding(groups, i, own, knowledge, context), int(groups.channel[i])) for i, own in zip(kept.tolist(), shown, strict=True)]
    made.sort(key=lambda pair: (-pair[0].score, pair[0].first_ns, pair[0].id))
    notes = (f"{left} further places scored less than those shown: at most {limit} findings are made",) if left else ()
    return Judgement([f for f, _ in made], tuple(c for _, c in made), len(partial), left, notes)


def _candidates(evidence: Evidence, flow_channel: Any, knowledge: Knowledge, context: Context) -> Any:
    """Flows that something can be said of: an odd verdict, a period, a listed indicator, a framework's mark, a process that stands alone."""
    verdicts = evidence.verdicts
    odd = (verdicts != NONE) & (verdicts != EXPECTED)
    design = periodic_by_design(tuple(evidence.identities.names), knowledge)[evidence.identities.protocol] & (verdicts == EXPECTED)
    chosen = odd | ((flow_channel >= 0) & ~design) | hits(evidence, context.indicators) | marked(evidence, knowledge)
    if context.processes is not None and len(context.processes.standalone):
        chosen |= np.append(np.array(context.processes.standalone, np.bool_), False)[context.processes.row]
    if context.processes is not None and context.processes.rule is not None:
        chosen |= context.processes.rule > 0
    return chosen


def _sum(columns: Sequence[Column], n: int) -> F64:
    total = np.zeros(n)
    for column in columns:
        total += column.points
    return total


def _moved(column: Column, rows: Any) -> Any:
    return lambda i: column.explain(int(rows[i]))


def _process_points(groups: Groups, knowledge: Knowledge, context: Context) -> F64:
    if context.processes is None:
        return np.zeros(len(groups))
    answer: F64 = np.minimum(context.processes.worth(), knowledge.number("process.max"))[groups.process]
    return answer


def _process_reasons(groups: Groups, i: int, knowledge: Knowledge, context: Context) -> list[Reason]:
    k = int(groups.process[i])
    if context.processes is None:
        return []
    if k < 0:
        return [Reason("process", None, 0.0, "no endpoint data for this: who made it is not known, which acquits nobody")]
    reasons = list(context.processes.reasons[k])
    if not reasons:
        known = context.processes.processes[k]
        reasons.append(
            Reason("process", None, 0.0, f"{known.image or 'a program without a name'}: no risk by itself", evidence=known.evidence)
        )
    over = sum(r.points for r in reasons) - knowledge.number("process.max")
    if over > 0:
        reasons.append(Reason("process_cap", None, -over, "a process counts no more than what was spoken"))
    if groups.hidden[i] and (hides := context.processes.hidden[k]) is not None:
        reasons.append(Reason(EXCUSED, hides[0], 0.0, hides[1]))
    return reasons


def _pointers(groups: Groups, rows: I64, context: Context, side: str = "") -> list[Pointer]:
    """Where some flows stand: their first packets, or where the facts of a side do."""
    f = groups.evidence.flows
    number, offset = f.number[rows], f.offset[rows]
    if side:
        own = getattr(f, f"{side}number")[rows]
        number, offset = np.where(own >= 0, own, number), np.where(own >= 0, getattr(f, f"{side}offset")[rows], offset)
    columns = (c.tolist() for c in (f.source[rows], number, offset, f.uid[rows]))
    return [_to(source, at, byte, uid, context) for source, at, byte, uid in zip(*columns, strict=True)]


def _to(source: int, number: int, offset: int, uid: bytes, context: Context) -> Pointer:
    name = context.sources[source] if 0 <= source < len(context.sources) else str(source)
    text = uid.decode("ascii", "backslashreplace") if uid else None
    return Pointer(name, number if number >= 0 else None, offset if offset >= 0 else None, text)


def _first_flows(groups: Groups, some: I64, context: Context) -> list[tuple[Pointer, ...]]:
    """For each of some groups pointers to the flows that began first."""
    rows = [groups.order[groups.start[i] : groups.start[i + 1]] for i in some]
    if context.first_flows is None:
        shown = [own[:SHOWN_FLOWS] for own in rows]
        every = iter(_pointers(groups, np.concatenate(shown) if shown else np.zeros(0, np.int64), context))
        return [tuple(islice(every, len(own))) for own in shown]
    owner = dict(zip(np.concatenate(rows).tolist(), np.repeat(np.arange(len(rows)), [len(own) for own in rows]).tolist(), strict=True))
    told = context.first_flows(np.array(list(owner), np.int64))
    found: list[list[Pointer]] = [[] for _ in rows]
    columns = (told.row, groups.evidence.flows.source[told.row], told.number, told.offset)
    for row, source, number, offset, uid in zip(*(c.tolist() for c in columns), told.uid.tolist(), strict=True):
        if len(own := found[owner[row]]) < SHOWN_FLOWS:
            own.append(_to(source, number, offset, uid, context))
    return [tuple(own) for own in found]


class _Shown(NamedTuple):
    """What a finding is made of beside its group.

    Attributes
    ----------
    points : list of (Column, float)
        Those that are not 0.
    flows : tuple of Evidence
        The flows that began first.
    orig, resp : Evidence
        Where the facts of each side of the first flow stand.
    """

    points: list[tuple[Column, float]]
    flows: tuple[Pointer, ...]
    orig: Pointer
    resp: Pointer


def _shown(groups: Groups, some: I64, columns: Sequence[Column], context: Context) -> list[_Shown]:
    """What some groups show: asked of whole columns at once."""
    flows = _first_flows(groups, some, context)
    if context.first_flows is None:
        orig, resp = (_pointers(groups, groups.first[some], context, side) for side in ("orig_", "resp_"))
    else:
        orig = resp = [own[0] for own in flows]
    points = np.array([column.points[some] for column in columns], np.float64).T.tolist()
    told = [[(column, p) for column, p in zip(columns, own, strict=True) if p] for own in points]
    return [_Shown(*own) for own in zip(told, flows, orig, resp, strict=True)]


def _reasons(groups: Groups, i: int, shown: _Shown, knowledge: Knowledge, context: Context) -> tuple[list[Reason], set[str]]:
    """The addends, and the independent kinds of evidence among them that alone weigh enough."""
    reasons, weight = [], dict.fromkeys(INDEPENDENT, 0.0)
    for column, points in shown.points:
        spoken = column.explain(i)
        where: tuple[Pointer, ...] = ()
        if column.kind in ("mismatch", "content", "time"):
            where = (shown.resp if column.measure.startswith(("tls_self", "tls_valid")) else shown.orig,)
        reasons.append(Reason(column.measure, spoken.value, points, spoken.text, spoken.unit, spoken.threshold, where))
        if column.kind in weight:
            weight[column.kind] += points
    processes = _process_reasons(groups, i, knowledge, context)
    weight["process"] += sum(r.points for r in processes)
    enough = knowledge.number("band.independent")
    return reasons + processes, {kind for kind, points in weight.items() if points >= enough}


def severity_of(score: float, kinds: set[str], knowledge: Knowledge) -> str:
    """The band of a score; critical only where two independent kinds of evidence agree."""
    if score >= knowledge.number("band.critical") and len(kinds) >= 2:
        return "critical"
    for word in ("high", "medium", "low"):
        if score >= knowledge.number(f"band.{word}"):
            return word
    return "info"


def _title(groups: Groups, i: int, name: str | None, where: str) -> str:
    verdict = groups.verdict[i]
    word = name or ("a shell" if groups.shell[i] else "an unknown protocol")
    if verdict == FAKE:
        return f"fake TLS to {where}"
    if verdict == WRONG_PROTOCOL:
        return f"{word} on a reserved port, {where}"
    if groups.told[i]:
        return f"connections to {where}, known from host events alone"
    if verdict in (UNKNOWN, UNKNOWN_ON_RESERVED):
        return f"{word} to {where}" + (", a reserved port" if verdict == UNKNOWN_ON_RESERVED else "")
    if verdict == NONE:
        return f"connections without payload to {where}"
    return f"{word} to {where}"


def _kind(groups: Groups, i: int, shown: _Shown) -> str:
    if groups.verdict[i] not in (NONE, EXPECTED):
        return "shell" if groups.shell[i] and groups.protocol[i] < 0 else "port"
    points = {"indicator": 0.0, "time": 0.0}
    for column, own in shown.points:
        if column.kind in points:
            points[column.kind] += own
    if points["indicator"] > 0:
        return "indicator"
    return "beacon" if points["time"] > 0 else "process"


def _finding(groups: Groups, i: int, shown: _Shown, knowledge: Knowledge, context: Context) -> Finding:
    f = groups.evidence.flows
    row, name = int(groups.first[i]), groups.name(i)
    orig = text_of(int(f.orig_hi[row]), int(f.orig_lo[row]))
    resp = text_of(int(f.resp_hi[row]), int(f.resp_lo[row]))
    port, proto = int(groups.resp_p[i]), int(groups.proto[i])
    transport, verdict = TRANSPORTS.get(proto, str(proto)), VERDICTS[groups.verdict[i]]
    reasons, kinds = _reasons(groups, i, shown, knowledge, context)
    total = sum(r.points for r in reasons)
    if total > 100 or total < 0:
        cap = (100.0 if total > 100 else 0.0) - total
        reasons.append(Reason("cap", round(total, 1), cap, "a score lies between 0 and 100", "points", 100.0))
    score = sum(r.points for r in reasons)
    period = _period(groups, i)
    kind = _kind(groups, i, shown)
    about = "|".join((kind, orig, resp, str(port), transport, name or "-", verdict))
    processes = _who(groups, i, context)
    where = f"{resp}:{port}" if ":" not in resp else f"[{resp}]:{port}"
    return Finding(
        id=hashlib.sha256(about.encode()).hexdigest()[:16],
        severity=severity_of(score, kinds, knowledge),
        score=score,
        kind=kind,
        title=_title(groups, i, name, where),
        orig_h=orig, resp_h=resp, resp_p=port, transport=transport, protocol=name, verdict=verdict,
        attempt=bool(groups.attempt[i]),
        expected_ports=home_ports(name, proto, knowledge) if name else (),
        server_name=server_name(groups, i),
        connections=int(groups.count[i]),
        first_ns=int(groups.first_ns[i]), last_ns=int(groups.last_ns[i]),
        orig_bytes=int(groups.orig_bytes[i]), resp_bytes=int(groups.resp_bytes[i]),
        reasons=tuple(reasons),
        tunnel=TUNNELS[int(f.tunnel[row])],
        process=processes,
        techniques=_techniques(groups, i, name),
        facts=_shown_facts(groups, i),
        flows=shown.flows,
        **period,
    )  # fmt: skip


def _who(groups: Groups, i: int, context: Context) -> tuple[Process, ...]:
    """The processes at both ends, as far as they are known: the originator's first."""
    if context.processes is None:
        return ()
    ends = dict.fromkeys(int(k) for k in (groups.process[i], groups.server[i]) if k >= 0)
    return tuple(context.processes.processes[k] for k in ends)


def _period(groups: Groups, i: int) -> dict[str, Any]:
    periods, c = groups.evidence.periods, int(groups.channel[i])
    if periods is None or c < 0:
        return {}
    columns = {"period_s": periods.period_s, "jitter": periods.jitter, "missed": periods.missed, "false_alarm": periods.false_alarm}
    return {key: float(column[c]) for key, column in columns.items() if column[c] == column[c]}


def _techniques(groups: Groups, i: int, name: str | None) -> tuple[str, ...]:
    """ATT&CK: the port (T1571) where it is odd, and what is spoken."""
    techniques = ["T1571"] if groups.verdict[i] not in (NONE, EXPECTED) or groups.rule[i] else ["T1071"]
    extra = {"rdp": "T1021.001", "socks": "T1090", "stratum": "T1496", "tor": "T1090.003", "vnc": "T1021.005", "ssh": "T1021.004"}
    if name in extra:
        techniques.append(extra[name])
    if groups.verdict[i] == FAKE:
        techniques.append("T1001.003")
    if groups.shell[i] and groups.protocol[i] < 0:
        techniques.append("T1059")
    return tuple(techniques)


def _shown_facts(groups: Groups, i: int) -> dict[str, Any]:
    orig, resp = side_facts(groups, i)
    shown: dict[str, Any] = {}
    if orig:
        shown["orig"] = dict(orig)
    if resp:
        shown["resp"] = dict(resp)
    return shown


__all__ = ["DETECTORS", "Judgement", "findings", "judge", "severity_of"]
