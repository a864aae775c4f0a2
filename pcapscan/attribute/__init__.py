"""Flows x host events -> who made each flow.

::

    attribute(flows, events, time_offset=None) -> Attribution
    flows_of_records(events) -> FlowTable      flow records of Packetbeat as flows
    unknown_to(flows, told) -> bool[n]             which of the told are none of the flows
    risks(flows, events, attribution, sources) -> Risks   the fields of judge.Processes
    rdp_port_changes(events) -> [PortChange]
"""

from pcapscan.attribute.join import attribute
from pcapscan.attribute.packetbeat import flows_of_records, unknown_to
from pcapscan.attribute.rdp import PortChange, rdp_port_changes
from pcapscan.attribute.risk import Risks, load_rules, risks

__all__ = ["PortChange", "Risks", "attribute", "flows_of_records", "load_rules", "rdp_port_changes", "risks", "unknown_to"]
