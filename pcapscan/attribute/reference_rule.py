"""The reference rule for T1571 of host events, as it was written and repaired, on every kind of network event.

As written (its query in words): an outbound event to outside RFC 1918 and 127/8 on one of nineteen ports, or by one of twelve programs
on a port above 1024 that is not one of nine. Repaired: private, link-local, shared and multicast space of both families is known; ports
and interpreters of campaigns that it misses are there; services of svchost are not accused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct

from pcapscan.attribute.keys import codes
from pcapscan.tables import HOST_EDGES, I32, I64, U64, Attribution, Bool, HostEventTable

PORTS = (444, 587, 1224, 1337, 2083, 2087, 4443, 4444, 4445, 6666, 6667, 6668, 7777, 8008, 8088, 8888, 9001, 9090, 31337)
PROGRAMS = (
    "cmd.exe", "powershell.exe", "pwsh.exe", "wscript.exe", "cscript.exe", "mshta.exe", "rundll32.exe", "regsvr32.exe", "certutil.exe",
    "bitsadmin.exe", "msiexec.exe", "svchost.exe",
)  # fmt: skip
USUAL = (80, 443, 8080, 8443, 53, 25, 3000, 5000, 9000)

MORE_PORTS = (1244, 2245, 8637)
"""Contagious Interview's, which the rule's own text names."""

MORE_PROGRAMS = ("node.exe", "node", "python.exe", "pythonw.exe", "python3.exe", "python", "python3", "pwsh")
SERVICES = (3544, 5353, 5355, 5985, 5986, 7680)
"""Ports above 1024 that svchost serves itself: Teredo, name resolution, event forwarding, delivery optimisation."""

DYNAMIC = 49152
"""Ports from here on are given out by Windows, to RPC above all."""

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
INSIDE = (*PRIVATE, "169.254.0.0/16", "100.64.0.0/10", "224.0.0.0/4", "255.255.255.255/32", "0.0.0.0/8",
          "::/127", "fe80::/10", "fc00::/7", "ff00::/8")  # fmt: skip
RUNS, WINDOW_S = 5, 900
"""Repetition: so many hits of one process within so long."""

_START = HOST_EDGES.index("start")


class Hits(Struct, frozen=True):
    """Row for row of the events.

    Attributes
    ----------
    original : bool[n]
        The rule as it was written.
    repaired : bool[n]
    inside : bool[n]
        The repaired rule but for its destination, which is private or link-local: lowered, not deleted.
    runs : int32[n]
        Most hits (repaired or inside) of its process within :data:`WINDOW_S`; 0 for no hit.
    """

    original: Bool
    repaired: Bool
    inside: Bool
    runs: I32


def within(hi: U64, lo: U64, networks: tuple[str, ...]) -> Bool:
    """Which addresses lie in one of the networks."""
    from ipaddress import ip_network

    answer = np.zeros(len(hi), np.bool_)
    ones = (1 << 64) - 1
    for text in networks:
        net = ip_network(text)
        bits, value = net.prefixlen, int(net.network_address)
        if net.version == 4:
            bits, value = bits + 96, value | 0xFFFF << 32
        mask = ((1 << bits) - 1) << (128 - bits)
        answer |= ((hi & np.uint64(mask >> 64)) == np.uint64(value >> 64)) & ((lo & np.uint64(mask & ones)) == np.uint64(value & ones))
    return answer


def programs(events: HostEventTable, image: I32) -> I64:
    """Code of each event's program by its file name: 0 none that matters, 1 the rule's, 2 svchost, 3 of :data:`MORE_PROGRAMS`."""
    table = np.zeros(len(events.strings) + 1, np.int64)
    for index in np.unique(image[image >= 0]).tolist():
        name = events.strings[index].replace("/", "\\").rpartition("\\")[2].lower()
        table[index] = 2 if name == "svchost.exe" else 1 if name in PROGRAMS else 3 if name in MORE_PROGRAMS else 0
    return table[image]


def reference_hits(events: HostEventTable, found: Attribution) -> Hits:
    """Hold both forms of the rule against every network event."""
    network = (found.outcome >= 0) & events.has_tuple
    port, program = events.dst_p.astype(np.int64), programs(events, np.where(found.image >= 0, found.image, events.image))
    high = (port > 1024) & ~np.isin(port, USUAL)
    original = network & (events.outbound == 1) & ((events.edge == 0) | (events.edge == _START))
    original &= ~within(events.dst_hi, events.dst_lo, PRIVATE)
    original &= np.isin(port, PORTS) | (high & np.isin(program, (1, 2)))
    asked = network & (events.outbound != 0) & (events.edge != HOST_EDGES.index("end"))
    asked &= np.isin(port, PORTS + MORE_PORTS) | (high & (program > 0) & ~((program == 2) & np.isin(port, SERVICES)))
    inner = within(events.dst_hi, events.dst_lo, INSIDE)
    quiet = within(events.dst_hi, events.dst_lo, ("127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "0.0.0.0/8", "::/127", "ff00::/8"))
    rpc = (program == 2) & (port >= DYNAMIC)  # svchost speaks RPC with every host inside
    repaired, inside = asked & ~inner, asked & inner & ~quiet & ~rpc
    return Hits(original, repaired, inside, _runs(events, found, repaired | inside))


def _runs(events: HostEventTable, found: Attribution, hit: Bool) -> I32:
    """Most hits of one process of one host within the window; its GUID tells it, else PID and program."""
    answer = np.zeros(len(events), np.int32)
    rows = np.flatnonzero(hit)
    if not len(rows):
        return answer
    alone = np.where(events.guid[rows] >= 0, -1, events.pid[rows])
    code, count = codes(events.host[rows], events.guid[rows], alone, np.where(events.guid[rows] >= 0, -1, found.image[rows]))
    order = np.lexsort((found.time_ns[rows], code))
    bounds = np.searchsorted(code[order], np.arange(count + 1))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        times = found.time_ns[rows[order[begin:end]]]
        inside = np.searchsorted(times, times + WINDOW_S * 10**9, "right") - np.arange(len(times))
        answer[rows[order[begin:end]]] = int(inside.max())
    return answer


def repaired_eql(runs: int = 1) -> str:
    """The repaired rule as EQL, a plain event query; with ``runs`` its repetition by process entity (Elasticsearch 7.16 and later)."""

    def words(values: Any) -> str:
        return ", ".join(f'"{v}"' for v in values)

    def numbers(values: Any) -> str:
        return ", ".join(str(v) for v in values)

    where = (
        'network where network.direction in ("egress", "outbound") and event.action != "disconnect_received" and\n'
        f"  destination.ip != null and not cidrMatch(destination.ip, {words(INSIDE)}) and\n"
        f"  (destination.port in ({numbers(sorted(PORTS + MORE_PORTS))}) or\n"
        f"   (destination.port > 1024 and not destination.port in ({numbers(USUAL)}) and\n"
        f"    process.name in~ ({words(PROGRAMS + MORE_PROGRAMS)}) and\n"
        f'    not (process.name : "svchost.exe" and destination.port in ({numbers(SERVICES)}))))'
    )
    if runs == 1:
        return where + "\n"
    return f"sequence by host.id, process.entity_id with maxspan={WINDOW_S // 60}m\n  [{where}] with runs={runs}\n"
