"""Synchrophasors (IEEE C37.118).

On the wire (IEEE C37.118.2 section 6.2): 0xAA, type and version, frame size, id, seconds, fraction, data, CRC-CCITT.

Looked at: type, size against the datagram or the next 0xAA, the command's form; the id on further frames.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "synphasor"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\xaa", b"\xaa")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    size = be16(b, n, 2)
    if size == -1:
        return -8
    if kind & 0x8F not in (1, 2, 3) or kind > 0x63 or size < 16:
        return 0
    if ctx[0] == UDP and size != n:
        return 0
    bits = 8 + 4
    if size == n or (u8(b, n, size) == 0xAA and be16(b, n, size + 4) in (be16(b, n, 4), -1)):
        bits += 14
    elif size < n:
        return 0
    if kind & 0x70 == 0x40 and be16(b, n, 14) <= 8:
        bits += 10
    stop = ctx[5] if ctx[0] == UDP else n
    if stop > size and u8(b, stop, size) == 0xAA and be16(b, stop, size + 4) == be16(b, n, 4):
        bits += 16
    if pn and be16(p, pn, 4) == be16(b, n, 4) and u8(p, pn, 0) == 0xAA:
        bits += 14
    return bits
