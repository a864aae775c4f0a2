"""HART-IP.

On the wire (HCF specification HCF_SPEC-085 section 10): version 1, message type 0 to 2, id 0 to 3, status, sequence number, byte count of
the whole message.

Looked at: byte count equal to the datagram or to the next header, types, status; session initiation with its timer; sequence of both
sides.

Fools it: a single keep-alive has few bits.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "hart-ip"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (b"\x01", b"\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be16(b, n, 6)
    if size == -1:
        return -2 if ctx[0] != UDP else 0
    kind = u8(b, n, 1)
    code = u8(b, n, 2)
    if size < 8 or kind > 15 or code > 3 or (kind < 2 and kind != side) or (ctx[0] == UDP and size != n):
        return 0
    bits = 8 + 4 + 5 + (12 if size == n else 4)
    if code == 0:
        if size != 13 or u8(b, n, 8) > 1:
            return 0
        bits += 10
    if pn and be16(p, pn, 4) == be16(b, n, 4) and u8(p, pn, 2) == code:
        bits += 10
    return bits
