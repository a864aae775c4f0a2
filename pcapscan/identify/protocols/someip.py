"""SOME/IP, in vehicles.

On the wire (AUTOSAR PRS SOME/IP section 4.1): service and method id, length, client and session id, protocol version 1, interface
version, message type, return code.

Looked at: length equal to the datagram, versions, types, return code, ids of both sides; service discovery (FFFF8100).

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "someip"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (None, None)
PLACES = dict.fromkeys(TRANSPORTS, ({4: b"\0", 5: b"\0\x01"},) * 2)


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be32(b, n, 4)
    kind = u8(b, n, 14)
    code = u8(b, n, 15)
    if code == -1:
        return -1 if size < 0x10000 and ctx[0] != UDP else 0
    if (
        size < 8
        or size > 0x10000
        or u8(b, n, 12) != 1
        or u8(b, n, 13) == 0
        or kind not in (0, 1, 2, 0x40, 0x80, 0x81, 0x20, 0x21, 0x22, 0xA0, 0xA1)
        or code > 0x5E
    ):
        return 0
    if ctx[0] == UDP and size + 8 > n:
        return 0
    bits = 8 + 5 + 4 + 6
    if code and kind < 0x80:
        return 0
    if size + 8 == n:
        bits += 14
    elif u8(b, n, size + 8 + 12) == 1:
        bits += 12
    elif size + 8 < n:
        return 0
    if be32(b, n, 0) == 0xFFFF8100:
        bits += 20
    if pn and be32(p, pn, 0) == be32(b, n, 0):
        bits += 10
    return bits
