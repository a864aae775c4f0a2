r"""A changed port of Remote Desktop: registry value ``...\Control\Terminal Server\WinStations\RDP-Tcp\PortNumber``."""

from __future__ import annotations

import re

import numpy as np
from msgspec import Struct

from pcapscan.attribute.hosts import host_codes, owners, unicast
from pcapscan.attribute.process_rules import program
from pcapscan.tables import HOST_CLOCKS, I64, NO_TIME, Attribution, FlowTable, HostEventTable

USUAL = 3389
_VALUE = re.compile(r"\\control\\terminal server\\winstations\\rdp-tcp\\portnumber$", re.IGNORECASE)
_DATA = re.compile(r"(?:DWORD \()?(?:0x([0-9a-f]{1,8})|(\d{1,5}))\)?", re.IGNORECASE)


class PortChange(Struct, frozen=True):
    """An event (its row) that set the port to one that is not usual."""

    row: int
    port: int


def port_of(details: str) -> int:
    """Port in a registry value as Sysmon or ECS writes it; -1 none.

    >>> port_of("DWORD (0x00008462)"), port_of("33890"), port_of("0x8462")
    (33890, 33890, 33890)
    """
    match = _DATA.fullmatch(details.strip())
    if match is None:
        return -1
    port = int(match[1], 16) if match[1] else int(match[2])
    return port if 0 < port < 1 << 16 else -1


def rdp_port_changes(events: HostEventTable) -> list[PortChange]:
    """Changes of the port of Remote Desktop, in the order of the events."""
    found = []
    for row in np.flatnonzero((events.kind == 3) & (events.target >= 0) & (events.details >= 0)).tolist():
        if _VALUE.search(events.strings[events.target[row]]):
            port = port_of(events.strings[events.details[row]])
            if port not in (-1, USUAL):
                found.append(PortChange(row, port))
    return found


_LISTENERS = ("svchost", "termservice")


class PortUse(Struct, frozen=True):
    """What was seen of a changed port afterwards.

    Attributes
    ----------
    time_ns : int
        Of the change, corrected where the host's clock is known; :data:`NO_TIME` where it has none.
    address : (int, int) or None
        The host's: the responder of what was seen, else one that it uses.
    by : str
        ``content``, ``service`` or empty.
    rows : int64[k]
        Flows, in time order.
    """

    time_ns: int
    address: tuple[int, int] | None
    by: str
    rows: I64


def uses_of(changes: list[PortChange], flows: FlowTable, spoken_rdp: np.ndarray[tuple[int], np.dtype[np.bool_]], events: HostEventTable,
            found: Attribution) -> list[PortUse]:  # fmt: skip
    """Remote Desktop on the changed port of the changed host after the change: by content, or accepted by its service's process.

    Parameters
    ----------
    spoken_rdp : bool[f]
        Flows that spoke RDP.
    """
    if not changes:
        return []
    host, _ = host_codes(events)
    own = owners(events, host)
    answer = []
    for change in changes:
        who = int(host[change.row])
        time_ns = _corrected(events, found, change.row)
        rows = np.flatnonzero((flows.resp_p == change.port) & (flows.proto == 6)).astype(np.int64)
        mine = own.owns(np.full(len(rows), who), flows.resp_hi[rows], flows.resp_lo[rows]) > 0
        server = found.flow_event[rows, 1] if len(found.flow_event) else np.full(len(rows), -1)
        mine |= (server >= 0) & (host[server] == who)
        rows, server = rows[mine], server[mine]
        after = (flows.first_ns[rows] >= time_ns) | (time_ns == NO_TIME)
        rows, server = rows[after], server[after]
        service = np.array([k >= 0 and program(_image(events, found, int(k))) in _LISTENERS for k in server.tolist()], np.bool_)
        kept = spoken_rdp[rows] | service
        by = "content" if bool(spoken_rdp[rows].any()) else "service" if bool(kept.any()) else ""
        rows = rows[kept][np.argsort(flows.first_ns[rows[kept]], kind="stable")]
        answer.append(PortUse(time_ns, _own_address(flows, rows, events, host, who), by, rows))
    return answer


def _image(events: HostEventTable, found: Attribution, row: int) -> str:
    index = int(found.image[row])
    return events.strings[index] if index >= 0 else ""


def _corrected(events: HostEventTable, found: Attribution, row: int) -> int:
    """Time of an event that is no network event, by the clock and the offset of its host."""
    name = events.text("host", row) or ""
    skew = next((s for s in found.hosts if s.host == name and not s.provider), None)
    order = (HOST_CLOCKS.index(skew.clock), 0, 1) if skew is not None else (0, 1)
    time_ns = next((int(events.clock_ns[row, c]) for c in order if events.clock_ns[row, c] != NO_TIME), NO_TIME)
    if time_ns == NO_TIME or skew is None or skew.state == "none":
        return time_ns
    return time_ns - round(skew.offset_s * 1e9)


def _own_address(flows: FlowTable, rows: I64, events: HostEventTable, host: I64, who: int) -> tuple[int, int] | None:
    if len(rows):
        return int(flows.resp_hi[rows[0]]), int(flows.resp_lo[rows[0]])
    out = np.flatnonzero((host == who) & events.has_tuple & (events.outbound == 1) & unicast(events.src_hi, events.src_lo))
    if not len(out):
        return None
    pairs, count = np.unique(np.stack([events.src_hi[out], events.src_lo[out]]), axis=1, return_counts=True)
    hi, lo = pairs[:, int(np.argmax(count))].tolist()
    return int(hi), int(lo)
