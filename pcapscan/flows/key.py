"""Which packets are one conversation: ICMP's notion of ports, the hash of a key, the open-addressing table of live flows.

A table entry is ``hash << 32 | slot + 1``, 0 where empty: a lookup compares the hash before it touches a flow record, and an
entry knows its home, so that deletion can close the gap behind it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import fold, helper, i64, inlined

ICMP_PAIRS = {8: 0, 13: 14, 15: 16, 10: 9, 17: 18}
"""Request to reply, RFC 792, 950, 1256: the types that Zeek and the Community ID pair into one conversation."""

ICMP6_PAIRS = {128: 129, 130: 131, 133: 134, 135: 136, 139: 140, 144: 145}
"""Request to reply, RFC 4443, 2710, 4861, 4620, 6275."""


def _counterparts() -> np.ndarray[Any, np.dtype[np.int16]]:
    table = np.full((2, 256), -1, np.int16)
    for row, pairs in enumerate((ICMP_PAIRS, ICMP6_PAIRS)):
        for request, reply in pairs.items():
            table[row, request], table[row, reply] = reply, request
    return table


COUNTERPART = _counterparts()
"""int16[2, 256]: the type that answers an ICMP (row 0) or ICMPv6 (row 1) type; -1 where it goes one way."""

_LOW = np.uint64(0xFFFF_FFFF)
_HALF = np.uint64(32)


@inlined
def hash_key(seed: int, a_hi: Any, a_lo: Any, b_hi: Any, b_lo: Any, ports: int, proto: int) -> int:
    """Hash a key to 31 bits.

    Parameters
    ----------
    seed : int
        Random per process, so that a capture cannot be made to collide.
    ports : int
        Both ports, the first in the high half.
    """
    h = fold(seed, ports)
    if a_hi | b_hi:  # not both IPv4
        h = fold(h, i64(a_hi >> _HALF))
        h = fold(h, i64(a_hi & _LOW))
        h = fold(h, i64(b_hi >> _HALF))
        h = fold(h, i64(b_hi & _LOW))
        h = fold(h, i64(a_lo >> _HALF))
        h = fold(h, i64(b_lo >> _HALF))
    h = fold(h, i64(a_lo & _LOW))
    h = fold(h, i64(b_lo & _LOW) ^ (proto << 7))
    return (h ^ (h >> 15)) & 0x7FFF_FFFF


@inlined
def find(table: Any, flows: Any, h: int, a_hi: Any, a_lo: Any, b_hi: Any, b_lo: Any, a_p: int, b_p: int, proto: int) -> int:
    """Slot of the live flow with this key, or -1."""
    mask = len(table) - 1
    at = h & mask
    while True:
        entry = table[at]
        if entry == 0:
            return -1
        if (entry >> 32) == h:
            slot = (entry & 0xFFFF_FFFF) - 1
            f = flows[slot]
            if (
                f["a_lo"] == a_lo
                and f["b_lo"] == b_lo
                and f["a_p"] == a_p
                and f["b_p"] == b_p
                and f["proto"] == proto
                and f["a_hi"] == a_hi
                and f["b_hi"] == b_hi
            ):
                return int(slot)
        at = (at + 1) & mask


@inlined
def insert(table: Any, h: int, slot: int) -> None:
    """Enter a slot; the table is never more than half full."""
    mask = len(table) - 1
    at = h & mask
    while table[at] != 0:
        at = (at + 1) & mask
    table[at] = (h << 32) | (slot + 1)


@helper
def remove(table: Any, h: int, slot: int) -> None:
    """Take a slot out and close the gap, so that no tombstones gather."""
    mask = len(table) - 1
    at = h & mask
    entry = (h << 32) | (slot + 1)
    while table[at] != entry:
        at = (at + 1) & mask
    gap = at
    at = (at + 1) & mask
    while table[at] != 0:
        home = (table[at] >> 32) & mask
        if ((at - home) & mask) >= ((at - gap) & mask):
            table[gap] = table[at]
            gap = at
        at = (at + 1) & mask
    table[gap] = 0
