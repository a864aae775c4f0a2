"""IEC 60870-5-104.

On the wire (IEC 60870-5-104 section 5): 0x68, length, four control bytes: U frames (start, stop, test), S frames, I frames with sequence
numbers and an ASDU (type, qualifier, cause, address).

Looked at: the walk from frame to frame, control bytes, ASDU types and causes.

Fools it: one U frame of six bytes is strong enough only with its confirmation.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be24, helper, u8
from pcapscan.tables import TCP

NAME = "iec104"
TRANSPORTS = (TCP,)
FIRST = (b"\x68", b"\x68")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(6):
        if at >= n:
            break
        size = u8(b, n, at + 1)
        c = u8(b, n, at + 2)
        if u8(b, n, at) != 0x68:
            return 0
        if size == -1 or c == -1:
            return -max(bits, 6)
        if size < 4 or size > 253:
            return 0
        if c == 0x68 and size == 0x68:
            return 0
        rest = be24(b, n, at + 3)
        if c & 3 == 3:
            if size != 4 or rest > 0 or c not in (0x07, 0x0B, 0x13, 0x23, 0x43, 0x83):
                return 0
            bits += 28
        elif c & 3 == 1:
            if size != 4 or c != 1 or u8(b, n, at + 3) > 0 or u8(b, n, at + 4) & 1 == 1:
                return 0
            bits += 20
        else:
            kind = u8(b, n, at + 6)
            cause = u8(b, n, at + 8) & 63
            if size < 10 or u8(b, n, at + 4) & 1 == 1 or kind == 0 or kind > 127 or (cause != 63 and cause > 47):
                return 0
            bits += 13
        at += size + 2
    return bits
