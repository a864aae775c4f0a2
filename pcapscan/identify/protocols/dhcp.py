"""DHCP and BOOTP.

On the wire (RFC 2131 section 2): a fixed header of 236 bytes, the magic cookie 63 82 53 63, options (RFC 2132), of which 53 is the
message type. BOOTP without the cookie is not recognised.

Looked at: op, hardware type and address length, hops, the cookie, the first option.

Fools it: nothing known.

Facts: ``host_name`` (option 12), ``vendor_class`` (option 60), ``message_type`` (option 53).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, lit, u8
from pcapscan.tables import HEAD_SNAPPED, UDP

NAME = "dhcp"
TRANSPORTS = (UDP,)
FIRST = (b"\x01\x02", b"\x01\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 1) == 0 or u8(b, n, 2) > 16 or u8(b, n, 3) > 16:
        return 0
    if n < 240:
        return -12 if ctx[1] & HEAD_SNAPPED else 0
    if be32(b, n, 236) != 0x63825363:
        return 0
    return 60 if lit(b, n, 240, b"\x35\x01") else 48


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    at = 240
    while at + 2 <= len(head) and head[at] != 255:
        if head[at] == 0:
            at += 1
            continue
        value = head[at + 2 : at + 2 + head[at + 1]]
        if head[at] == 53 and value and "message_type" not in found:
            found["message_type"] = value[0]
        elif head[at] == 12:
            found.setdefault("host_name", value.decode("latin-1"))
        elif head[at] == 60:
            found.setdefault("vendor_class", value.decode("latin-1"))
        at += 2 + head[at + 1]
    return found
