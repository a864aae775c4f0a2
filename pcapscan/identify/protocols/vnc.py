r"""VNC (RFB).

On the wire (RFC 6143 section 7.1): both sides send 12 bytes ``RFB 003.008\n``; then security types.

Looked at: that line on both sides.

Fools it: nothing known.

Facts: ``protocol_version``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import digits, word

NAME = "vnc"
TRANSPORTS = (TCP,)
FIRST = (b"R", b"R")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"RFB 00")
    if m <= 0:
        return -2 * n if m else 0
    d = digits(b, n, 6)
    if n < 12:
        return -24 if d + 6 >= n or u8(b, n, 6 + d) == 46 else 0
    if d != 1 or u8(b, n, 7) != 46 or digits(b, n, 8) != 3 or u8(b, n, 11) != 10:
        return 0
    return 72


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"protocol_version": head[4:11].decode("latin-1")} if len(head) >= 12 else {}
