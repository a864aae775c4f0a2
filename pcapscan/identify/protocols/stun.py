"""STUN and TURN.

On the wire (RFC 8489 section 5): two zero bits, a message type, a length that is a multiple of 4, the magic cookie 21 12 A4 42, a
transaction id, attributes. RFC 3489 had no cookie. RFC 8656 section 12.4: channel data begin with 0x4000 to 0x4FFF and a length. Over TCP
a two-byte length may come first (RFC 4571).

Looked at: those; without cookie, the walk over all attributes and the transaction id on both sides.

Fools it: nothing known with the cookie.

Facts: ``software``, ``method``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import HEAD_SNAPPED, TCP, UDP

from ._text import same

NAME = "stun"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (None, None)
PLACES = {UDP: ({0: bytes(range(0x50))},) * 2}


@helper
def attributes(b: Any, n: int, at: int, end: int) -> int:
    """Bits of attributes that end exactly at ``end``; 0 they do not."""
    bits = 0
    for _ in range(24):
        if at >= end:
            break
        kind = be16(b, n, at)
        size = be16(b, n, at + 2)
        if size < 0 or not (0 < kind < 0x0200 or 0x8000 <= kind < 0x8100 or 0xC000 <= kind < 0xC080 or kind == 0xFF00 or kind == 0xDABE):
            return 0
        bits += 8
        at += 4 + ((size + 3) & ~3)
    return bits if at == end else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    if ctx[0] != UDP and be32(b, n, 6) == 0x2112A442:
        at = 2
    kind = be16(b, n, at)
    size = be16(b, n, at + 2)
    if size == -1:
        return -1 if u8(b, n, 0) < 128 else 0
    if 0x4000 <= kind <= 0x4FFF:
        # channel data: only the length, then the other datagrams of the same channel
        if ctx[0] == UDP and (size + 4 > n or size + 7 < n):
            return 0
        bits = 12 if ctx[0] == UDP else 4
        if pn and be16(p, pn, 0) == kind:
            bits += 10
        nxt = n if ctx[0] == UDP else (size + 7) & ~3
        stop = ctx[5] if ctx[0] == UDP else n
        if stop > nxt + 4:
            other = be16(b, stop, nxt)
            if other == kind:
                bits += 16
            elif not (other < 0x4000 and be32(b, stop, nxt + 4) == 0x2112A442) and not 0x4000 <= other <= 0x4FFF:
                return 0
        return bits
    if kind > 0x3FFF:
        return 0
    cookie = be32(b, n, at + 4)
    if cookie == -1:
        return -2 if ctx[0] != UDP else 0
    if cookie == 0x2112A442:
        if ctx[0] == UDP and size + 20 != n and not ctx[1] & HEAD_SNAPPED:
            return 34
        return 50
    if size % 4 or (ctx[0] == UDP and size + 20 != n):
        return 0
    if kind not in (0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112, 0x0003, 0x0103, 0x0113, 0x0004, 0x0115):
        return 0
    bits = 12 + (14 if size + 20 == n else 0)
    if size:
        got = attributes(b, n, 20, size + 20)
        # Microsoft's old TURN does not pad
        if got == 0 and kind != 0x0115:
            return 0
        bits += min(got, 24)
    if pn and same(b, n, 4, p, pn, 4, 16):
        bits += 40
    return bits if ctx[0] == UDP or bits > 40 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 2 if head[6:10] == b"\x21\x12\xa4\x42" else 0
    if head[at] >= 0x40:
        return {"method": "channel-data"}
    kind = int.from_bytes(head[at : at + 2], "big")
    names = {1: "binding", 3: "allocate", 4: "refresh", 6: "send", 7: "data", 8: "create-permission", 9: "channel-bind"}
    number = kind & 0xF | (kind >> 1) & 0x70 | (kind >> 2) & 0xF80
    found: dict[str, Any] = {"method": names.get(number, str(number))}
    where, end = at + 20, min(len(head), at + 20 + int.from_bytes(head[at + 2 : at + 4], "big"))
    while where + 4 <= end:
        size = int.from_bytes(head[where + 2 : where + 4], "big")
        if head[where : where + 2] == b"\x80\x22":
            found["software"] = head[where + 4 : where + 4 + size].decode("utf-8", "replace")
        where += 4 + ((size + 3) & ~3)
    return found
