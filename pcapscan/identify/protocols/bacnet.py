"""BACnet/IP.

On the wire (ASHRAE 135 annex J.2 and clause 6): 0x81, function, length; then (functions 4, 9, 10, 11) an NPDU of version 1.

Looked at: those, length equal to the datagram, control bits of the NPDU and the APDU type behind it.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

NAME = "bacnet"
TRANSPORTS = (UDP,)
FIRST = (b"\x81", b"\x81")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    size = be16(b, n, 2)
    if kind > 12 or size != n or n < 4:
        return 0
    bits = 8 + 4 + 14
    at = 10 if kind == 4 else 4
    if kind in (4, 9, 10, 11):
        if u8(b, n, at) != 1 or u8(b, n, at + 1) & 0x50:
            return 0
        return bits + 8
    return bits + 6 if n in (6, 10, 4) or (n - 4) % 10 == 0 else 0
