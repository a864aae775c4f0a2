"""Network Time Protocol, versions 1 to 4, its control and private messages.

On the wire (RFC 5905 section 7.3): leap, version, mode, stratum, poll, precision, root delay and dispersion, reference id, four
timestamps; 48 bytes, then extension fields or a MAC in multiples of four. Mode 6 (RFC 9327) and mode 7 (ntpd's ``monlist``) have their
own headers.

Looked at: the sizes, the ranges of the fields, the peer's transmit time echoed as origin, times that lie close together.

Fools it: a client may send random transmit times and zeros elsewhere; that is named by its length, first byte and zeros.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

from ._text import same

NAME = "ntp"
TRANSPORTS = (UDP,)
FIRST = (None, None)
PLACES = {UDP: tuple({0: bytes(b for b in range(256) if 1 <= (b >> 3) & 7 <= 4 and b & 7 not in (0, wrong))} for wrong in (4, 3))}


@helper
def zeros(b: Any, n: int, i: int, stop: int) -> bool:
    """Whether all bytes from ``i`` to ``stop`` are zero."""
    for k in range(i, stop):  # noqa: SIM110 - numba compiles the loop, not the generator
        if u8(b, n, k) != 0:
            return False
    return True


@helper
def control(b: Any, n: int) -> int:
    """Bits of a mode 6 message, whose count must agree with its length."""
    size = be16(b, n, 10)
    if size < 0 or u8(b, n, 0) >= 64 or (u8(b, n, 1) & 31 > 12 and u8(b, n, 1) & 31 < 31) or 12 + size > n or n > 12 + size + 28:
        return 0
    if be16(b, n, 8) != 0:
        return 0
    return 30 if size else 36 if n == 12 else 20


@helper
def private(b: Any, n: int) -> int:
    """Bits of a mode 7 message, whose items must fit its length."""
    code = u8(b, n, 3)
    maker = u8(b, n, 2)
    count = be16(b, n, 4) & 0xFFF
    size = be16(b, n, 6)
    if size < 0 or size > 0xFFF or code > 45 or maker not in (0, 2, 3):
        return 0
    if u8(b, n, 0) >= 128:
        return 40 if count and size and count * size + 8 == n else 34 if n == 8 and maker == 3 else 0
    return 34 if maker == 3 and be32(b, n, 4) == 0 and (n == 8 or zeros(b, n, 8, n)) else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    mode = first & 7
    version = (first >> 3) & 7
    if version < 1 or version > 4 or mode == 0:
        return 0
    if mode == 6:
        return control(b, n)
    if mode == 7:
        return private(b, n)
    if n < 48 or n % 4 or n > 200 or (side == 0 and mode == 4) or (side == 1 and mode == 3):
        return 0
    poll = u8(b, n, 2)
    precision = u8(b, n, 3)
    if u8(b, n, 1) > 16 or (poll > 17 and poll < 250) or (precision != 0 and precision < 0xE0 and precision > 10):
        return 0
    bits = 12 if n == 48 else 3
    if be32(b, n, 4) >= 0x100000 or be32(b, n, 8) >= 0x400000:
        return 0
    if zeros(b, n, 1, 40):
        return bits + 24 if n == 48 else bits
    bits += 20 if be32(b, n, 4) or be32(b, n, 8) > 0xFFFF or u8(b, n, 1) in (1, 2, 3) else 10
    sent = be32(b, n, 40)
    if be16(b, n, 32) == be16(b, n, 40) and sent > 0x10000000 and be32(b, n, 44) != sent:
        bits += 12
    if be16(b, n, 16) == be16(b, n, 40) and sent > 0x10000000 and be32(b, n, 44) != sent:
        bits += 12
    if sent > 0xC0000000 or (0 < sent < 0x10000000):
        bits += 1
    if side == 1 and mode == 4 and same(b, n, 24, p, pn, 40, 8):
        bits += 32
    elif zeros(b, n, 12, 16) or zeros(b, n, 24, 32):
        bits += 8
    return bits
