"""Bidirectional Forwarding Detection.

On the wire (RFC 5880 section 4.1): version 1 and diagnostic, state and flags, detect multiplier, length (24, or more with
authentication), discriminators, intervals.

Looked at: those, length equal to the datagram, the discriminators that the sides exchange.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import UDP

NAME = "bfd"
TRANSPORTS = (UDP,)
FIRST = (bytes(range(0x20, 0x2A)), bytes(range(0x20, 0x2A)))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = u8(b, n, 3)
    if size != n or size < 24 or size > 64 or u8(b, n, 2) == 0 or (size == 24) == (u8(b, n, 1) & 4 != 0) or be32(b, n, 4) == 0:
        return 0
    bits = 5 + 12 + 2
    if u8(b, n, 2) < 51:
        bits += 2
    for k in range(12, 24, 4):
        # intervals in microseconds, at most some minutes
        if be32(b, n, k) > 0x10000000:
            return 0
        bits += 4
    if be32(b, n, 20) == 0:
        bits += 8
    if ctx[5] > n and be32(b, ctx[5], n + 4) == be32(b, n, 4):
        bits += 16
    if pn and be32(p, pn, 4) == be32(b, n, 8) and be32(b, n, 8) != 0:
        bits += 24
    return bits
