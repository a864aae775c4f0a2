"""PPTP control connection.

On the wire (RFC 2637 section 2): length, message type 1, magic cookie 1A 2B 3C 4D, control message type, 0.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper
from pcapscan.tables import TCP

NAME = "pptp"
TRANSPORTS = (TCP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if n < 8:
        return -2
    if be16(b, n, 2) != 1 or be32(b, n, 4) != 0x1A2B3C4D:
        return 0
    return 56
