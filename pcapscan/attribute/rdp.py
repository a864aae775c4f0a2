r"""A changed port of Remote Desktop: registry value ``...\Control\Terminal Server\WinStations\RDP-Tcp\PortNumber``."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pcapscan.tables import HostEventTable

USUAL = 3389
_VALUE = re.compile(r"\\control\\terminal server\\winstations\\rdp-tcp\\portnumber$", re.IGNORECASE)
_DATA = re.compile(r"(?:DWORD \()?(?:0x([0-9a-f]{1,8})|(\d{1,5}))\)?", re.IGNORECASE)


@dataclass(frozen=True)
class PortChange:
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
