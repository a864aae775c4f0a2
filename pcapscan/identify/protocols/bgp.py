"""BGP-4.

On the wire (RFC 4271 section 4.1): 16 bytes of ones, length, type 1 to 5; the first message is OPEN with version 4.

Looked at: those.

Fools it: nothing known.

Facts: ``as_number`` of OPEN.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP

NAME = "bgp"
TRANSPORTS = (TCP,)
FIRST = (b"\xff", b"\xff")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    for k in range(16):
        c = u8(b, n, k)
        if c == -1:
            return -8
        if c != 255:
            return 0
    size = be16(b, n, 16)
    kind = u8(b, n, 18)
    if kind == -1:
        return -8
    if size < 19 or size > 4096 or kind == 0 or kind > 5 or (kind == 4 and size != 19) or (kind == 1 and u8(b, n, 19) not in (4, 3, -1)):
        return 0
    return 60


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"as_number": int.from_bytes(head[20:22], "big")} if len(head) > 22 and head[18] == 1 else {}
