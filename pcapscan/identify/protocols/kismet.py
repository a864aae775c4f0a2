"""Kismet's server protocol (before 2018).

On the wire (Kismet documentation, "Client/Server protocol"): the server greets ``*KISMET:``; the client sends ``!0 ENABLE ...``.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._text import word

NAME = "kismet"
TRANSPORTS = (TCP,)
FIRST = (b"!", b"*")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"*KISMET: |*PROTOCOLS: |*TIME: |*ACK: " if side else b"!0 |!1 |!2 |!3 ")
    if m <= 0:
        return -3 if m else 0
    if side:
        return 40
    return 40 if word(b, n, m, b"ENABLE |REMOVE |CAPABILITY |SHUTDOWN") > 0 else 8
