"""WebSocket, from its HTTP upgrade.

On the wire (RFC 6455 section 4): a GET request with ``Upgrade: websocket``, answered by 101 with the same; then frames.

Looked at: what http looks at, and these header fields on both sides. A request that was refused stays http.

Fools it: frames in a flow captured from its middle on are not told from other binary.

Facts: as of http.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP

from . import http
from ._text import find

NAME = "websocket"
TRANSPORTS = (TCP,)
FIRST = (b"G", b"H")

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
    end = find(b, n, 0, n, b"\r\n\r\n")
    stop = n if end < 0 else end + 2
    # A request that nobody answered is an attempt at http: not more bits than that.
    extra = 30 if side == 1 or pn > 0 else 0
    if find(b, n, 0, stop, b"\nupgrade: websocket") >= 0 or find(b, n, 0, stop, b"\nsec-websocket-") >= 0:
        return bits + extra
    return 0 if end >= 0 else -bits
