"""Apache Kafka.

On the wire (Kafka documentation, "Protocol"): big-endian length; a request has API key, API version, correlation id and client id (a
string of two-byte length); an answer begins with the correlation id.

Looked at: length against the next request, key and version ranges, printable client id, the correlation id of both sides.

Fools it: a lone answer has nothing of its own.

Facts: ``client_id``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._text import printable

NAME = "kafka"
TRANSPORTS = (TCP,)
FIRST = (b"\x00", b"\x00\x01\x02\x03")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be32(b, n, 0)
    if size == -1:
        return -1
    if size < 4 or size > 0x6400000:
        return 0
    if side == 1:
        if be32(b, n, 4) == -1:
            return -1
        if pn and be32(p, pn, 8) >= 0:
            if be32(p, pn, 8) != be32(b, n, 4):
                return 0 if not ctx[1] & HEAD_MIDSTREAM else 2
            return (20 if be32(p, pn, 8) else 6) + (8 if size + 4 == n else 0)
        return 2
    key = be16(b, n, 4)
    version = be16(b, n, 6)
    name = be16(b, n, 12)
    if key > 92 or version > 20 or (name != -1 and name != 0xFFFF and name + 10 > size):
        return 0
    if name == -1:
        return -8
    bits = 4 + 5 + 5 + 4
    if name != 0xFFFF:
        if name > 255 or not printable(b, n, 14, 14 + name):
            return 0
        bits += min(name, max(n - 14, 0), 12) + 6 if name else -8
    if size + 4 == n or (size + 4 < n and be16(b, n, size + 8) <= 92 and be32(b, n, size + 4) < 0x100000):
        bits += 12
    elif size + 4 < n:
        return 0
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    size = int.from_bytes(head[12:14], "big")
    return {"client_id": head[14 : 14 + size].decode("latin-1")} if side == 0 and 0 < size < 256 else {}
