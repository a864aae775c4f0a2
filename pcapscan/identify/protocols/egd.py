"""Ethernet Global Data (GE controllers).

On the wire (GFK-2224, "Ethernet Global Data"): type 13, version 1, request id, producer's address, exchange id, seconds and nanoseconds,
status, signature.

Looked at: type and version, nanoseconds below one second, a counting request id and the same exchange on further datagrams.

Fools it: one datagram has few bits.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, le32, u8
from pcapscan.tables import UDP

NAME = "egd"
TRANSPORTS = (UDP,)
FIRST = (b"\x0d", b"\x0d")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 1) != 1 or n < 32:
        return 0
    if le32(b, n, 16) >= 1000000000 or le32(b, n, 28) != 0:
        return 0
    bits = 16 + 2 + 8
    stop = ctx[5]
    if stop >= n + 32:
        if be16(b, stop, n) != 0x0D01 or be32(b, stop, n + 4) != be32(b, n, 4) or be32(b, stop, n + 8) != be32(b, n, 8):
            return 0
        bits += 40
    return bits
