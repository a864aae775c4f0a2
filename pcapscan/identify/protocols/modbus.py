"""Modbus/TCP.

On the wire (MODBUS Messaging on TCP/IP Implementation Guide section 3.1.3): transaction id, protocol 0, length, unit, function code (bit
7: exception), data.

Looked at: protocol 0, length to the next message, function codes, sizes that the function fixes, transaction id, unit and function of
both sides.

Fools it: one short message has few bits; it needs its answer or a second one.

Facts: ``function``, ``unit``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "modbus"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (None, None)
CODES = (*range(1, 25), 40, 43, *range(65, 73), 90, *range(100, 111))
"""Function codes that are assigned, or that users may assign."""
HEADER = {2: b"\0", 3: b"\0", 4: b"\0\x01"}
PLACES = dict.fromkeys(TRANSPORTS, (HEADER | {7: bytes(CODES)}, HEADER | {7: bytes(c | bad for c in CODES for bad in (0, 128))}))


@helper
def message(b: Any, n: int, at: int, side: int) -> int:
    """Bits of the message at ``at``; 0 it cannot be; negative where the head ends within its header."""
    size = be16(b, n, at + 4)
    code = u8(b, n, at + 7)
    if be16(b, n, at + 2) > 0 or size > 260 or 0 <= size < 2:
        return 0
    if code == -1:
        return -1
    plain = code & 127
    if (
        plain == 0
        or (24 < plain < 43 and plain != 40)
        or plain > 126
        or (43 < plain < 65)
        or (72 < plain < 90)
        or (90 < plain < 100)
        or plain > 110
    ):
        return 0
    bits = 5 + 6 + 2
    if code >= 128:
        if side == 0 or size != 3:
            return 0
        return bits + 8 if 0 < u8(b, n, at + 8) < 12 else 0
    if side == 0:
        if plain <= 6:
            # address and value or quantity
            return bits + 7 if size == 6 else 0
        if plain == 15 or plain == 16:
            return bits + 7 if size == 7 + u8(b, n, at + 12) or u8(b, n, at + 12) == -1 else 0
        return bits + 7 if plain == 43 and u8(b, n, at + 8) == 14 else bits
    if plain <= 4:
        count = u8(b, n, at + 8)
        return bits + 7 if count == size - 3 or count == -1 else 0
    if plain in (5, 6, 15, 16):
        return bits + 7 if size == 6 else 0
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        got = message(b, n, at, side)
        if got == 0:
            return 0
        if got < 0:
            return -max(bits, 1)
        bits += got
        at += 6 + be16(b, n, at + 4)
        if at == n:
            bits += 5
    if pn and be16(p, pn, 0) == be16(b, n, 0) and u8(p, pn, 6) == u8(b, n, 6) and u8(p, pn, 7) & 127 == u8(b, n, 7) & 127:
        bits += 12 if be16(b, n, 0) else 6
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"unit": head[6], "function": head[7] & 127} if len(head) > 7 else {}
