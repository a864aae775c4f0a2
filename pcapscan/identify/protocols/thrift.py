"""Apache Thrift, binary and compact protocols, framed or not.

On the wire (thrift-binary-protocol.md, thrift-compact-protocol.md): 80 01 00 and a message type, name length, name, sequence number;
compact: 0x82, type and version 1, sequence number, name. Framed: a length before.

Looked at: those, printable names, the same name on both sides.

Fools it: the old binary protocol without version is not recognised.

Facts: ``method``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be24, be32, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "thrift"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x80\x82\x00", b"\x80\x82\x00")


@helper
def name(b: Any, n: int, i: int, size: int) -> bool:
    """Whether a method's name of ``size`` letters stands at ``i``."""
    if size <= 0 or size > 128:
        return False
    for k in range(i, min(n, i + size)):
        c = u8(b, n, k)
        if not (48 <= c <= 58 or 65 <= c <= 90 or 97 <= c <= 122 or c == 95 or c == 46):
            return False
    return True


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 4 if u8(b, n, 0) == 0 else 0
    if at and n < 5:
        return -1
    if u8(b, n, at) == 0x82:
        kind = u8(b, n, at + 1)
        if kind & 31 != 1 or not 1 <= kind >> 5 <= 4:
            return 0
        i = at + 2
        while u8(b, n, i) >= 128 and i < at + 7:
            i += 1
        size = u8(b, n, i + 1)
        return 13 + min(size, 12) + 10 if name(b, n, i + 2, size) and size > 2 else 0
    if be24(b, n, at) != 0x800100:
        return -4 if n < at + 3 and u8(b, n, at) in (0x80, -1) else 0
    kind = u8(b, n, at + 3)
    size = be32(b, n, at + 4)
    if size == -1:
        return -20
    return 50 if 1 <= kind <= 4 and name(b, n, at + 8, size) else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 4 if head[:1] == b"\0" else 0
    if head[at : at + 1] != b"\x80":
        return {}
    return {"method": head[at + 8 : at + 8 + int.from_bytes(head[at + 4 : at + 8], "big")].decode("latin-1")}
