"""Service Location Protocol, versions 1 and 2.

On the wire (RFC 2608 section 8, RFC 2165): version, function, length, flags, extension offset, transaction id, language tag.

Looked at: those, length equal to the datagram.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, helper, u8
from pcapscan.tables import TCP, UDP

from ._text import printable

NAME = "slp"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (b"\x01\x02", b"\x01\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    if kind > 11 or kind == 0:
        return 0
    if u8(b, n, 0) == 1:
        return 36 if be16(b, n, 2) == n and n > 12 and 97 <= u8(b, n, 6) <= 122 and 97 <= u8(b, n, 7) <= 122 else 0
    size = be24(b, n, 2)
    width = be16(b, n, 12)
    if width == -1:
        return -2 if ctx[0] != UDP else 0
    if (
        (ctx[0] == UDP and size != n)
        or size < 16
        or size > 0x10000
        or width < 2
        or width > 16
        or (u8(b, n, 6) != 0 and be16(b, n, 5) & 0x1FFF)
        or not printable(b, n, 14, 14 + width)
    ):
        return 0
    return 8 + 4 + 14 + 12 + (4 if size == n else 0)
