"""collectd's binary protocol.

On the wire (collectd wiki, "Binary protocol"): parts of type, length and value; the first is the host (0) as a string, then time (1 or
8), plugin (2), type (4), values (6).

Looked at: the walk over parts, the string's final zero, order and sizes.

Fools it: signed or encrypted traffic begins with its own part (0x0200, 0x0210).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

from ._text import printable

NAME = "collectd"
TRANSPORTS = (UDP,)
FIRST = (b"\x00\x02", b"\x00\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    bits = 0
    for _ in range(8):
        if at >= n:
            break
        kind = be16(b, n, at)
        size = be16(b, n, at + 2)
        if size < 5 or size + at > n or size > 1024 + 40:
            return 0
        if kind in (0, 2, 3, 4, 5):
            if u8(b, n, at + size - 1) != 0 or not printable(b, n, at + 4, at + size - 1):
                return 0
        elif kind in (1, 7, 8, 9):
            if size != 12:
                return 0
        elif kind not in (6, 0x100, 0x101, 0x200, 0x210):
            return 0
        bits += 12
        at += size
    return min(bits, 72) if bits >= 36 else 0
