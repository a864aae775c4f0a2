"""PFCP, between the halves of a mobile core.

On the wire (3GPP TS 29.244 section 7.2.2): version 1 and flags, message type, length, session id if flagged, sequence number; information
elements of type and length.

Looked at: length equal to the datagram, type range, the walk over the elements.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

NAME = "pfcp"
TRANSPORTS = (UDP,)
FIRST = (b"\x20\x21\x22\x23\x28", b"\x20\x21\x22\x23\x28")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    size = be16(b, n, 2)
    if size + 4 != n or kind == 0 or 15 < kind < 50 or kind > 57 or n < 8:
        return 0
    if (u8(b, n, 0) & 1) != (1 if kind >= 50 else 0):
        return 0
    at = 16 if u8(b, n, 0) & 1 else 8
    bits = 5 + 4 + 14
    if u8(b, n, at - 1) == 0:
        bits += 6
    for _ in range(40):
        if at >= n:
            break
        step = be16(b, n, at + 2)
        if step < 0 or be16(b, n, at) == 0 or be16(b, n, at) > 400:
            return 0
        bits += 6
        at += step + 4
    return min(bits, 60) if at == n else 0
