"""Geneve, where it was not unwrapped.

On the wire (RFC 8926 section 3.4): version 0 and option length, flags, protocol type, network id, zero; options; the packet.

Looked at: those, and the inner Ethernet or IP header.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "geneve"
TRANSPORTS = (UDP,)
FIRST = (bytes(range(0x40)), bytes(range(0x40)))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = be16(b, n, 2)
    if u8(b, n, 7) != 0 or u8(b, n, 1) & 0x3F or n < 28:
        return 0
    at = 8 + 4 * (u8(b, n, 0) & 0x3F)
    if kind == 0x6558:
        inner = be16(b, n, at + 12)
        if inner == 0x0806:
            return 60 if be32(b, n, at + 14) == 0x00010800 else 0
        version = u8(b, n, at + 14) >> 4
        return 50 if (inner == 0x0800 and version == 4) or (inner == 0x86DD and version == 6) else 0
    if kind == 0x0800:
        return 36 if u8(b, n, at) == 0x45 and be16(b, n, at + 2) + at == n else 0
    return 36 if kind == 0x86DD and u8(b, n, at) >> 4 == 6 and be16(b, n, at + 4) + 40 + at == n else 0
