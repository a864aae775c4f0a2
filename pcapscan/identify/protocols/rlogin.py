"""BSD remote login.

On the wire (RFC 1282): the client sends NUL, local user, remote user and terminal/speed, each ended by NUL; the server answers NUL.

Looked at: the strings, and the slash and digits of the speed.

Fools it: nothing known. After the start it is a plain terminal.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import digits

NAME = "rlogin"
TRANSPORTS = (TCP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 1:
        return 6
    at = 1
    for _ in range(2):
        i = at
        while i < n and 32 < u8(b, n, i) < 127:
            i += 1
        if i >= n:
            return -6
        if u8(b, n, i) != 0 or i - at > 32:
            return 0
        at = i + 1
    for i in range(at, min(n, at + 40)):
        c = u8(b, n, i)
        if c == 47:
            d = digits(b, n, i + 1)
            if u8(b, n, i + 1 + d) == -1:
                return -20
            return 40 if d >= 3 and u8(b, n, i + 1 + d) == 0 else 0
        if c <= 32 or c > 126:
            return 0
    return -12 if n < at + 40 else 0
