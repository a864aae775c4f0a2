"""WebSocket, from its HTTP upgrade.

On the wire (RFC 6455 section 4): a GET request with ``Upgrade: websocket``, answered by 101 with the same; then frames.

Looked at: what http looks at, and these header fields on both sides. A request that was refused stays http.

Fools it: frames in a flow captured from its middle on are not told from other binary.

Facts: as of http.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, lit_nocase, next_either, u8
from pcapscan.tables import TCP

from . import http
from ._text import spelled

NAME = "websocket"
TRANSPORTS = (TCP,)
FIRST = (b"G", b"H")
PLACES = {TCP: (spelled(b"GET "), {1: b"Tt", 2: b"Tt", 3: b"Pp"})}

essence = http.essence
facts = http.facts
server_name = http.server_name


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = http.request(b, n, 0) if side == 0 else http.status(b, n, 0)
    if bits <= 0:
        return bits
    if side == 0 and u8(b, n, 0) != 71:
        return 0
    if side == 1 and not lit(b, n, 8, b" 101"):
        return 0
    # A request that nobody answered is an attempt at http: not more bits than that.
    extra = 30 if side == 1 or pn > 0 else 0
    k = next_either(b, n, 0, 10, 13)
    while k >= 0:
        if u8(b, n, k) == 10:
            c = u8(b, n, k + 1) | 32
            if (c == 117 and lit_nocase(b, n, k, b"\nupgrade: websocket")) or (c == 115 and lit_nocase(b, n, k, b"\nsec-websocket-")):
                return bits + extra
        elif lit(b, n, k, b"\r\n\r\n"):
            return 0
        k = next_either(b, n, k + 1, 10, 13)
    return -bits
