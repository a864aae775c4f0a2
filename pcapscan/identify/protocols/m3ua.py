"""M3UA and its kin (M2UA, SUA), signalling over SCTP.

On the wire (RFC 4666 section 1.4 and 3.1): version 1, reserved 0, class, type, length; parameters of tag and length.

Looked at: those, length against the chunk, the parameters' walk.

Fools it: the other user adaptations share the header and are named m3ua.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import SCTP

NAME = "m3ua"
TRANSPORTS = (SCTP,)
FIRST = (b"\x01", b"\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 2)
    size = be32(b, n, 4)
    if u8(b, n, 1) > 0 or kind > 10 or u8(b, n, 3) > 15 or size < 8 or size % 4 or size > 0x10000:
        return 0
    bits = 8 + 2 + 4 + 4 + (14 if size == n else 6)
    at = 8
    for _ in range(8):
        if at + 4 > min(n, size):
            break
        step = be16(b, n, at + 2)
        if step < 4 or be16(b, n, at) == 0 or be16(b, n, at) > 0x400:
            return 0
        bits += 6
        at += (step + 3) & ~3
    return bits
