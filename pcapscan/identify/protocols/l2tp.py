"""L2TP version 2 control messages.

On the wire (RFC 2661 section 3.1): flags T, L, S and version 2 (0xC802), length, tunnel, session, Ns, Nr, then attribute value pairs of
which the first is the message type.

Looked at: those, length equal to the datagram.

Fools it: data messages have little of their own; L2TPv3 is not recognised.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "l2tp"
TRANSPORTS = (UDP,)
FIRST = (b"\xc8", b"\xc8")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 1) != 2 or n < 12:
        return 0
    size = be16(b, n, 2)
    if size > n or size < 12:
        return 0
    bits = 16 + (14 if size == n else 0)
    if size > 19:
        if be16(b, n, 12) & 0x3FF != 8 or be32(b, n, 14) != 0 or be16(b, n, 18) > 20:
            return 0
        bits += 40
    if pn and be16(p, pn, 0) == 0xC802:
        bits += 4
    return bits
