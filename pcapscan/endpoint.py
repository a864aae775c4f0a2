"""Host events of a run: read as columns, joined to its flows, told in the report.

A wing of :mod:`pcapscan.pipeline`, which alone calls it::

    Hosts.read(stream) ─► events ─► joined(flows, events) ─► rows of `pcapscan attribute`
                                                         └─► told(...) ─► hosts of the coverage
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pcapscan.attribute import attribute, flows_of_records, unknown_to
from pcapscan.findings import InputReport
from pcapscan.flows import addresses
from pcapscan.read import Stream
from pcapscan.read.host_events import open_host
from pcapscan.read.host_values import Strings
from pcapscan.read.host_values import table as event_table
from pcapscan.report.host_rows import host_columns, reported
from pcapscan.report.rows import Columns
from pcapscan.tables import JOIN_OUTCOMES, Attribution, FlowTable, HostEventTable

Offsets = tuple[tuple[str, float], ...]
"""Seconds that clocks are ahead, by host; of all hosts where that is empty."""


@dataclass
class Hosts:
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


@dataclass(frozen=True)
class Joined:
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
    return Joined(flows, events, attribute(flows, events, named or everywhere))


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
