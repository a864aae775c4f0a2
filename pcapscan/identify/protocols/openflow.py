"""OpenFlow.

On the wire (OpenFlow 1.3 section 7.1): version 1 to 6, type, length, transaction id; both sides begin with HELLO (0).

Looked at: HELLO by both sides, lengths from message to message, version kept, the length of fixed messages.

Fools it: a single HELLO of eight bytes.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

NAME = "openflow"
TRANSPORTS = (TCP,)
FIRST = (b"\x01\x02\x03\x04\x05\x06", b"\x01\x02\x03\x04\x05\x06")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        size = be16(b, n, at + 2)
        kind = u8(b, n, at + 1)
        if size == -1:
            return -max(bits, 2)
        if size < 8 or kind > 35 or u8(b, n, at) == 0 or u8(b, n, at) > 6 or (at == 0 and kind and not ctx[1] & HEAD_MIDSTREAM):
            return 0
        if at == 0 and kind == 0 and size > 8 and (be16(b, n, 8) != 1 or be16(b, n, 10) + 8 > size):
            return 0
        bits += 5 + 6 + 3
        if kind in (5, 20, 21) and size != 8:
            return 0
        if kind in (0, 5, 2, 3):
            bits += 8
        at += size
        if at == n:
            bits += 6
    return bits
