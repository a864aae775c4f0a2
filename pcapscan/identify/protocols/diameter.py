"""Diameter.

On the wire (RFC 6733 section 3): version 1, length of three bytes, command flags, command code, application id, hop-by-hop and end-to-end
ids, then AVPs (section 4.1) padded to four bytes; the first is a session id or the origin host.

Looked at: those, reserved flag bits, the first AVPs' codes and lengths, ids on both sides.

Fools it: nothing known.

Facts: ``command``, ``application``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be24, be32, helper, u8
from pcapscan.tables import SCTP, TCP

NAME = "diameter"
TRANSPORTS = (
    TCP,
    SCTP,
)
FIRST = (b"\x01", b"\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be24(b, n, 1)
    flags = u8(b, n, 4)
    if size == -1 or flags == -1:
        return -8
    if size < 20 or size % 4 or flags & 15:
        return 0
    command = be24(b, n, 5)
    if command == -1:
        return -12
    if command < 257 or 400 < command < 8388600:
        return 0
    bits = 8 + 4 + 2 + 10
    if size > 20 and n > 28:
        avp = be32(b, n, 20)
        length = be24(b, n, 25)
        if avp == 0 or avp > 5000 or u8(b, n, 24) & 31 or length < 8 or length > size - 20:
            return 0
        bits += 24 if 256 < avp < 320 else 6
    if pn and be32(p, pn, 12) == be32(b, n, 12):
        bits += 32
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"command": int.from_bytes(head[5:8], "big"), "application": int.from_bytes(head[8:12], "big")}
