"""BFCP, floor control of conferences.

On the wire (RFC 8855 section 5.1): version and flags, primitive, payload length in words, conference, transaction, user; attributes.

Looked at: those, length against the datagram or next message, the answer's primitive and ids.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

from ._text import same

NAME = "bfcp"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x20\x30\x40\x50", b"\x20\x30\x40\x50")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    size = be16(b, n, 2)
    if size == -1:
        return -3
    if kind == 0 or kind > 18 or size > 64:
        return 0
    end = 4 * size + 12
    if (ctx[0] == UDP and end != n) or (end < n and u8(b, n, end) != u8(b, n, 0)):
        return 0
    bits = 6 + 4 + 6 + (10 if end == n else 0)
    if pn and same(b, n, 4, p, pn, 4, 8):
        bits += 24 if end == n else 14
    return bits
