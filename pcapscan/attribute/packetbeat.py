"""Flow records of Packetbeat as a flow table: the network evidence where there is no capture.

A flow is reported while it lives and when it ends; the last record of a ``flow.id`` counts, and it tells the start itself.
https://www.elastic.co/guide/en/beats/packetbeat/current/exported-fields-flows_event.html
"""

from __future__ import annotations

import numpy as np

from pcapscan.attribute.candidates import SAME_FLOW_NS, index, runs, spread
from pcapscan.attribute.keys import Keys, codes
from pcapscan.tables import CONN_STATES, HOST_PARTIAL, HOST_PROVIDERS, NO_TIME, ORIG_BASES, Bool, FlowTable, HostEventTable

_PACKETBEAT = HOST_PROVIDERS.index("packetbeat")


def last_records(events: HostEventTable) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of flow records that count: the last of each flow id."""
    rows = np.flatnonzero((events.provider == _PACKETBEAT) & events.has_tuple & (events.start_ns != NO_TIME))
    if not len(rows):
        return rows
    alone = np.where(events.flow_id[rows] >= 0, 0, np.arange(1, len(rows) + 1))
    code, _ = codes(events.host[rows], events.flow_id[rows], alone)
    partial = (events.marks[rows] & HOST_PARTIAL) != 0
    order = np.lexsort((np.arange(len(rows)), events.end_ns[rows], ~partial, code))
    ends = np.append(np.diff(code[order]) != 0, True)
    return np.sort(rows[order[ends]])


def flows_of_records(events: HostEventTable) -> FlowTable:
    """Flows that Packetbeat recorded, one a flow id.

    Parameters
    ----------
    events : HostEventTable

    Returns
    -------
    FlowTable
        Evidence is the line; the beginning counts as seen.
    """
    rows = last_records(events)
    e, n = events.take(rows), len(rows)
    unknown = np.full(n, -1, np.int64)
    end = np.where(e.end_ns == NO_TIME, e.start_ns, np.maximum(e.end_ns, e.start_ns))
    two_way = (e.dst_bytes != 0) & (e.packets != 1)
    return FlowTable(
        first_ns=e.start_ns, last_ns=end, orig_hi=e.src_hi, orig_lo=e.src_lo, resp_hi=e.dst_hi, resp_lo=e.dst_lo,
        orig_p=e.src_p, resp_p=e.dst_p, proto=e.proto,
        state=np.where(two_way, CONN_STATES.index("SF"), CONN_STATES.index("S0")).astype(np.int8),
        orig_basis=np.full(n, ORIG_BASES.index("first"), np.int8), orig_pkts=e.packets, resp_pkts=unknown,
        orig_bytes=e.src_bytes, resp_bytes=e.dst_bytes, tunnel=np.zeros(n, np.uint8), tunnel_id=np.zeros(n, np.uint32),
        vlan=np.full(n, 0xFFFF, np.uint16), source=e.source, number=e.line, offset=unknown, orig_number=unknown, orig_offset=unknown,
        resp_number=unknown, resp_offset=unknown, uid=np.zeros(n, "S24"),
    )  # fmt: skip


def unknown_to(flows: FlowTable, told: FlowTable) -> Bool:
    """Which flows have no counterpart among others: same endpoints, at a time within :data:`~pcapscan.attribute.candidates.SAME_FLOW_NS`."""
    known, mine = index(flows), Keys.of(told.orig_hi, told.orig_lo, told.resp_hi, told.resp_lo, told.orig_p, told.resp_p, told.proto)
    low, high = runs(mine, np.ones(len(told), np.bool_), known)
    owner, member = spread(low, high)
    met = (told.first_ns[owner] <= known.last[member] + SAME_FLOW_NS) & (told.last_ns[owner] >= known.first[member] - SAME_FLOW_NS)
    alone = np.ones(len(told), np.bool_)
    alone[owner[met]] = False
    return alone
