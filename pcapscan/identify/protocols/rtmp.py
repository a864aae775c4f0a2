"""RTMP, Flash's streaming and still the way to feed live video.

On the wire (Adobe RTMP 1.0 section 5.2): a version byte 3 and 1,536 bytes: time, zero or a version, random; then each side repeats the
other's. Chunks follow.

Looked at: the version, zeros or a Flash version, the repeated bytes, the first chunk (``connect``).

Fools it: the first 1,537 bytes alone are nearly free, they need the other side.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP

from ._text import find, same

NAME = "rtmp"
TRANSPORTS = (TCP,)
FIRST = (b"\x03", b"\x03")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if n < 9:
        return -4
    zero = be32(b, n, 5)
    bits = 6
    if zero == 0 or (u8(b, n, 5) in (9, 10, 11, 128, 4, 3, 5, 12, 13) and u8(b, n, 6) < 4):
        bits += 8
    elif side == 0:
        return 0
    if be32(b, n, 1) < 0x20000000:
        bits += 2
    # the second 1,536 bytes repeat the peer's first
    if same(b, n, 1537 + 8, p, pn, 9, 16) and be32(b, n, 1545) != be32(b, n, 1549):
        bits += 60
    if find(b, n, 1537, n, b"\x02\x00\x07connect") > 0:
        bits += 50
    if find(b, n, 1537, n, b"\x02\x00\x07_result") > 0:
        bits += 50
    if pn > 8 and u8(p, pn, 0) == 3 and n >= 1537:
        bits += 4
    return bits
