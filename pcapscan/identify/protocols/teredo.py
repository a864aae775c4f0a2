"""Teredo: IPv6 in UDP, where it was not unwrapped.

On the wire (RFC 4380 section 5.1): an IPv6 packet, before it optionally an authentication (00 01) and an origin indication (00 00).

Looked at: the IPv6 header's length against the datagram, next header, Teredo or link-local addresses.

Fools it: other IPv6 in UDP is not named.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "teredo"
TRANSPORTS = (UDP,)
FIRST = (b"\x00\x60", b"\x00\x60")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    if be16(b, n, 0) == 1:
        at = 13 + u8(b, n, 2) + u8(b, n, 3)
    if be16(b, n, at) == 0:
        at += 8
    if u8(b, n, at) >> 4 != 6 or be16(b, n, at + 4) + 40 + at != n:
        return 0
    bits = 4 + 14 + (8 if at else 0)
    if u8(b, n, at + 6) not in (6, 17, 58, 59, 44, 0):
        return 0
    bits += 5
    for k in range(2):
        where = at + 8 + 16 * k
        if be32(b, n, where) == 0x20010000 or be32(b, n, where) == 0xFE800000 or be16(b, n, where) == 0xFF02:
            bits += 14
    return bits if bits > 32 else 0
