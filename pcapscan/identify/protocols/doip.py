"""Diagnostics over IP, in vehicles.

On the wire (ISO 13400-2 section 6): protocol version and its complement, payload type, payload length.

Looked at: the complement, known types, the length.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "doip"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x01\x02\x03\x04\xff", b"\x01\x02\x03\x04\xff")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if n < 8:
        return -6 if ctx[0] != UDP else 0
    kind = be16(b, n, 2)
    size = be32(b, n, 4)
    if u8(b, n, 0) ^ u8(b, n, 1) != 255 or not (kind <= 8 or 0x4001 <= kind <= 0x4004 or 0x8001 <= kind <= 0x8003) or size > 0x100000:
        return 0
    bits = 6 + 8 + 11 + 4
    if size + 8 == n:
        return bits + 14
    return bits if ctx[0] != UDP and (size + 8 > n or u8(b, n, size + 8) == u8(b, n, 0)) else 0
