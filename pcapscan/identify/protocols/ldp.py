"""MPLS Label Distribution Protocol.

On the wire (RFC 5036 section 3.1): version 1, PDU length, LSR id, label space; messages of type and length, of which the first TLV's type
is known.

Looked at: version, length against the datagram or next PDU, the first message's type and length.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "ldp"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be16(b, n, 2)
    kind = be16(b, n, 10)
    inner = be16(b, n, 12)
    if inner == -1:
        return -1 if u8(b, n, 1) in (1, -1) and ctx[0] != UDP else 0
    if be16(b, n, 0) != 1 or size < 14 or inner + 10 > size or inner < 4:
        return 0
    if kind & 0x7FFF not in (0x1, 0x100, 0x200, 0x201, 0x300, 0x301, 0x400, 0x401, 0x402, 0x403, 0x404):
        return 0
    if ctx[0] == UDP and size + 4 != n:
        return 0
    bits = 10 + 12 + 4 + (14 if size + 4 == n or be16(b, n, size + 4) == 1 else 0)
    first = be16(b, n, 18) & 0x3FFF
    if inner > 4 and first >= 0x100 and first <= 0x700 and be16(b, n, 20) <= inner - 8:
        bits += 8
    return bits
