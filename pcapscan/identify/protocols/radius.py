"""RADIUS, authentication and accounting.

On the wire (RFC 2865 section 3): code, identifier, length, a 16-byte authenticator, attributes of type, length, value (section 5).

Looked at: code against side, length equal to the datagram, the walk over all attributes to the exact end, attributes of fixed size, the
identifier of both sides.

Fools it: an answer without attributes is named only beside its request.

Facts: ``user_name``, ``nas_identifier``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import HEAD_SNAPPED, UDP

NAME = "radius"
TRANSPORTS = (UDP,)
FIRST = (bytes([1, 4, 12, 40, 43]), bytes([2, 3, 5, 11, 12, 13, 41, 42, 44, 45]))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be16(b, n, 2)
    if size < 20 or size > 4096 or n < 20 or (size > n and not ctx[1] & HEAD_SNAPPED) or n > size + 64:
        return 0
    bits = 5 + (14 if size == n else 6)
    at = 20
    for _ in range(64):
        if at + 2 > min(size, n):
            break
        kind = u8(b, n, at)
        step = u8(b, n, at + 1)
        if kind == 0 or step < 2 or at + step > size:
            return 0
        # NAS-IP, port, service type, framed protocol and address, session timeout, status type, delay, port type: 32-bit values
        if kind in (4, 5, 6, 7, 8, 9, 27, 28, 40, 41, 42, 43, 45, 46, 61):
            if step != 6:
                return 0
            bits += 7
        elif kind == 80:
            if step != 18:
                return 0
            bits += 12
        elif kind == 26 and be16(b, n, at + 2) == 0:
            bits += 6
        elif kind <= 104:
            bits += 1
        at += step
    if size == n and at != n:
        return 0
    bits = min(bits, 60)
    if pn and u8(p, pn, 1) == u8(b, n, 1):
        bits += 7
    return bits + (6 if at > 20 else 0)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    at = 20
    while at + 2 <= len(head) and head[at + 1] >= 2 and at + head[at + 1] <= int.from_bytes(head[2:4], "big"):
        value = head[at + 2 : at + head[at + 1]].decode("latin-1")
        if head[at] == 1:
            found.setdefault("user_name", value)
        elif head[at] == 32:
            found.setdefault("nas_identifier", value)
        at += head[at + 1]
    return found
