"""Ethereum's node discovery, version 4.

(Its RLPx sessions over TCP are random bytes by design and stay unknown.)

On the wire (devp2p discv4.md, "Wire Protocol"): hash of 32 bytes, signature of 65 whose last byte is 0 or 1, packet type 1 to 6, an RLP
list to the end.

Looked at: the signature's last byte, type, the list's length against the datagram, an expiration that is a plausible time.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "ethereum"
TRANSPORTS = (UDP,)
FIRST = (None, None)


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 97)
    c = u8(b, n, 98)
    if u8(b, n, 96) > 1 or kind == 0 or kind > 6 or n < 104:
        return 0
    # RLP: a list of up to 55 bytes, or of a length in one or two bytes
    end = 99 + c - 0xC0
    if c >= 0xF8:
        end = 100 + u8(b, n, 99) if c == 0xF8 else 101 + be16(b, n, 99) if c == 0xF9 else 0
    if c < 0xC0 or end != n:
        return 0
    bits = 7 + 5 + 14
    for k in range(n - 12, n - 4):
        if u8(b, n, k) == 0x84 and 0x55000000 < be32(b, n, k + 1) < 0x90000000:
            return bits + 10
    return bits if kind > 4 else 0
