"""Dropbox LAN sync discovery.

On the wire (no public specification; readable): JSON with ``host_int``, ``version``, ``displayname``, ``port``, ``namespaces``.

Looked at: the brace and the keys.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import UDP

from ._text import find

NAME = "dropbox"
TRANSPORTS = (UDP,)
FIRST = (b"{", b"{")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return (
        60
        if find(b, n, 0, 80, b'"host_int"') > 0 and (find(b, n, 0, 300, b'"namespaces"') > 0 or find(b, n, 0, 300, b'"displayname"') > 0)
        else 0
    )
