"""Elasticsearch's and OpenSearch's transport protocol, between nodes.

Their REST interface is HTTP.

On the wire (TcpHeader in Elasticsearch's source, documented there): ``ES``, length, request id (8 bytes), status bits, version.

Looked at: those, and the next ``ES`` where the length ends.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP

NAME = "elasticsearch"
TRANSPORTS = (TCP,)
FIRST = (b"E", b"E")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 1) != 83:
        return -8 if n == 1 else 0
    size = be32(b, n, 2)
    if size == 0xFFFFFFFF:
        return 40
    status = u8(b, n, 14)
    if size == -1 or status == -1:
        return -16
    if size > 0x8000000 or be32(b, n, 6) > 0xFFFF or status > 15:
        return 0
    bits = 8 + 4 + 8 + 4 + (4 if u8(b, n, 15) == 0 else 0)
    if size + 6 == n or be16(b, n, size + 6) == 0x4553:
        bits += 14
    elif size + 6 < n:
        return 0
    return bits
