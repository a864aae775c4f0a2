"""CoAP.

On the wire (RFC 7252 section 3): version 1, type, token length, code, message id, token, options of delta and length, 0xFF before a
payload.

Looked at: code by side, the walk over the options (known numbers, allowed lengths) to the payload marker or the exact end, message id and
token of both sides, further datagrams.

Fools it: short pings and acknowledgements need their counterpart.

Facts: ``uri_path``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

from ._text import printable

NAME = "coap"
TRANSPORTS = (UDP,)
FIRST = (bytes(range(0x40, 0x80)), bytes(range(0x40, 0x80)))


@helper
def options(b: Any, n: int, at: int, code: int) -> int:
    """Bits of the options from ``at``; 0 they cannot be."""
    bits = 0
    number = 0
    for _ in range(32):
        c = u8(b, n, at)
        if c == -1:
            return bits + 6
        if c == 255:
            return bits + 6 if at + 1 < n else 0
        at += 1
        delta = c >> 4
        size = c & 15
        if delta == 15 or size == 15:
            return 0
        if delta >= 13:
            delta = u8(b, n, at) + 13 if delta == 13 else be16(b, n, at) + 269
            at += 1 if delta < 269 else 2
        if size >= 13:
            size = u8(b, n, at) + 13 if size == 13 else be16(b, n, at) + 269
            at += 1 if size < 269 else 2
        number += delta
        at += size
        if at > n:
            return 0
        # Uri-Host, Uri-Path, Uri-Query: text; others of at most eight bytes, or opaque
        if number in (2, 3, 11, 15, 8, 20, 35):
            # what is asked for stands in requests only, a location only in the answer 2.01
            if not printable(b, n, at - size, at) or (code > 7 and (number not in (8, 20) or code != 65)):
                return 0
            bits += 4 + (min(3 * size // 2, 16) if code <= 7 else 0)
        elif number in (1, 4, 5, 6, 7, 9, 12, 14, 17, 19, 23, 27, 28, 39, 60, 252, 258, 292, 16, 13, 21):
            if size > (8 if number not in (1, 39, 9, 252, 292) else 255) or (number in (6, 7, 12, 14, 17, 23, 27, 28, 60) and size > 4):
                return 0
            bits += 3
        elif number < 2048:
            return 0
    return bits


@helper
def message(b: Any, n: int, i: int) -> int:
    """Bits of the message that fills ``i`` to ``n``; 0 it is none."""
    first = u8(b, n, i)
    code = u8(b, n, i + 1)
    token = first & 15
    if first >> 6 != 1 or token > 8 or n < i + 4 + token:
        return 0
    if code == 0:
        return 10 if n == i + 4 and token == 0 else 0
    if not (code <= 7 or 64 <= code <= 69 or code == 0x5F or 128 <= code <= 143 or code == 157 or 160 <= code <= 165):
        return 0
    got = options(b, n, i + 4 + token, code)
    return got + 3 if got else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = message(b, n, 0)
    if bits == 0:
        return 0
    bits = min(bits, 44)
    if (pn and be16(p, pn, 2) == be16(b, n, 2)) or (
        pn and u8(b, n, 0) & 15 >= 2 and u8(b, n, 0) & 15 == u8(p, pn, 0) & 15 and be16(p, pn, 4) == be16(b, n, 4)
    ):
        bits += 14
    stop = ctx[5]
    if stop > n:
        other = message(b, stop, n)
        if other == 0:
            return 0
        bits += min(other, 12)
        if (be16(b, stop, n + 2) - be16(b, n, 2)) & 0xFFFF < 4:
            bits += 12
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at, number, path = 4 + (head[0] & 15), 0, []
    while at < len(head) and head[at] != 255:
        delta, size = head[at] >> 4, head[at] & 15
        at += 1
        if delta >= 14 or size >= 14:
            break
        if delta == 13:
            delta, at = head[at] + 13, at + 1
        if size == 13:
            size, at = head[at] + 13, at + 1
        number += delta
        if number == 11:
            path.append(head[at : at + size].decode("utf-8", "replace"))
        at += size
    return {"uri_path": "/" + "/".join(path)} if path else {}
