"""RTSP, with its media interleaved.

On the wire (RFC 2326 sections 6 and 7, RFC 7826): a request line ``METHOD rtsp://... RTSP/1.0`` or ``RTSP/1.0 nnn``; binary data follow
``$``, a channel and a length (section 10.12).

Looked at: method and version, or the status line; mid-stream, the chain of ``$`` frames.

Fools it: a request that speaks of ``*`` needs its ``RTSP/1.0``.

Facts: ``url``, ``user_agent``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, lit, u8
from pcapscan.tables import TCP, UDP

from ._text import find, line_end, listed, vocabulary, word, word_nocase

NAME = "rtsp"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"ODSPTGARC$", b"R$OSGA")

METHODS = vocabulary(b"OPTIONS |DESCRIBE |SETUP |PLAY |PAUSE |TEARDOWN |GET_PARAMETER |SET_PARAMETER |ANNOUNCE |RECORD |REDIRECT ")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 0) == 36:
        bits = 0
        at = 0
        for _ in range(5):
            size = be16(b, n, at + 2)
            if size == -1:
                break
            if u8(b, n, at) != 36 or u8(b, n, at + 1) > 15 or size < 8:
                return bits if lit(b, n, at, b"RTSP/1.0") or listed(b, n, at, METHODS) > 0 else 0
            bits += 12 + (2 if u8(b, n, at + 4) >> 6 == 2 else 0)
            at += size + 4
        return bits if bits else -8
    m = word(b, n, 0, b"RTSP/1.0 |RTSP/2.0 ")
    if m > 0:
        return 60
    if m < 0:
        return -2
    m = listed(b, n, 0, METHODS)
    if m <= 0:
        return -2 if m else 0
    if word_nocase(b, n, m, b"rtsp://|rtspu://") > 0:
        return 56
    end = line_end(b, n, 0)
    if end == -2:
        return -8
    return 40 if end > 0 and find(b, n, m, end, b" rtsp/1.0") > 0 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    if len(words) == 3 and not words[0].startswith(b"RTSP"):
        found["url"] = words[1].decode("latin-1")
    for line in lines[1:30]:
        if line.lower().startswith((b"user-agent:", b"server:")):
            found["user_agent"] = line.partition(b":")[2].strip().decode("latin-1")
    return found
