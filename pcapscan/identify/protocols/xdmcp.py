"""XDMCP, X display managers.

On the wire (X Display Manager Control Protocol section 3): version 1, opcode 1 to 14, length.

Looked at: those, length equal to the datagram, array lengths of the opcode.

Fools it: nothing known beside small TLV protocols.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

NAME = "xdmcp"
TRANSPORTS = (UDP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    op = be16(b, n, 2)
    size = be16(b, n, 4)
    if be16(b, n, 0) != 1 or op == 0 or op > 14 or size + 6 != n:
        return 0
    bits = 10 + 10 + 14
    if op <= 3:
        # array of authentication names
        return bits if u8(b, n, 6) < 8 and size >= 1 else 0
    if op == 5:
        return bits if be16(b, n, 6) + 8 <= n else 0
    return bits if op in (4, 6, 7, 8, 9, 10, 11, 12, 13, 14) and size >= 4 else 0
