"""JSON-RPC 2.0 by itself (not inside HTTP).

On the wire (JSON-RPC 2.0 specification section 4): a JSON object with ``jsonrpc``, ``method`` or ``result``, ``id``.

Looked at: those keys within the first bytes.

Fools it: mining pools speak it too and are named stratum by their methods.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP, UDP

from ._text import find

NAME = "json-rpc"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"{[", b"{[")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if find(b, n, 0, 60, b'"jsonrpc"') < 0 and find(b, n, 0, 300, b'"jsonrpc"') < 0:
        return -2 if n < 60 and ctx[0] != UDP else 0
    m = (
        find(b, n, 0, 600, b'"result"' if side else b'"method"') > 0
        or find(b, n, 0, 600, b'"error"' if side else b'"result"') > 0
        or find(b, n, 0, 600, b'"method"') > 0
    )
    return 36 if m else 20
