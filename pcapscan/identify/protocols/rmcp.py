"""RMCP, the carrier of ASF and IPMI (server management).

On the wire (DMTF DSP0136 section 3.2.2; IPMI 2.0 section 13): version 6, 0, sequence number (255: none), class 6 (ASF) or 7 (IPMI); ASF
has the IANA number 4542; IPMI an authentication type, session numbers and a message length.

Looked at: those; IPMI's length and its two checksums' places.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, le16, u8
from pcapscan.tables import UDP

NAME = "rmcp"
TRANSPORTS = (UDP,)
FIRST = (b"\x06", b"\x06")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 3)
    if u8(b, n, 1) != 0:
        return 0
    bits = 8 + 5 + (8 if u8(b, n, 2) == 255 else 0)
    if kind & 127 == 6:
        if n == 4 and kind == 0x86:
            return bits + 12
        return bits + 40 if be32(b, n, 4) == 0x11BE else 0
    if kind != 7:
        return 0
    auth = u8(b, n, 4)
    if auth > 6 or n < 14:
        return 0
    bits += 8 + 5
    if auth == 6:
        return bits + (8 if le16(b, n, 14) + 16 <= n or le16(b, n, 14) >= 0 else 0)
    at = 13 if auth == 0 else 29
    size = u8(b, n, at)
    if size + at + 1 > n or n > size + at + 2:
        return 0
    return bits + 8 + (16 if be32(b, n, 5) == 0 and be32(b, n, 9) == 0 else 0)
