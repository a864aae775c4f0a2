"""Flows x host events -> who made each flow.

::

    attribute(flows, events, time_offset=None) -> Attribution
    flows_of_records(events) -> FlowTable                 flow records of Packetbeat as flows
    unknown_to(flows, told) -> bool[n]                    which of the told are none of the flows
    flows_of_events(events, attribution) -> EventFlows    connections that events alone tell of
    reference_hits(events, attribution) -> Hits           the reference rule, as written and repaired
    load_rules(overlays=...) -> Rules                     processes.toml
    risks(flows, events, attribution, sources, rules, spoken) -> Risks   the fields of judge.Processes
    rdp_port_changes(events) -> [PortChange]
    uses_of(changes, flows, spoken_rdp, events, attribution) -> [PortUse]
"""

from pcapscan.attribute.join import attribute
from pcapscan.attribute.packetbeat import flows_of_records, unknown_to
from pcapscan.attribute.process_rules import Rules, load_rules
from pcapscan.attribute.rdp import PortChange, PortUse, rdp_port_changes, uses_of
from pcapscan.attribute.reference_rule import Hits, reference_hits, repaired_eql
from pcapscan.attribute.risk import Risks, Spoken, risks
from pcapscan.attribute.unjoined import EventFlows, flows_of_events

__all__ = [
    "EventFlows",
    "Hits",
    "PortChange",
    "PortUse",
    "Risks",
    "Rules",
    "Spoken",
    "attribute",
    "flows_of_events",
    "flows_of_records",
    "load_rules",
    "rdp_port_changes",
    "reference_hits",
    "repaired_eql",
    "risks",
    "unknown_to",
    "uses_of",
]
