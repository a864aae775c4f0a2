"""GIOP (CORBA's IIOP), and MIOP over UDP.

On the wire (CORBA 3.3 part 2 section 9.4): ``GIOP``, version 1.0 to 1.3, flags, message type, size.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP, UDP

from ._text import spelled, word

NAME = "giop"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"GMZ", b"GMZ")
PLACES = dict.fromkeys(TRANSPORTS, (spelled(b"GIOP|ZIOP|MIOP"),) * 2)


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"GIOP\x01|ZIOP\x01|MIOP\x10")
    if m <= 0:
        return -6 if m else 0
    if u8(b, n, 0) == 77:
        return 40
    if u8(b, n, 5) > 3 or u8(b, n, 7) > 7:
        return 0
    return 50 if u8(b, n, 7) >= 0 else -40
