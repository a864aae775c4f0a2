"""CAPWAP, wireless access points and their controller.

On the wire (RFC 5415 section 4.3): preamble (version 0, type 0 plain or 1 DTLS), header length, radio and binding, flags, fragment; a
control message has a type, sequence number, element length.

Looked at: plain control: message type, length against the datagram; DTLS: 01 00 00 00 and a DTLS record.

Fools it: data frames have little of their own.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, u8
from pcapscan.tables import UDP

NAME = "capwap"
TRANSPORTS = (UDP,)
FIRST = (b"\x00\x01", b"\x00\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 0) == 1:
        if be24(b, n, 1) != 0:
            return 0
        kind = u8(b, n, 4)
        return 40 if 20 <= kind <= 23 and u8(b, n, 5) == 0xFE and u8(b, n, 6) >= 0xFD and be16(b, n, 15) + 17 <= n else 0
    # header length in words is five bits; wireless binding 1 (802.11) in most
    head = 4 * (u8(b, n, 1) >> 3)
    if head < 8 or head > 32 or be32(b, n, 4) != 0:
        return 0
    kind = be32(b, n, head)
    size = be16(b, n, head + 5)
    if not (1 <= kind <= 26 or 0x33DD01 <= kind <= 0x33DD04) or size + head + 5 > n + 3 or n > size + head + 5 + 3:
        return 0
    return 8 + 8 + 18 + 12
