"""sFlow version 5.

On the wire (sFlow version 5, section 5): version 5, address type 1 or 2, agent address, sub-agent, sequence number, uptime, number of
samples, each with format and length.

Looked at: those, the walk over the samples to the datagram's end.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper
from pcapscan.tables import UDP

NAME = "sflow"
TRANSPORTS = (UDP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be32(b, n, 0) != 5 or n < 28:
        return 0
    family = be32(b, n, 4)
    if family != 1 and family != 2:
        return 0
    at = 24 if family == 1 else 36
    count = be32(b, n, at)
    if count < 1 or count > 200:
        return 0
    bits = 24 + 10
    at += 4
    for _ in range(200):
        if at >= n or count == 0:
            break
        kind = be32(b, n, at)
        size = be32(b, n, at + 4)
        if size < 8 or size > 2000 or kind & 0xFFF > 10:
            return 0
        bits += 8
        count -= 1
        at += 8 + size
    return bits if at >= n else 0
