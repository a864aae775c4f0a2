"""VXLAN, where it was not unwrapped.

On the wire (RFC 7348 section 5): flags 0x08, reserved zeros, network id, reserved zero; an Ethernet frame.

Looked at: those, and the frame's EtherType with what must follow it.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "vxlan"
TRANSPORTS = (UDP,)
FIRST = (b"\x08\x0c\x88", b"\x08\x0c\x88")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 7) != 0 or be16(b, n, 1) != 0 or n < 36:
        return 0
    at = 20
    kind = be16(b, n, at)
    if kind == 0x8100:
        at += 4
        kind = be16(b, n, at)
    if kind == 0x0800:
        return 44 if u8(b, n, at + 2) >> 4 == 4 and be16(b, n, at + 4) + at + 2 <= n else 0
    if kind == 0x86DD:
        return 44 if u8(b, n, at + 2) >> 4 == 6 and be16(b, n, at + 6) + at + 42 <= n else 0
    return 60 if kind == 0x0806 and be32(b, n, at + 2) == 0x00010800 else 0
