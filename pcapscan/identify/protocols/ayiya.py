"""AYIYA, the tunnel of IPv6 brokers.

On the wire (draft-massar-v6ops-ayiya section 3): identity length and type, signature length and method, authentication and operation,
next header, time, identity, signature.

Looked at: identity and signature sizes that are used, methods, next header 41 or 59, plausible time.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import UDP

NAME = "ayiya"
TRANSPORTS = (UDP,)
FIRST = (None, None)
PLACES = {UDP: ({0: b"\x41\x44", 1: b"\x52", 3: bytes([41, 59, 4, 58])},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 3)
    size = 1 << (u8(b, n, 0) >> 4)
    if (
        n < 24
        or kind not in (41, 59, 4, 58)
        or u8(b, n, 0) & 15 not in (0, 1, 2)
        or u8(b, n, 1) & 15 > 3
        or u8(b, n, 2) >> 4 > 2
        or u8(b, n, 2) & 15 > 6
    ):
        return 0
    if u8(b, n, 0) != 0x41 and u8(b, n, 0) != 0x44:
        return 0
    if u8(b, n, 1) != 0x52 or not 0x40000000 < be32(b, n, 4) < 0x90000000:
        return 0
    inner = 8 + size + 4 * (u8(b, n, 1) >> 4)
    return 40 if u8(b, n, inner) >> 4 == (6 if kind == 41 else 4) else 0
