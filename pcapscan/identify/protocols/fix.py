"""FIX (Financial Information eXchange).

On the wire (FIX 4.4 volume 2, "Standard Message Header"): ``8=FIX.4.4`` SOH ``9=`` length SOH ``35=`` type.

Looked at: those.

Fools it: nothing known.

Facts: ``version``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._text import find_exact, word

NAME = "fix"
TRANSPORTS = (TCP,)
FIRST = (b"8", b"8")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"8=FIX.4.|8=FIX.5.|8=FIXT.1.|8=O\x01")
    if m <= 0:
        return -2 * n if m else 0
    return 60 if find_exact(b, n, m, m + 8, b"\x019=") > 0 else -36 if n < m + 8 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"version": head[2:16].split(b"\x01")[0].decode("latin-1")}
