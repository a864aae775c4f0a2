"""RakNet, the transport of Minecraft Bedrock, Roblox and other games.

On the wire (RakNet's open source, MessageIdentifiers.h): open connection and ping packets with the 16-byte magic 00 FF FF 00 FE FE FE FE
FD FD FD FD 12 34 56 78.

Looked at: the magic at the places where a message id has it.

Fools it: mid-session packets have nothing of their own.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit
from pcapscan.tables import UDP

NAME = "raknet"
TRANSPORTS = (UDP,)
FIRST = (None, None)


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    for k in range(4):
        if lit(b, n, (1, 9, 17, 2)[k], b"\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"):
            return 100
    return 0
