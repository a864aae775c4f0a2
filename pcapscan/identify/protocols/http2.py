"""HTTP/2 in clear (h2c), and so gRPC without TLS.

On the wire (RFC 9113 sections 3.4, 4.1 and 6.5): the client begins with ``PRI * HTTP/2.0 CRLF CRLF SM CRLF CRLF`` and a SETTINGS frame, the
server with a SETTINGS frame.

Looked at: the preface byte by byte, the header and length of every frame behind it. Mid-stream: a chain of at least three frames.

Fools it: an HTTP/1.1 request with ``Upgrade: h2c`` is http, what it becomes is not asked; gRPC shows only as a content type in compressed headers, so it is named http2.

Facts: none.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be24, be32, helper, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._contract import PLACED

NAME = "http2"
TRANSPORTS = (TCP,)
FIRST = (None, None)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = 4
MAX_FRAME = 1 << 20
PLACES = {
    TCP: (
        {place: PREFACE[place : place + 1] for place in range(PLACED)},
        {0: bytes(range(17)), 3: b"\x04", 4: b"\0\x01", 5: b"\0", 6: b"\0", 7: b"\0"},
    )
}


@helper
def frame(b: Any, n: int, i: int) -> int:
    """Length of the payload of the frame at ``i``; -1 cut, -2 none."""
    size, kind, stream = be24(b, n, i), u8(b, n, i + 3), be32(b, n, i + 5)
    if size > MAX_FRAME or kind > 12:
        return -2
    if stream == -1:
        return -1
    if stream >> 31 or (kind == SETTINGS and (stream != 0 or size % 6 != 0 or u8(b, n, i + 4) > 1)):
        return -2
    if (kind == 0 or kind == 1 or kind == 9) and stream == 0:
        return -2
    if (kind == 3 and size != 4) or (kind == 6 and size != 8) or (kind == 8 and size != 4):
        return -2
    return size


@helper
def frames(b: Any, n: int, i: int) -> int:
    """How many frames follow each other from ``i`` on; -1 something else."""
    count = 0
    while i < n:
        size = frame(b, n, i)
        if size == -2:
            return -1
        if size == -1:
            return count
        count += 1
        i += 9 + size
    return count


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        k = 0
        preface = PREFACE
        while k < 24 and k < n and u8(b, n, k) == preface[k]:
            k += 1
        if k == 24:
            return 120 if frames(b, n, 24) >= 0 else 0
        if k == n:
            return -min(6 * k, 100)
    elif u8(b, n, 3) == SETTINGS:
        count = frames(b, n, 0)
        if count >= 1:
            return 44 + min(count, 4) * 8
        return 0 if count < 0 else -24
    elif n <= 3:
        return -4 if u8(b, n, 0) == 0 else 0
    if ctx[1] & HEAD_MIDSTREAM:
        count = frames(b, n, 0)
        return min(count, 6) * 14 if count >= 3 else 0
    return 0
