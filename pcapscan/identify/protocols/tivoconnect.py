"""TiVo's discovery.

On the wire (TiVo Connect Automatic Machine Discovery Protocol 1.5): lines ``TiVoConnect=1``, ``swversion=``, ``method=``, ``identity=``.

Looked at: the first line.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import UDP

from ._text import word_nocase

NAME = "tivoconnect"
TRANSPORTS = (UDP,)
FIRST = (b"Tt", b"Tt")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return 80 if word_nocase(b, n, 0, b"tivoconnect=") > 0 else 0
