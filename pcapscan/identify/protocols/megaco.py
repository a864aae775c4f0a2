"""Megaco (H.248), text form.

On the wire (RFC 3525 annex B): ``!/1`` or ``MEGACO/1``, the message id in brackets, a transaction ``T=`` or ``Transaction=``, ``P=``,
``Reply=``, or ``K``.

Looked at: those.

Fools it: the binary form (ASN.1) is not recognised.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import SCTP, TCP, UDP

from ._text import word

NAME = "megaco"
TRANSPORTS = (
    UDP,
    TCP,
    SCTP,
)
FIRST = (b"!M", b"!M")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"!/1 |!/2 |!/3 |MEGACO/1 |MEGACO/2 |MEGACO/3 ")
    if m <= 0:
        return -4 if m and ctx[0] != UDP else 0
    c = u8(b, n, m)
    if c == -1:
        return -20
    return 44 if c == 91 or c == 60 else 0
