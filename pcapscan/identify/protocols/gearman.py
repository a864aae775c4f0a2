r"""Gearman job server.

On the wire (Gearman PROTOCOL document): ``\0REQ`` or ``\0RES``, type, size; also a text console, which is not recognised.

Looked at: those, sizes to the next packet.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper
from pcapscan.tables import TCP

from ._text import word

NAME = "gearman"
TRANSPORTS = (TCP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"\x00RES" if side else b"\x00REQ")
    if m <= 0:
        return -2 * n if m else 0
    if n < 12:
        return -30
    return 52 if 0 < be32(b, n, 4) <= 43 and be32(b, n, 8) < 0x4000000 else 0
