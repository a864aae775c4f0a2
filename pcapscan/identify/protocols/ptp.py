"""Precision Time Protocol.

On the wire (IEEE 1588-2008 section 13.3): message type, version 2, length, domain, flags, correction, clock identity, port, sequence,
control, interval. Version 1: 0x0001 0x0001 and a subdomain ``_DFLT``.

Looked at: those, length equal to the datagram, sizes by message type, the EUI-64 filler of the clock identity.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, lit, u8
from pcapscan.tables import UDP

NAME = "ptp"
TRANSPORTS = (UDP,)
FIRST = (None, None)
KINDS = bytes(b for b in range(256) if b & 15 <= 13 and not 3 < b & 15 < 8)
PLACES = {UDP: ({0: KINDS, 1: bytes(b for b in range(256) if b & 15 == 2 or b == 1)},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be32(b, n, 0) == 0x00010001 and n >= 60:
        return 60 if lit(b, n, 4, b"_DFLT\x00") or lit(b, n, 4, b"_ALT") else 0
    kind = u8(b, n, 0) & 15
    size = be16(b, n, 2)
    if u8(b, n, 1) & 15 != 2 or size > n or n > size + 16 or size < 44 or kind > 13 or 3 < kind < 8:
        return 0
    if size != (64 if kind == 11 else 54 if kind in (2, 3, 9, 10) else 44) and kind < 11:
        return 0
    bits = 6 + 14 + (5 if kind < 12 else 0)
    if u8(b, n, 4) < 128 and u8(b, n, 5) <= 2:
        bits += 6
    if be32(b, n, 16) == 0:
        bits += 6
    if be16(b, n, 23) == 0xFFFE:
        bits += 15
    if u8(b, n, 32) <= 5:
        bits += 5
    return bits
