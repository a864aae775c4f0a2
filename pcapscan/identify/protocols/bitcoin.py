"""Bitcoin and its close kin (the peer-to-peer network).

On the wire (Bitcoin developer reference, "P2P network"): four bytes of network magic, a command of 12 bytes padded with zeros, length,
checksum.

Looked at: magic of the known networks, or any magic with a known command; padding and length.

Fools it: nothing known.

Facts: ``user_agent``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, le32
from pcapscan.tables import TCP

from ._text import MAP, listed, spelled, vocabulary

NAME = "bitcoin"
TRANSPORTS = (TCP,)
FIRST = (None, None)

COMMANDS = vocabulary(
    b"version\x00\x00\x00\x00\x00|verack\x00\x00\x00\x00\x00\x00|ping\x00\x00|pong\x00\x00|"
    b"inv\x00\x00|getheaders\x00\x00|sendheaders\x00|addr\x00\x00|getdata\x00\x00|tx\x00\x00\x00|"
    b"headers\x00\x00|getaddr\x00\x00|sendcmpct\x00|block\x00\x00|getblocks\x00\x00"
)
PLACES = {TCP: ({4 + place: may for place, may in spelled(COMMANDS[MAP:]).items() if place < 2},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    magic = be32(b, n, 0)
    known = magic in (0xF9BEB4D9, 0x0B110907, 0xFABFB5DA, 0x0A03CF40, 0xFBC0B6DB, 0xC0C0C0C0, 0xE3E1F3E8, 0xBF0C6BBD, 0x1C163F28)
    m = listed(b, n, 4, COMMANDS)
    if magic == -1 or m < 0:
        return -15 if known else -1 if n < 5 else 0
    if m == 0 or le32(b, n, 16) > 0x2000000:
        return 0
    return 80 if known else 40


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if head[4:11] != b"version" or len(head) < 106:
        return {}
    return {"user_agent": head[105 : 105 + head[104]].decode("latin-1")}
