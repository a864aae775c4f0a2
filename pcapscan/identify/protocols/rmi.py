"""Java RMI.

On the wire (Java RMI specification, section 10.2): ``JRMI``, version 2, 0x4B (stream), 0x4C or 0x4D; the server answers 0x4E, its view of
the client's host and port. Calls hold serialized objects AC ED 00 05.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, lit, u8
from pcapscan.tables import TCP

from ._text import printable, word

NAME = "rmi"
TRANSPORTS = (TCP,)
FIRST = (b"J", b"NO")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        if lit(b, n, 0, b"JRMI\x00"):
            return 60 if u8(b, n, 6) in (0x4B, 0x4C, 0x4D, -1) else 0
        return -8 if word(b, n, 0, b"JRMI\x00") else 0
    size = be16(b, n, 1)
    if size == -1:
        return -8
    return 14 if u8(b, n, 0) == 0x4F or (size < 64 and printable(b, n, 3, 3 + size)) else 0
