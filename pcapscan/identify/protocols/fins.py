"""OMRON FINS.

On the wire (OMRON W421, FINS commands): over TCP ``FINS``, length, command, error code; over UDP ten bytes of control field, reserved 0,
gateways, addresses and a service id, then the command code.

Looked at: those; UDP: the reserved byte, gateway count 2, networks and units, service id of both sides.

Fools it: a single UDP command has few bits.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, lit, u8
from pcapscan.tables import TCP, UDP

from ._text import word

NAME = "fins"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"F\x80\xc0\x81\xc1", b"F\x80\xc0\x81\xc1")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] != UDP:
        if not lit(b, n, 0, b"FINS"):
            return -6 if word(b, n, 0, b"FINS") else 0
        size = be32(b, n, 4)
        if size == -1:
            return -24
        return 44 if 8 <= size < 5000 and be32(b, n, 8) <= 6 else 0
    if n < 12 or u8(b, n, 1) != 0 or u8(b, n, 2) > 7 or u8(b, n, 3) > 127 or u8(b, n, 6) > 127:
        return 0
    code = u8(b, n, 10)
    if code not in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x21, 0x22, 0x23, 0x30) or u8(b, n, 11) > 0x21:
        return 0
    bits = 6 + 5 + 5 + 2 + 4 + 3
    stop = ctx[5]
    if stop >= n + 12:
        if u8(b, stop, n + 1) != 0 or be16(b, stop, n + 3) != be16(b, n, 3) or be16(b, stop, n + 6) != be16(b, n, 6):
            return 0
        bits += 20
    if pn and u8(p, pn, 9) == u8(b, n, 9) and be16(p, pn, 10) == be16(b, n, 10):
        bits += 16
    return bits
