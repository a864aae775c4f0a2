"""Gnutella.

On the wire (RFC-Gnutella 0.6 section 2.1): ``GNUTELLA CONNECT/0.6`` and headers, ``GNUTELLA/0.6 200 OK``; over UDP messages of a 16-byte
id, type, TTL, hops, length.

Looked at: those lines; over UDP type, TTL and length against the datagram.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, le32, u8
from pcapscan.tables import TCP, UDP

from ._contract import Places
from ._text import spelled, word

NAME = "gnutella"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (None, b"G")
PLACES: Places = {TCP: (spelled(b"GNUTELLA"),) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        kind = u8(b, n, 16)
        ok = n >= 23 and le32(b, n, 19) + 23 == n and kind in (0, 1, 2, 0x31, 0x40, 0x80, 0x81) and u8(b, n, 17) < 16 and u8(b, n, 18) < 16
        return 36 if ok and u8(b, n, 8) == 255 else 0
    if u8(b, n, 0) != 71:
        return 0
    m = word(b, n, 0, b"GNUTELLA CONNECT/|GNUTELLA/0.|GNUTELLA OK\n\n")
    return 80 if m > 0 else -3 * n if m else 0
