"""MongoDB.

On the wire (MongoDB manual, "Wire Protocol"): little-endian message length, request id, response-to, opcode (OP_REPLY 1, 2001 to 2013);
OP_QUERY names a collection, OP_MSG holds BSON documents that begin with their own length.

Looked at: length, opcode, collection name, BSON length, response-to against the request id.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, le32, u8
from pcapscan.tables import TCP

NAME = "mongodb"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: ({3: b"\0\x01\x02"},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = le32(b, n, 0)
    op = le32(b, n, 12)
    if op == -1:
        return -1 if size == -1 or 16 <= size <= 48000000 else 0
    if size < 16 or size > 48000000 or not ((op == 1 and side == 1) or (2001 <= op <= 2007 and side == 0) or 2010 <= op <= 2013):
        return 0
    bits = 20
    if size == n:
        bits += 14
    elif size < n:
        if le32(b, n, size) >= 0 and le32(b, n, size) < 16:
            return 0
        bits += 4
    if pn and be32(b, n, 4 + 4 * side) == be32(p, pn, 8 - 4 * side):
        bits += 20
    if op == 2004:
        i = 20
        while i < n and u8(b, n, i) > 32:
            i += 1
        return bits + 14 if i > 22 and u8(b, n, i) <= 0 else 0 if i < n else -bits
    if op == 2013 and u8(b, n, 20) == 0:
        inner = le32(b, n, 21)
        if inner != -1 and not 5 <= inner <= size - 21:
            return 0
        bits += 16 if inner != -1 else 0
    if op == 1 and side == 1:
        inner = le32(b, n, 36)
        if inner > size - 36:
            return 0
        bits += 10
    return bits
