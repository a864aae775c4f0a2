"""Raw printing (port 9100's way): a job in PJL or PostScript.

On the wire (HP PJL Technical Reference, chapter 2): ESC ``%-12345X@PJL``; PostScript begins ``%!PS``.

Looked at: those.

Fools it: PostScript over any other channel would be named so too; a printer is what speaks it. PCL alone is not recognised.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit
from pcapscan.tables import TCP

from ._text import word

NAME = "jetdirect"
TRANSPORTS = (TCP,)
FIRST = (b"\x1b@%", b"@\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side:
        return 12 if lit(b, n, 0, b"@PJL") else 1
    m = word(b, n, 0, b"\x1b%-12345X@PJL|\x1b%-12345X\x1bE|@PJL INFO |@PJL USTATUS|%!PS-Adobe-")
    return 60 if m > 0 else -n if m else 0
