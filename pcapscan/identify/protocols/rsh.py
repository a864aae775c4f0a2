"""BSD remote shell.

On the wire (rshd(8)): the client sends a decimal port for standard error, local user, remote user and command, each ended by NUL; the
server answers NUL, or 1 and a line of complaint. ``rexec`` is written alike and is named rsh too.

Looked at: all four strings; the answer's first byte.

Fools it: nothing known; four short strings are rare.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import digits, printable

NAME = "rsh"
TRANSPORTS = (TCP,)
FIRST = (b"0123456789\x00", b"\x00\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 1:
        if u8(b, n, 0) == 1:
            return 8 if printable(b, n, 1, n - 1) else 0
        return 4
    d = digits(b, n, 0)
    if d > 5 or u8(b, n, d) > 0:
        return 0
    if d == n:
        return -4
    at = d + 1
    bits = 8 + 4 * d
    for k in range(3):
        i = at
        while i < n and u8(b, n, i) >= 32:
            i += 1
        if i >= n:
            return -bits
        if u8(b, n, i) != 0 or i == at or (k < 2 and i - at > 32):
            return 0
        bits += 7
        at = i + 1
    return bits + 4 if at == n else bits
