"""Apple Filing Protocol, over DSI.

On the wire (Apple, "AFP over TCP", DSI header): flags 0 request or 1 reply, command 1 to 8, request id, error or offset, length, reserved
0.

Looked at: those, lengths from message to message, ids of both sides.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP

NAME = "afp"
TRANSPORTS = (TCP,)
FIRST = (b"\x00\x01", b"\x00\x01")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        command = u8(b, n, at + 1)
        size = be32(b, n, at + 8)
        flag = u8(b, n, at)
        if flag > 1 or command == 0 or command > 8 or size > 0x1000000 or be32(b, n, at + 12) > 0:
            return 0
        if be32(b, n, at + 12) == -1:
            return -max(bits, 2)
        # commands of a client are not tickles (5) or attentions (8) only
        if flag == 0 and be32(b, n, at + 4) != 0 and command not in (2, 6):
            return 0
        bits += 4 + 5 + 8 + 2
        at += size + 16
        if at == n:
            bits += 8
    if pn and be32(p, pn, 0) & 0xFFFFFF == be32(b, n, 0) & 0xFFFFFF:
        bits += 16
    return bits - 4
