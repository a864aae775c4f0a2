"""Subversion's svnserve.

On the wire (Subversion's protocol file, sections 1 and 2): the server greets ``( success ( 2 2 ( ) ( edit-pipeline ...``; the client
answers ``( 2 ( edit-pipeline ... ) 36:svn://...``.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._text import find, word

NAME = "svn"
TRANSPORTS = (TCP,)
FIRST = (b"(", b"(")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side:
        m = word(b, n, 0, b"( success ( |( failure ( ")
        return 48 if m > 0 else -8 if m else 0
    m = word(b, n, 0, b"( 2 ( edit-pipeline|( 2 ( |( 1 ( ")
    if m <= 0:
        return -4 if m else 0
    return 46 if find(b, n, 0, 300, b"svn") > 0 else 18
