"""NATS.

On the wire (NATS documentation, "Client Protocol"): the server greets ``INFO {json}``; the client says ``CONNECT {json}``, ``PUB``,
``SUB``, ``PING``.

Looked at: those words with the brace behind, ``server_id`` in the greeting.

Fools it: nothing known; mid-stream ``PING`` alone says nothing.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import find, word_nocase

NAME = "nats"
TRANSPORTS = (TCP,)
FIRST = (b"CSPUH", b"I+-PM")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word_nocase(
        b, n, 0, b"info {|msg |+ok\r\n|-err '|ping\r\n|pong\r\n" if side else b"connect {|pub |sub |unsub |ping\r\n|pong\r\n|hpub "
    )
    if m <= 0:
        return -4 if m else 0
    if side and u8(b, n, 0) in (73, 105):
        return 50 if find(b, n, 0, 600, b'"server_id"') >= 0 else 24
    if not side and m == 9:
        return 40 if find(b, n, 0, 600, b'"verbose"') >= 0 or find(b, n, 0, 600, b'"lang"') >= 0 else 26
    return 10
