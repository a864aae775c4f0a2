"""Munin node.

On the wire (Munin guide, "Protocol"): the node greets ``# munin node at NAME``; the master says ``cap``, ``list``, ``fetch``, ``config``.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._text import word

NAME = "munin"
TRANSPORTS = (TCP,)
FIRST = (b"clfnvq", b"#")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"# munin node at " if side else b"cap |cap\n|list|fetch |config |nodes\n|version\n|quit\n")
    if m <= 0:
        return -2 if m else 0
    return 60 if side else 8
