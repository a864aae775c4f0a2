"""Apache Cassandra's and ScyllaDB's CQL.

On the wire (Cassandra's native_protocol_v4.spec section 2): version (high bit: answer), flags, stream, opcode, length; the first request
is OPTIONS (5) or STARTUP (1) with ``CQL_VERSION``.

Looked at: version and direction, opcode by side, length, strings of STARTUP and SUPPORTED.

Fools it: a bare OPTIONS is nine bytes; it needs its answer.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP

from ._text import find

NAME = "cassandra"
TRANSPORTS = (TCP,)
FIRST = (b"\x01\x02\x03\x04\x05\x06", b"\x81\x82\x83\x84\x85\x86")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    old = u8(b, n, 0) & 127 <= 2
    at = 3 if old else 4
    op = u8(b, n, at)
    size = be32(b, n, at + 1)
    if op == -1 or size == -1:
        return -3
    if op > 16 or u8(b, n, 1) > 31 or size > 0x10000000:
        return 0
    if side == 0 and op not in (1, 4, 5, 7, 9, 10, 11, 13, 15):
        return 0
    if side == 1 and op not in (0, 2, 3, 6, 8, 12, 14, 16):
        return 0
    bits = 6 + 5 + 5 + 4
    end = at + 5 + size
    if op == 5 or op == 2:
        if size:
            return 0
        bits += 6
    if end == n or (end < n and u8(b, n, end) == u8(b, n, 0)):
        bits += 10
    elif end < n:
        return 0
    named = (
        find(b, n, at, 200, b"cql_version") >= 0
        or find(b, n, at, 200, b"protocol_versions") >= 0
        or find(b, n, at, 200, b"compression") >= 0
    )
    if named and (op == 1 or op == 6 or (end < n and u8(b, n, end + at) == 1)):
        bits += 40
    return bits
