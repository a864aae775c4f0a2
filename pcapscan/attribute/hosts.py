"""Which machine an event is of, which addresses are that machine's, and addresses that old Sysmon wrote wrongly."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import numpy as np
from msgspec.structs import replace

from pcapscan.attribute.keys import codes, mixed
from pcapscan.tables import HOST_BROKEN_IPV6, I64, U64, Bool, FlowTable, HostEventTable

_MAPPED = np.uint64(0xFFFF_0000_0000)
_NETWORK = 1
_HALF = np.uint64(32)


def host_codes(events: HostEventTable) -> tuple[I64, int]:
    """A number for each machine: two of one name are told apart by host id, or by the part of Sysmon's GUIDs that names the machine.

    Events that carry neither belong to the machine of that name, the first if there are several.
    """
    machine = np.full(len(events.strings) + 1, -1, np.int64)
    for index in np.unique(events.guid[(events.guid >= 0) & (events.provider == 0)]).tolist():
        head = events.strings[index][:8]
        told_machine = len(events.strings[index]) == 36 and _hex(head) and int(head, 16) > 0  # all zeros: the process was not known
        machine[index] = int(head, 16) if told_machine else -1
    told = np.where(events.host_id >= 0, events.host_id.astype(np.int64) + (1 << 33), machine[np.where(events.guid >= 0, events.guid, -1)])
    told = np.where((events.provider == 0) | (events.host_id >= 0), told, -1)
    name = events.host.astype(np.int64)
    known = told >= 0
    usual: dict[int, int] = {}
    for who, mark in zip(name[known].tolist(), told[known].tolist(), strict=True):
        usual.setdefault(who, mark)
    filled = np.array([usual.get(who, -1) for who in name[~known].tolist()], np.int64)
    told[~known] = filled
    return codes(name, told)


def _hex(text: str) -> bool:
    try:
        int(text, 16)
    except ValueError:
        return False
    return True


def repaired(events: HostEventTable, flows: FlowTable) -> HostEventTable:
    """Events with the IPv4 addresses that Sysmon up to version 9 wrote into the first 32 bits of an IPv6 address.

    An address is taken for one where these bits are an address of the capture or of the events (or multicast, ``e000::`` to ``efff::``
    is no IPv6), and the address as written is none that was captured.
    """
    suspects = np.flatnonzero((events.marks & HOST_BROKEN_IPV6) != 0)
    if not len(suspects):
        return events
    lo = np.concatenate([flows.orig_lo[flows.orig_hi == 0], flows.resp_lo[flows.resp_hi == 0],
                         events.src_lo[events.src_hi == 0], events.dst_lo[events.dst_hi == 0]])  # fmt: skip
    known = np.unique(lo[(lo & ~np.uint64(0xFFFF_FFFF)) == _MAPPED])
    captured = np.unique(mixed(np.concatenate([flows.orig_hi, flows.resp_hi]), np.concatenate([flows.orig_lo, flows.resp_lo])))
    columns = {name: getattr(events, name).copy() for name in ("src_hi", "src_lo", "dst_hi", "dst_lo")}
    mended = np.zeros(len(suspects), np.bool_)
    for side in ("src", "dst"):
        hi, low = columns[f"{side}_hi"][suspects], columns[f"{side}_lo"][suspects]
        inner = _MAPPED | (hi >> _HALF)
        wrong = (hi != 0) & ~np.isin(mixed(hi, low), captured) & (np.isin(inner, known) | ((hi >> np.uint64(60)) == np.uint64(0xE)))
        columns[f"{side}_hi"][suspects] = np.where(wrong, np.uint64(0), hi)
        columns[f"{side}_lo"][suspects] = np.where(wrong, inner, low)
        mended |= wrong
    marks = events.marks.copy()
    marks[suspects[~mended]] &= np.uint8(255 - HOST_BROKEN_IPV6)
    changed: dict[str, Any] = {"marks": marks, **columns}
    return replace(events, **changed)


def loopback(hi: U64, lo: U64) -> Bool:
    """Addresses that never reach a wire: 127.0.0.0/8 and ::1."""
    answer: Bool = (hi == 0) & ((lo == 1) | ((lo >> np.uint64(24)) == np.uint64(0xFFFF_7F)))
    return answer


def unicast(hi: U64, lo: U64) -> Bool:
    """Addresses that can be a machine's own."""
    v4 = (hi == 0) & ((lo >> _HALF) == np.uint64(0xFFFF))
    top = (lo >> np.uint64(28)) & np.uint64(0xF)
    wide = (lo & np.uint64(0xFFFF_FFFF)) == np.uint64(0xFFFF_FFFF)
    none = (lo & np.uint64(0xFFFF_FFFF)) == 0
    answer: Bool = np.where(v4, (top != 0xE) & ~wide & ~none, (hi >> np.uint64(56)) != np.uint64(0xFF)) & ~loopback(hi, lo)
    return answer


