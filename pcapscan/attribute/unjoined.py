"""What host events tell of connections that no capture and no log holds: as flows of which nobody knows what was spoken.

1. Each connection counts once: an end beside its start, a Security event beside Sysmon's, a server's event beside its client's are not
   another.
2. Times are corrected where the host's clock is known, else as stated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct

from pcapscan.attribute.hosts import host_codes, owners
from pcapscan.attribute.keys import Keys, mixed
from pcapscan.tables import (
    CONN_STATES,
    HOST_EDGES,
    HOST_PROVIDERS,
    I64,
    JOIN_OUTCOMES,
    NO_TIME,
    ORIG_BASES,
    Attribution,
    FlowTable,
    HostEventTable,
)

UNJOINED = tuple(
    JOIN_OUTCOMES.index(word)
    for word in (
        "no-flow", "key-but-time", "no-common-clock", "address-pair-not-captured", "addresses-not-captured", "outside-capture-span",
    )
)  # fmt: skip
_SECURITY, _END = HOST_PROVIDERS.index("security"), HOST_EDGES.index("end")


class EventFlows(Struct, frozen=True):
    """Flows known from host events alone.

    Attributes
    ----------
    flows : FlowTable
        Bytes are unknown (-1); evidence is the event's line.
    event : int64[f, 2]
        For each the event that names its client, and its server; -1 none.
    """

    flows: FlowTable
    event: I64


def flows_of_events(events: HostEventTable, found: Attribution) -> EventFlows:
    """Flows of the events that joined to nothing.

    Parameters
    ----------
    events : HostEventTable
    found : Attribution
        Row for row.
    """
    rows = np.flatnonzero(np.isin(found.outcome, UNJOINED) & events.has_tuple & (found.time_ns != NO_TIME)).astype(np.int64)
    keys = Keys.of(events.src_hi, events.src_lo, events.dst_hi, events.dst_lo, events.src_p, events.dst_p, events.proto)
    host, _ = host_codes(events)
    rows = rows[_first_told(events, found, rows, mixed(host, keys.hashed), mixed(host, keys.hashed, events.guid, events.pid))]
    inbound = events.outbound[rows] == 0
    clients = rows[~inbound]
    order = np.argsort(keys.hashed[clients], kind="stable")
    known = keys.hashed[clients][order]
    at = np.searchsorted(known, keys.hashed[rows])
    partner = np.full(len(rows), -1, np.int64)
    if len(known):
        hit = known[np.minimum(at, len(known) - 1)] == keys.hashed[rows]
        partner = np.where(inbound & hit, order[np.minimum(at, len(known) - 1)], -1)
        partner = np.where((partner >= 0) & (host[rows] != host[clients[np.maximum(partner, 0)]]), partner, -1)
    kept = partner < 0
    flow_rows = rows[kept]
    place = np.full(len(events), -1, np.int64)
    place[flow_rows] = np.arange(len(flow_rows))
    event = np.stack([np.where(inbound[kept], -1, flow_rows), np.where(inbound[kept], flow_rows, -1)], axis=1)
    for row, client in zip(rows[~kept].tolist(), clients[partner[~kept]].tolist(), strict=True):
        if event[place[client], 1] < 0:
            event[place[client], 1] = row
    return EventFlows(_table(events, found, flow_rows, host), event)


def _first_told(events: HostEventTable, found: Attribution, rows: I64, endpoints: Any, process: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Events that tell of a connection first: not its end where the start was told, not the Security log's where another tells."""
    told = (found.outcome >= 0) & events.has_tuple
    others = np.unique(endpoints[told & (events.provider != _SECURITY)])
    begun = np.unique(process[told & (events.edge != _END)])
    answer: np.ndarray[Any, np.dtype[np.bool_]] = ~(
        ((events.provider[rows] == _SECURITY) & np.isin(endpoints[rows], others))
        | ((events.edge[rows] == _END) & np.isin(process[rows], begun))
    )
    return answer


def _table(events: HostEventTable, found: Attribution, rows: I64, host: I64) -> FlowTable:
    e, n = events.take(rows), len(rows)
    own = owners(events, host)
    source, target = own.owns(host[rows], e.src_hi, e.src_lo), own.owns(host[rows], e.dst_hi, e.dst_lo)
    swap = (e.outbound == 0) & (source > target)  # older Sysmon names the host first whoever began
    skew, time_ns = found.skew_ns[rows], found.time_ns[rows]
    time_ns = time_ns - np.where(skew == NO_TIME, 0, skew)
    unknown = np.full(n, -1, np.int64)

    def side(a: Any, b: Any) -> Any:
        return np.where(swap, b, a)

    return FlowTable(
        first_ns=time_ns, last_ns=time_ns.copy(),
        orig_hi=side(e.src_hi, e.dst_hi), orig_lo=side(e.src_lo, e.dst_lo), resp_hi=side(e.dst_hi, e.src_hi),
        resp_lo=side(e.dst_lo, e.src_lo), orig_p=side(e.src_p, e.dst_p), resp_p=side(e.dst_p, e.src_p), proto=e.proto,
        state=np.full(n, CONN_STATES.index("S1"), np.int8), orig_basis=np.full(n, ORIG_BASES.index("first"), np.int8),
        orig_pkts=unknown, resp_pkts=unknown, orig_bytes=unknown, resp_bytes=unknown, tunnel=np.zeros(n, np.uint8),
        tunnel_id=np.zeros(n, np.uint32), vlan=np.full(n, 0xFFFF, np.uint16), source=e.source, number=e.line, offset=unknown,
        orig_number=unknown, orig_offset=unknown, resp_number=unknown, resp_offset=unknown, uid=np.zeros(n, "S24"),
    )  # fmt: skip
