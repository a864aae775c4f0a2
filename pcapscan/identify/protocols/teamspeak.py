"""TeamSpeak 3.

On the wire (no public specification; as clients and servers send): ``TS3INIT1`` and packet id 101, client id, type 0x88.

Looked at: the magic.

Fools it: only the handshake is recognised.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit
from pcapscan.tables import UDP

NAME = "teamspeak"
TRANSPORTS = (UDP,)
FIRST = (b"T", b"T")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return 80 if lit(b, n, 0, b"TS3INIT1\x00") else 0
