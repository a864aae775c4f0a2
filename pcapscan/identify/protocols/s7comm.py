"""Siemens S7 communication, and S7comm-plus, over ISO on TCP.

On the wire (RFC 1006 section 6, ISO 8073; S7 as Wireshark's authors describe it): TPKT 03 00 and length; COTP connect (0xE0, 0xD0) with
TSAPs of two bytes, or data 02 F0 80; then 0x32 (or 0x72) and the message type.

Looked at: TPKT length, COTP, the S7 header with its lengths, on each message.

Fools it: a COTP connect alone may be any OSI application; the next message decides.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP

from ._text import find_exact

NAME = "s7comm"
TRANSPORTS = (TCP,)
FIRST = (b"\x03", b"\x03")


@helper
def payload(b: Any, n: int, at: int, size: int) -> int:
    """Bits of the S7 header behind COTP data at ``at``."""
    c = u8(b, n, at + 7)
    if c == 0x72:
        return 20 if u8(b, n, at + 8) <= 4 and be16(b, n, at + 9) + 15 == size else 8
    kind = u8(b, n, at + 8)
    if c != 0x32 or kind not in (1, 2, 3, 7, 8):
        return 0
    head = 12 if kind in (2, 3) else 10
    if be16(b, n, at + 9) == 0 and be16(b, n, at + 13) + be16(b, n, at + 15) + head + 7 == size:
        return 34
    return 10


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        size = be16(b, n, at + 2)
        kind = u8(b, n, at + 5)
        if u8(b, n, at) != 3 or u8(b, n, at + 1) > 0:
            return 0
        if size == -1 or kind == -1:
            return -max(bits, 2)
        if size < 7 or ((kind == 0xE0) == (side == 1) and kind == 0xE0):
            return 0
        if kind == 0xE0 or kind == 0xD0:
            # parameters: TPDU size C0 01, called and calling TSAP C1 02, C2 02 of rack and slot; RDP has a cookie or negotiation there
            if size + at > n:
                return -max(bits, 8)
            if (
                u8(b, n, at + 4) + 5 != size
                or find_exact(b, n, at + 11, at + size, b"\xc1") < 0
                or find_exact(b, n, at + 11, at + size, b"\xc2") < 0
            ):
                return 0
            bits += 20
        elif kind == 0xF0 and u8(b, n, at + 4) == 2:
            got = payload(b, n, at, size)
            if got == 0 and n > at + 8 and size > 7:
                return 0
            bits += got + 12
        else:
            return 0
        at += size
    return bits
