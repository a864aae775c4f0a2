"""Inter-Asterisk eXchange, version 2.

On the wire (RFC 5456 section 8.1.1): full frames: bit F and source call, bit R and destination call, timestamp, two sequence numbers,
frame type, subclass; IAX frames (type 6) hold information elements of type and length.

Looked at: a first NEW, REGREQ or POKE frame, the walk over its elements, call numbers that the sides exchange.

Fools it: voice mini frames have nothing of their own.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, lit, u8
from pcapscan.tables import UDP

NAME = "iax2"
TRANSPORTS = (UDP,)
FIRST = (bytes(range(128, 256)), bytes(range(128, 256)))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 10)
    sub = u8(b, n, 11)
    if n < 12 or kind != 6 or sub > 40 or sub == 0 or be16(b, n, 0) == 0x8000:
        return 0
    bits = 1 + 8 + 3
    if u8(b, n, 8) > 8 or u8(b, n, 9) > 8:
        return 0
    bits += 10
    if be16(b, n, 4) == 0:
        bits += 4
    at = 12
    for _ in range(40):
        if at >= n:
            break
        size = u8(b, n, at + 1)
        if size < 0 or u8(b, n, at) == 0 or 64 < u8(b, n, at) < 255:
            return 0
        at += size + 2
    if at != n:
        return 0
    if n > 12:
        bits += 12
    if sub == 1 and lit(b, n, 12, b"\x0b\x02\x00\x02"):
        bits += 30
    if pn and be16(p, pn, 0) & 0x7FFF == be16(b, n, 2) & 0x7FFF and be16(b, n, 2) & 0x7FFF:
        bits += 13
    return bits