class Owners:
    """Addresses of each host: what it lists, else what it opened connections from, else what most of its events name."""

    def __init__(self, events: HostEventTable, host: I64, address: dict[str, tuple[int, int] | None]) -> None:
        self._listed = np.unique(_listed(events, host, address))
        own = (events.kind == _NETWORK) & events.has_tuple & (events.outbound == 1) & unicast(events.src_hi, events.src_lo)
        self._opened = np.unique(mixed(host[own], events.src_hi[own], events.src_lo[own]))
        self._usual = np.unique(_usual(events, host))

    def owns(self, host: I64, hi: U64, lo: U64) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """How surely a host owns an address: 3 it lists it, 2 it opened connections from it, 1 most of its events name it, 0 not."""
        hashed = mixed(host, hi, lo)
        answer = np.where(np.isin(hashed, self._usual), 1, 0)
        answer = np.where(np.isin(hashed, self._opened), 2, answer)
        return np.where(np.isin(hashed, self._listed), 3, answer).astype(np.int8)


def _listed(events: HostEventTable, host: I64, address: dict[str, tuple[int, int] | None]) -> U64:
    """Hashes of the addresses that hosts list as theirs."""
    some = np.flatnonzero(events.host_ip >= 0)
    pairs = {(int(h), int(i)) for h, i in zip(host[some].tolist(), events.host_ip[some].tolist(), strict=True)}
    found = [
        (h, *words)
        for h, i in sorted(pairs)
        for text in events.strings[i].split(",")
        if (words := address.get(text)) is not None
    ]  # fmt: skip
    if not found:
        return np.zeros(0, np.uint64)
    h, hi, lo = zip(*found, strict=True)
    hi_, lo_ = np.array(hi, np.uint64), np.array(lo, np.uint64)
    alive = ~loopback(hi_, lo_)
    return mixed(np.array(h, np.int64)[alive], hi_[alive], lo_[alive])


def _usual(events: HostEventTable, host: I64) -> U64:
    """For each host the address that stands in more than half of its network events."""
    rows = np.flatnonzero((events.kind == _NETWORK) & events.has_tuple)
    if not len(rows):
        return np.zeros(0, np.uint64)
    who = np.concatenate([host[rows], host[rows]])
    hi = np.concatenate([events.src_hi[rows], events.dst_hi[rows]])
    lo = np.concatenate([events.src_lo[rows], events.dst_lo[rows]])
    alive = unicast(hi, lo)
    who, hi, lo = who[alive], hi[alive], lo[alive]
    hashed, place, count = np.unique(mixed(who, hi, lo), return_index=True, return_counts=True)
    totals = np.bincount(host[rows], minlength=int(host.max()) + 1)
    answer: U64 = hashed[2 * count > totals[who[place]]]
    return answer


def owners(events: HostEventTable, host: I64) -> Owners:
    """Addresses of each host of a run; ``host`` from :func:`host_codes`."""
    listed = np.unique(events.host_ip[events.host_ip >= 0]).tolist()
    return Owners(events, host, {text: _words(text) for i in listed for text in events.strings[i].split(",")})


def _words(text: str) -> tuple[int, int] | None:
    try:
        address = ip_address(text.partition("%")[0].strip())
    except ValueError:
        return None
    number = int(address) if address.version == 6 else 0xFFFF_0000_0000 | int(address)
    return number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF
