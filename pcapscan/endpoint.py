"""Host events of a run: read as columns, joined to its flows, told in the report.

A wing of :mod:`pcapscan.pipeline`, which alone calls it::

    Hosts.read(stream) ─► events ─► joined(flows, events) ─► rows of `pcapscan attribute`
                                                         └─► Beside(...) ─► what `pcapscan scan` judges with
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from pcapscan.attribute import (
    Hits,
    Risks,
    Spoken,
    attribute,
    flows_of_events,
    flows_of_records,
    load_rules,
    rdp_port_changes,
    reference_hits,
    risks,
    unknown_to,
    uses_of,
)
from pcapscan.findings import Evidence, InputReport, Process
from pcapscan.flows import addresses, community_ids
from pcapscan.judge import HOST_RULES, Processes, RdpPortChange
from pcapscan.read import Stream
from pcapscan.read.host_events import open_host
from pcapscan.read.host_values import Strings
from pcapscan.read.host_values import table as event_table
from pcapscan.report.columns import Columns
from pcapscan.report.host_rows import host_columns, reported
from pcapscan.tables import JOIN_OUTCOMES, NO_TIME, SCTP, TCP, UDP, Attribution, Bool, FlowTable, HostEventTable, IdentityTable

Offsets = tuple[tuple[str, float], ...]
"""Seconds that clocks are ahead, by host; of all hosts where that is empty."""


class Hosts(Struct):
    """Host events of a run.

    Attributes
    ----------
    strings : Strings
        Texts of all inputs.
    parts : list of HostEventTable
    inputs : int
        Inputs that held host events.
    """

    strings: Strings = field(default_factory=Strings)
    parts: list[HostEventTable] = field(default_factory=list)
    inputs: int = 0

    def read(self, stream: Stream) -> InputReport:
        """Read an input to its end; the account of what was read."""
        reader = open_host(stream, self.strings)
        self.parts += list(reader)
        report = reader.report()
        self.inputs += bool(report.records)
        return report

    def events(self) -> HostEventTable:
        """All of them; without a row where there are none."""
        if len(self.parts) > 1:
            self.parts = [HostEventTable.concat(self.parts)]
        return self.parts[0] if self.parts else event_table([], self.strings)


class Joined(Struct, frozen=True):
    """Flows of packets, logs and flow records, and the host events joined to them."""

    flows: FlowTable
    events: HostEventTable
    found: Attribution

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the coverage must know."""
        return self.found.notes


def records(flows: FlowTable, events: HostEventTable) -> FlowTable:
    """Flows that only flow records (Packetbeat) tell of: what packets or logs hold as well counts once."""
    told = flows_of_records(events)
    return told.take(unknown_to(flows, told)) if len(told) else told


def joined(flows: FlowTable, events: HostEventTable, offsets: Offsets = ()) -> Joined:
    """Join the events of a run to its flows, row for row as they are given."""
    everywhere = dict(offsets).get("")
    named = {host: seconds for host, seconds in offsets if host}
    found = attribute(flows, events, named or everywhere)
    return Joined(flows, events, replace(found, notes=(*found.notes, *_other_ids(events))))


CHECKED_IDS = 10_000
"""Events whose Community ID is worked out anew to compare it; a seed is the same for all of a sensor."""


def _other_ids(events: HostEventTable) -> tuple[str, ...]:
    """A note where Community IDs that events state are not those of their endpoints; the join never takes them at their word."""
    rows = np.flatnonzero((events.community_id >= 0) & events.has_tuple & np.isin(events.proto, (TCP, UDP, SCTP)))[:CHECKED_IDS]
    if not len(rows):
        return ()
    e, empty = events.take(rows), FlowTable.empty()
    columns: dict[str, Any] = {name: np.zeros(len(e), getattr(empty, name).dtype) for name in FlowTable.columns()}
    columns |= {"orig_hi": e.src_hi, "orig_lo": e.src_lo, "resp_hi": e.dst_hi, "resp_lo": e.dst_lo, "orig_p": e.src_p, "resp_p": e.dst_p,
                "proto": e.proto}  # fmt: skip
    mine = community_ids(FlowTable(**columns)).tolist()
    other = sum(own != e.strings[said] for own, said in zip(mine, e.community_id.tolist(), strict=True))
    if not other:
        return ()
    return (
        f"{other} of {len(e)} Community IDs that host events state are not those of their endpoints with seed 0 (another seed?): not used",
    )


def event_columns(j: Joined, sources: list[str]) -> Columns:
    """Columns of ``pcapscan attribute``: one row a network event, in the order of the inputs."""
    at = reported(j.found)
    events, found = j.events.take(at), j.found.take(at)
    flows = j.flows.take(np.maximum(found.flow, 0)) if len(j.flows) else j.flows
    return host_columns(
        events, found, flows, sources=sources,
        source_h=addresses(events.src_hi, events.src_lo), dest_h=addresses(events.dst_hi, events.dst_lo),
        orig_h=addresses(flows.orig_hi, flows.orig_lo), resp_h=addresses(flows.resp_hi, flows.resp_lo),
    )  # fmt: skip


def outcomes(j: Joined) -> dict[str, int]:
    """How many network events ended in each word; a repeated one is counted as that."""
    said = Counter(j.found.outcome[j.found.outcome >= 0].tolist())
    return {word: said[code] for code, word in enumerate(JOIN_OUTCOMES) if said[code]}


def hosts_told(j: Joined) -> tuple[dict[str, Any], ...]:
    """For the coverage: of each host its clock against the evidence's, and the words in which its events ended."""
    by_host: dict[str, Counter[int]] = {}
    some = np.flatnonzero(j.found.outcome >= 0)
    pairs, count = np.unique(np.stack([j.events.host[some], j.found.outcome[some]]), axis=1, return_counts=True)
    for (host, outcome), n in zip(pairs.T.tolist(), count.tolist(), strict=True):
        by_host.setdefault(j.events.strings[host] if host >= 0 else "", Counter())[outcome] += n
    rows = []
    for skew in j.found.hosts:
        words = by_host.pop(skew.host, Counter())
        rows.append(
            {
                "host": skew.host, "log": skew.provider, "clock": skew.clock, "skew": skew.state, "skew_s": round(skew.offset_s, 3),
                "support": skew.support, "voters": skew.voters, "rival": skew.rival, "note": skew.note,
                "outcomes": {JOIN_OUTCOMES[code]: words[code] for code in sorted(words)},
            }
        )  # fmt: skip
    return tuple(rows)


class Beside(Struct, frozen=True):
    """Host events beside the flows of a scan.

    Attributes
    ----------
    joined : Joined
        With the flows of records behind those that were given, and those of events behind these.
    added : int
        Flows behind those that were given.
    hits : Hits
        The reference rule, row for row of the events.
    """

    joined: Joined
    added: int
    hits: Hits


def beside(flows: FlowTable, events: HostEventTable, offsets: Offsets = ()) -> Beside:
    """Join, and make flows of what only the events tell of."""
    n = len(flows)
    flows = FlowTable.concat([flows, records(flows, events)])
    j = joined(flows, events, offsets)
    alone = flows_of_events(events, j.found)
    found = replace(j.found, flow_event=np.concatenate([j.found.flow_event, alone.event]))
    return Beside(
        Joined(FlowTable.concat([flows, alone.flows]), events, found), len(flows) + len(alone.flows) - n, reference_hits(events, j.found)
    )


def processes(b: Beside, identities: IdentityTable, sources: list[str], overlays: Sequence[Any]) -> Processes:
    """Who made each flow, what is risky about that, and what the rule for host events says; ``identities`` row for row."""
    j, n = b.joined, len(b.joined.flows)
    rules = load_rules(overlays=overlays)
    changed = tuple(change.port for change in rdp_port_changes(j.events))
    rules = replace(rules, lists=rules.lists | {"rdp_ports": (*rules.lists.get("rdp_ports", ()), *changed)})
    spoken = Spoken(identities.protocol, identities.names, identities.server_name, identities.strings)
    told = risks(j.flows, j.events, j.found, sources, rules, spoken)
    alone = np.arange(n) >= n - b.added
    return Processes(
        told.row, told.processes, told.reasons, told.standalone, told.hidden, told.server, alone, _rule(b, told, alone),  # type: ignore[arg-type]
        np.where(j.found.flow_event[:, 0] >= 0, b.hits.runs[j.found.flow_event[:, 0]], 0).astype(np.int32) if len(j.events) else
        np.zeros(n, np.int32), told.points, told.excused,
    )  # fmt: skip


RISKY = 12
"""Points of a tier from which its programs are looked at on unusual ports: all tiers of the shipped rules."""

QUIET_PORTS = (20, 21, 22, 25, 53, 80, 88, 110, 123, 135, 137, 138, 139, 143, 389, 443, 445, 464, 465, 587, 636, 853, 993, 995, 3268, 3269,
               3389, 5985, 5986)  # fmt: skip
