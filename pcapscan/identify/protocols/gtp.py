"""GTP: the tunnels of mobile networks, control (versions 1, 2), user plane where it was not unwrapped, and charging (GTP').

On the wire (3GPP TS 29.060 section 6, 29.281 section 5, 29.274 section 5, 32.295 section 6.1): version, protocol type and flags, message
type, length, tunnel id, sequence number.

Looked at: flags, type range, length equal to the datagram; user plane: an IP header within; version 2: information elements to the end.

Fools it: short echoes need their answer.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "gtp"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (bytes([*range(0x30, 0x38), *range(0x40, 0x50), 0x0E, 0x0F, 0x1E, 0x1F, 0x2E, 0x2F]),) * 2


@helper
def version2(b: Any, n: int, size: int) -> int:
    """Bits of a version 2 message; 0 its elements do not fill it."""
    at = 12 if u8(b, n, 0) & 8 else 8
    end = min(n, size + 4)
    bits = 14
    if u8(b, n, at - 1) == 0:
        bits += 6
    for _ in range(40):
        if at >= end:
            break
        step = be16(b, n, at + 1)
        if step < 0 or u8(b, n, at) == 0 or u8(b, n, at + 3) > 15:
            return 0
        bits += 5
        at += step + 4
    return min(bits, 50) if at == end else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    kind = u8(b, n, 1)
    size = be16(b, n, 2)
    if n < 8 or size < 0:
        return 0
    piggy = first & 0x10 and first >> 5 == 2
    if first >> 5 == 2:
        if size + 4 != n and not (piggy and size + 4 < n):
            return 0
        return version2(b, n, size) + 6 if version2(b, n, size) else 0
    if first & 0x10 == 0:
        # version 0: a header of 20 bytes with three of ones
        if first >= 0x1E and first <= 0x1F and size + 20 == n and be24(b, n, 9) == 0xFFFFFF:
            return 50
        # GTP': a header of 6 bytes, or of 20 as in version 0
        if kind not in (1, 2, 3, 4, 5, 6, 7, 240, 241) or (size + 6 != n and size + 20 != n):
            return 0
        bits = 24
        if kind == 240 and u8(b, n, n - size) == 0x7E:
            bits += 12
        elif kind == 241 and u8(b, n, n - size) == 1:
            bits += 10
    else:
        if size + 8 != n or kind == 0:
            return 0
        bits = 5 + 14
        if kind == 255:
            at = 12 if first & 7 else 8
            version = u8(b, n, at) >> 4
            inner = be16(b, n, at + 2) if version == 4 else be16(b, n, at + 4) + 40
            return bits + 8 + 18 if (version == 4 or version == 6) and inner + at <= n and inner + at + 8 >= n else 0
        if not (
            1 <= kind <= 7 or 16 <= kind <= 60 or kind in (26, 31, 70, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 112, 240, 241, 254)
        ):
            return 0
        bits += 2
        if first & 7 == 2 and be16(b, n, 10) == 0:
            bits += 6
        if kind <= 2 and be32(b, n, 4) == 0:
            bits += 10
        elif 16 <= kind <= 21:
            # create, update, delete PDP context: first element is of a known type
            bits += 6 if u8(b, n, 12) in (1, 2, 3, 4, 5, 14, 15, 16, 17, 19, 20) else 0
    if pn and be16(p, pn, 8) == be16(b, n, 8) and u8(p, pn, 0) >> 4 == first >> 4:
        bits += 12
    return bits
