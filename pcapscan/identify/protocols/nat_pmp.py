"""NAT-PMP and PCP: asking the router for a port.

On the wire (RFC 6886 section 3, RFC 6887 section 7): version 0, opcode (128 added in answers), reserved or result; PCP: version 2,
opcode, lifetime, an address.

Looked at: sizes by opcode, version, reserved zeros, ports and lifetime; repeated requests; the mapped client address.

Fools it: two zero bytes are a NAT-PMP request: it is never named by that alone.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "nat-pmp"
TRANSPORTS = (UDP,)
FIRST = (b"\x00\x02", b"\x00\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    op = u8(b, n, 1)
    if u8(b, n, 0) == 2:
        if n < 24 or n % 4 or op & 127 > 3 or (op >= 128) != (side == 1) or u8(b, n, 2) != 0:
            return 0
        if side == 0:
            mapped = be32(b, n, 16) == 0xFFFF and be32(b, n, 12) == 0 and be32(b, n, 8) == 0
            return 44 if n in (24, 60, 80) and mapped else 0
        return 20 if n in (24, 60, 80) and u8(b, n, 3) < 14 else 0
    if side == 0:
        if op == 0:
            return 8 if n == 2 else 0
        if op > 2 or n != 12 or be16(b, n, 2) != 0 or be32(b, n, 8) > 0x100000 or be16(b, n, 4) == 0:
            return 0
        bits = 6 + 8 + 6 + 4
        if be16(b, n, 4) == be16(b, n, 6) or be32(b, n, 8) in (3600, 7200, 0):
            bits += 10
        return bits
    if op < 128 or op > 130 or n not in (8, 12, 16) or be16(b, n, 2) > 5:
        return 0
    if op == 128:
        return 26 if n in (8, 12) else 0
    return 36 if n in (8, 16) and be16(b, n, 8) == be16(p, pn, 4) else 20