"""Ports on which a program of a risk tier is nothing odd by itself: what the reference rule leaves out and the usual services of a domain."""


def _rule(b: Beside, told: Risks, alone: Bool) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Of flows from events alone: what the rule says; a process of a risk tier on an unusual port comes to the same, at fewer points."""
    answer = np.zeros(len(alone), np.int8)
    event = b.joined.found.flow_event[:, 0]
    rows = np.flatnonzero(alone & (event >= 0))
    tier, metadata = np.append(told.tier >= RISKY, False), np.append(told.metadata, False)
    risky = metadata[told.row[rows]] | (tier[told.row[rows]] & ~np.isin(b.joined.flows.resp_p[rows], QUIET_PORTS))
    answer[rows[risky]] = HOST_RULES.index("risky")
    answer[rows[b.hits.inside[event[rows]]]] = HOST_RULES.index("inside")
    answer[rows[b.hits.repaired[event[rows]]]] = HOST_RULES.index("repaired")
    return answer


def port_changes(b: Beside, identities: IdentityTable, sources: list[str]) -> list[RdpPortChange]:
    """Changes of the port of Remote Desktop, with what was seen of it."""
    j = b.joined
    changes = rdp_port_changes(j.events)
    rdp = identities.names.index("rdp") if "rdp" in identities.names else -2
    uses = uses_of(changes, j.flows, identities.protocol == rdp, j.events, j.found)
    answer = []
    for change, use in zip(changes, uses, strict=True):
        row, flows = change.row, j.flows.take(use.rows)
        here = Evidence(sources[int(j.events.source[row])], int(j.events.line[row]) if j.events.line[row] >= 0 else None)
        host = j.events.text("host", row) or "?"
        process = Process(
            host, "resp", j.events.text("image", row), int(j.events.pid[row]) if j.events.pid[row] >= 0 else None, j.events.text("guid", row),
            j.events.text("user", row), j.events.text("command_line", row), j.events.text("parent_image", row), "", (here,),
        )  # fmt: skip
        clients = addresses(flows.orig_hi[:1], flows.orig_lo[:1])
        address = host if use.address is None else str(addresses(*(np.array([w], np.uint64) for w in use.address))[0])
        answer.append(
            RdpPortChange(
                host, address, change.port, 0 if use.time_ns == NO_TIME else use.time_ns, process, here, use.by,
                str(clients[0]) if len(clients) else "", tuple(_pointer(flows, i, sources) for i in range(min(3, len(flows)))), len(flows),
                int(flows.first_ns[0]) if len(flows) else 0, int(flows.last_ns.max()) if len(flows) else 0,
            )
        )  # fmt: skip
    return answer


def _pointer(flows: FlowTable, i: int, sources: list[str]) -> Evidence:
    number, offset = int(flows.number[i]), int(flows.offset[i])
    uid = bytes(flows.uid[i]).decode("ascii", "backslashreplace")
    return Evidence(sources[int(flows.source[i])], number if number >= 0 else None, offset if offset >= 0 else None, uid or None)


def blank(n: int, like: IdentityTable) -> IdentityTable:
    """Identities of flows of which nothing was seen."""
    absent = {"basis": 0, "bits": 0, "fake": 0, "midstream": False, "swap": False, "shell": False, "orig_entropy": np.nan,
              "resp_entropy": np.nan, "orig_printable": np.nan, "resp_printable": np.nan}  # fmt: skip
    columns: dict[str, Any] = {name: np.full(n, absent.get(name, -1), getattr(like, name).dtype) for name in IdentityTable.columns()}
    return IdentityTable(**columns, names=like.names, strings=like.strings, facts=like.facts)


def said(b: Beside) -> tuple[str, ...]:
    """Notes for the coverage."""
    j, hits = b.joined, b.hits
    total = int((j.found.outcome >= 0).sum())
    if not total:
        return (*j.notes, "no endpoint data of connections: host events were read, but no network event among them: no process is named")
    notes = [
        *j.notes,
        f"reference rule on {total} host network event{'' if total == 1 else 's'}: as written {int(hits.original.sum())}, repaired {int(hits.repaired.sum())}, "
        f"to a destination inside {int(hits.inside.sum())}",
    ]
    if b.added:
        many = "1 connection is" if b.added == 1 else f"{b.added} connections are"
        notes.append(f"{many} known from host events alone: what was spoken there is not known")
    return tuple(notes)
