"""HSRP, gateway redundancy.

On the wire (RFC 2281 section 5.1): version 0, op, state, hellotime, holdtime, priority, group, reserved 0, eight bytes of authentication,
virtual address; 20 bytes. Version 2 is type and length.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import UDP

NAME = "hsrp"
TRANSPORTS = (UDP,)
FIRST = (b"\x00\x01\x02\x03\x04", b"\x00\x01\x02\x03\x04")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    if first == 0:
        state = u8(b, n, 2)
        if n < 20 or u8(b, n, 1) > 3 or u8(b, n, 7) != 0 or state not in (0, 1, 2, 4, 8, 16):
            return 0
        if lit(b, n, 8, b"cisco\x00\x00\x00"):
            return 70
        # an advertisement (op 3) has type 1 and a length instead
        return 30 if n == 20 and u8(b, n, 3) <= u8(b, n, 4) and u8(b, n, 3) > 0 else 0
    # version 2: type-length blocks; the group state block has 40 bytes, interface state 4
    stop = ctx[5] if n == 6 and ctx[5] > 0 else n
    at = n if stop > n else 0
    if first == 1 and u8(b, n, 1) == 40 and u8(b, n, 2) == 2 and u8(b, n, 3) < 8:
        return 44 if u8(b, n, 4) < 8 and u8(b, n, 5) in (4, 6) else 0
    if first == 2 and u8(b, n, 1) == 4 and n == 6:
        return 40 if u8(b, stop, at) == 1 and u8(b, stop, at + 1) == 40 and u8(b, stop, at + 2) == 2 and at else 14
    return 0
