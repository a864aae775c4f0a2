"""DHCPv6.

On the wire (RFC 8415 section 8): message type 1 to 36, a transaction id of three bytes, then options of code and length (section 21.1);
relay messages (12, 13) have hop count and two addresses instead of the id.

Looked at: the type, the walk over all options up to the datagram's exact end, identifiers' DUID types (section 11.1).

Fools it: other TLV protocols of two-byte code and length could; the DUID or elapsed-time option must be there.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import HEAD_SNAPPED, UDP

NAME = "dhcpv6"
TRANSPORTS = (UDP,)
FIRST = (bytes(range(1, 37)), bytes(range(1, 37)))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 0)
    at = 34 if kind == 12 or kind == 13 else 4
    if n < at + 4:
        return 0
    bits = 3
    named = 0
    for _ in range(40):
        code = be16(b, n, at)
        size = be16(b, n, at + 2)
        if code < 1 or code > 150 or size < 0:
            return 0
        kindof = be16(b, n, at + 4)
        if (code == 1 or code == 2) and 1 <= kindof <= 4 and size >= 6:
            named += 20
        elif (code == 3 and size >= 12) or (code == 8 and size == 2) or (code == 6 and size % 2 == 0):
            named += 12
        elif code == 9 and size >= 4:
            named += 8
        bits += 7
        at += 4 + size
        if at >= n:
            break
    if at < n or (at > n and not ctx[1] & HEAD_SNAPPED) or named < 20:
        return 0
    return min(bits, 21) + min(named, 40) + (12 if at == n else 0)
