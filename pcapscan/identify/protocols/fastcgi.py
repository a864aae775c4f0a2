"""FastCGI.

On the wire (FastCGI specification sections 3.3 and 5.1): version 1, type, request id, content length, padding, reserved; a request begins
with BEGIN_REQUEST (1) of eight bytes: role, flags, five zeros; then PARAMS.

Looked at: those, the chain of records.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP

NAME = "fastcgi"
TRANSPORTS = (TCP,)
FIRST = (b"\x01", b"\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    size = be16(b, n, 4)
    if size == -1:
        return -3
    if u8(b, n, 7) > 0 or be16(b, n, 2) > 0xFF:
        return 0
    if side:
        nxt = 8 + size + u8(b, n, 6)
        if kind not in (3, 6, 7, 10, 11) or u8(b, n, 6) > 7:
            return 0
        return 26 if be16(p, pn, 2) == be16(b, n, 2) and (nxt >= n or u8(b, n, nxt) == 1) else 10
    if kind != 1 or size != 8:
        return 0
    if n < 16:
        return -16
    if be16(b, n, 8) > 3 or be16(b, n, 8) == 0 or be32(b, n, 11) > 0:
        return 0
    return 44 if be16(b, n, 16) in (0x0104, -1, 0x0105) else 0
