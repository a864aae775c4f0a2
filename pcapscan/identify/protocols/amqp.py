"""AMQP 0-9-1 (RabbitMQ) and 1.0 (Service Bus, Qpid).

On the wire (AMQP 0-9-1 sections 4.2.2 and 4.2.3; AMQP 1.0 section 2.2): each side may begin with ``AMQP`` and four bytes of version;
0-9-1 frames are type, channel, size, payload, 0xCE; 1.0 frames are size, data offset 2, type, channel.

Looked at: the header; frames to their end byte, one after the other; Connection.Start as the server's first.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, lit, u8
from pcapscan.tables import TCP

from ._text import word

NAME = "amqp"
TRANSPORTS = (TCP,)
FIRST = (b"A\x01\x02\x03\x08\x00", b"A\x01\x02\x03\x08\x00")


@helper
def frames(b: Any, n: int, at: int) -> int:
    """Bits of 0-9-1 frames from ``at``; 0 one cannot be; negative where the head ends in the first."""
    bits = 0
    for _ in range(8):
        kind = u8(b, n, at)
        if kind == -1:
            break
        size = be32(b, n, at + 3)
        if kind not in (1, 2, 3, 8) or size > 0x200000:
            return 0
        end = u8(b, n, at + 7 + size) if size >= 0 else -1
        # Connection.Start (10, 10) with version 0-9 opens a server's stream
        if at == 0 and kind == 1 and be32(b, n, 7) == 0x000A000A and be16(b, n, 11) == 9:
            bits += 50
        if end == -1:
            return bits + 6 if bits else -6
        if end != 0xCE:
            return 0
        bits += 16
        at += 8 + size
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 0) == 65:
        if not lit(b, n, 0, b"AMQP"):
            return -6 if word(b, n, 0, b"AMQP") else 0
        kind = u8(b, n, 4)
        if kind > 3:
            return 0
        return 48 if be24(b, n, 5) >= 0 and u8(b, n, 5) < 10 else -32
    if u8(b, n, 0) == 0:
        # AMQP 1.0 frame
        size = be32(b, n, 0)
        if size == -1 or u8(b, n, 5) == -1:
            return -1
        if size < 8 or u8(b, n, 4) != 2 or u8(b, n, 5) > 1 or u8(b, n, 8) > 0:
            return 0
        return 30 if u8(b, n, 9) == 0x53 else 8 if size == 8 else 0 if u8(b, n, 9) != -1 else -8
    return frames(b, n, 0)
