"""Flows x host events -> who made each flow.

::

    attribute(flows, events, time_offset=None) -> Attribution
    flows_of_records(events) -> FlowTable      flow records of Packetbeat as flows
"""

from pcapscan.attribute.join import attribute
from pcapscan.attribute.packetbeat import flows_of_records

__all__ = ["attribute", "flows_of_records"]
