"""HiSLIP, LAN access to instruments.

On the wire (IVI-6.1 section 2.5): ``HS``, message type, control code, parameter, 64-bit payload length.

Looked at: those, and ``HS`` again where the length ends.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP

NAME = "hislip"
TRANSPORTS = (TCP,)
FIRST = (b"H", b"H")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be16(b, n, 0) != 0x4853:
        return -8 if n == 1 else 0
    kind = u8(b, n, 2)
    size = be32(b, n, 12)
    if (kind > 31 and kind < 128) or be32(b, n, 8) > 0:
        return 0
    if size == -1:
        return -12
    if size + 16 == n or be16(b, n, size + 16) == 0x4853:
        return 40
    return 24 if size + 16 > n else 0
