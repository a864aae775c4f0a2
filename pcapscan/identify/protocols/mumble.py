"""Mumble's server query.

On the wire (Mumble protocol documentation, "Ping"): 12 bytes: 0 and an identifier; the answer of 24 bytes: version, the identifier,
users, maximum, bandwidth.

Looked at: both, with the identifier repeated.

Fools it: the control channel is TLS, voice is encrypted.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper
from pcapscan.tables import UDP

from ._text import same

NAME = "mumble"
TRANSPORTS = (UDP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        return 14 if n == 12 and be32(b, n, 0) == 0 else 0
    if n != 24 or be32(b, n, 4) == 0 or pn != 12 or not same(b, n, 4, p, pn, 4, 8):
        return 0
    return 60
