"""WireGuard.

On the wire (WireGuard whitepaper section 5.4): type and three zero bytes; initiation (1) is 148 bytes, response (2) 92, cookie (3) 64,
data (4) a multiple of 16 with a receiver index and a little-endian counter.

Looked at: types with their exact lengths, zeros of the last MAC, indices that the sides exchange, counters that go up.

Fools it: protocols derived from it (some VPNs change the zeros; Zoom and TeamViewer resemble it in data); data alone need two datagrams.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be24, be32, helper, le32, u8
from pcapscan.tables import UDP

NAME = "wireguard"
TRANSPORTS = (UDP,)
FIRST = (b"\x01\x02\x03\x04", b"\x01\x02\x03\x04")


@helper
def zeros(b: Any, n: int, i: int) -> bool:
    """Whether 16 zero bytes stand at ``i``."""
    return be32(b, n, i) == 0 and be32(b, n, i + 4) == 0 and be32(b, n, i + 8) == 0 and be32(b, n, i + 12) == 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 0)
    if n < 32 or be24(b, n, 1) != 0:
        return 0
    bits = 6 + 6
    if kind == 1:
        if n < 148:
            return 0
        # some clients pad
        return bits + 9 + (24 if zeros(b, n, 132) else 6) if n == 148 else bits
    if kind == 2:
        if be32(p, pn, 4) == be32(b, n, 8):
            bits += 30
        elif n != 92:
            return 0
        if n != 92:
            return bits if n > 92 else 0
        return bits + 9 + (24 if zeros(b, n, 76) else 6)
    if kind == 3:
        return bits + 9 if n == 64 else 0
    if n % 16 or le32(b, n, 12) > 0xFF:
        return 0
    bits += 3 + 4
    stop = ctx[5]
    if stop >= n + 32:
        if be32(b, stop, n + 4) != be32(b, n, 4) or be32(b, stop, n) != be32(b, n, 0):
            return 6 if u8(b, stop, n) in (1, 2) and be24(b, stop, n + 1) == 0 else 0
        step = le32(b, stop, n + 8) - le32(b, n, 8)
        if not -64 < step < 4096 or step == 0:
            return 0
        bits += 28 + (12 if step == 1 else 4)
    return bits
