"""SMPP, the sending of short messages.

On the wire (SMPP 3.4 section 3.2): length, command id, status, sequence number; a session begins with bind_receiver, bind_transmitter or
bind_transceiver.

Looked at: those, lengths from PDU to PDU, the answer's command id.

Fools it: nothing known.

Facts: ``system_id`` of a bind.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper
from pcapscan.tables import TCP

NAME = "smpp"
TRANSPORTS = (TCP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        size = be32(b, n, at)
        command = be32(b, n, at + 4)
        status = be32(b, n, at + 8)
        if status == -1:
            return -max(bits, 1)
        plain = command & 0x7FFFFFFF
        if (
            size < 16
            or size > 70000
            or plain > 0x112
            or (0x15 < plain < 0x21)
            or (0x21 < plain < 0x102)
            or (command < 0x80000000 and (status or plain == 0 or be32(b, n, at + 12) == 0))
        ):
            return 0
        if status > 0x4FF:
            return 0
        bits += 10 + 4 + 6 + (8 if command >= 0x80000000 else 0)
        at += size
        if at == n:
            bits += 8
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if int.from_bytes(head[4:8], "big") in (1, 2, 9):
        return {"system_id": head[16:32].split(b"\0")[0].decode("latin-1")}
    return {}
