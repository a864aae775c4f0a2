"""DCE/RPC, and so MSRPC on any TCP port.

On the wire (DCE 1.1 RPC, C706 chapter 12): connection-oriented PDUs of version 5 (12.6.3) over TCP, each with its fragment's length, or
version 4 datagrams with an 80-byte header (12.5.2.1).

Looked at: version, PDU type against the side that may send it, data representation, fragment length against the next PDU's start, call id
between both sides, the NDR transfer syntax of a bind; for datagrams the body length and the activity id of both sides.

Fools it: DCE/RPC inside SMB pipes or HTTP is not seen (the carrier is named).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, le16, u8
from pcapscan.tables import HEAD_SNAPPED, TCP, UDP

from ._text import find_exact, same

NAME = "dcerpc"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x05\x04", b"\x05\x04")

# C706 12.6.4: request 0, response 2, fault 3, bind 11, bind_ack 12, bind_nak 13, alter 14, alter_resp 15, auth3 16, shutdown 17, cancel 18,
# orphaned 19; one bit each, by side.
FROM_CLIENT = 1 << 0 | 1 << 11 | 1 << 14 | 1 << 16 | 1 << 18 | 1 << 19
FROM_SERVER = 1 << 2 | 1 << 3 | 1 << 12 | 1 << 13 | 1 << 15 | 1 << 17


@helper
def connection(b: Any, n: int, side: int, p: Any, pn: int) -> int:
    """Look at version 5 PDUs."""
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        if u8(b, n, at) != 5:
            return 0
        minor = u8(b, n, at + 1)
        kind = u8(b, n, at + 2)
        if minor > 1 or kind > 19:
            return 0
        if kind >= 0 and not ((FROM_SERVER if side else FROM_CLIENT) >> kind) & 1:
            return 0
        drep = u8(b, n, at + 4)
        if drep != 16 and drep != 0 and drep != 17 and drep != 1 and drep != -1:
            return 0
        if u8(b, n, at + 5) > 3 or be16(b, n, at + 6) > 0:
            return 0
        little = drep >= 16
        size = le16(b, n, at + 8) if little else be16(b, n, at + 8)
        auth = le16(b, n, at + 10) if little else be16(b, n, at + 10)
        if size == -1 or auth == -1:
            return -(bits + 8)
        if size < 16 or auth + 16 > size:
            return 0
        bits += 26 if little else 20
        if at == 0 and be32(b, n, 12) >= 0 and be32(b, n, 12) == be32(p, pn, 12):
            bits += 10
        if (kind == 11 or kind == 12) and find_exact(b, n, at + 24, at + 512, b"\x04]\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8") >= 0:
            bits += 60
        at += size
        if at == n:
            bits += 8
    return bits


@helper
def datagram(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """Look at a version 4 datagram."""
    kind = u8(b, n, 1)
    drep = u8(b, n, 4)
    if n < 80 or kind > 10 or (drep != 16 and drep != 0) or u8(b, n, 5) > 3 or u8(b, n, 78) > 1:
        return 0
    # request 0, ping 1, ack 7 and cancel 8 are the client's; response 2, fault 3, working 4, nocall 5, reject 6 the server's
    if (kind in (0, 1, 8)) != (side == 0) and kind != 7 and kind != 9 and kind != 10:
        return 0
    size = le16(b, n, 74) if drep else be16(b, n, 74)
    if size + 80 > n and not ctx[1] & HEAD_SNAPPED:
        return 0
    bits = 16
    if size + 80 == n:
        bits += 16
    if same(b, n, 40, p, pn, 40, 16):
        bits += 64
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        return datagram(b, n, side, p, pn, ctx) if u8(b, n, 0) == 4 else 0
    return connection(b, n, side, p, pn)
