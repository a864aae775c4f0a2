"""MGCP.

On the wire (RFC 3435 section 3.2): ``VERB transaction endpoint MGCP 1.0``, answered by ``200 transaction``.

Looked at: verb, transaction, ``MGCP 1.0`` at the line's end; the answer's transaction.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import UDP

from ._text import digits, find, same, word

NAME = "mgcp"
TRANSPORTS = (UDP,)
FIRST = (b"ACDEMNR123458", b"ACDEMNR123458")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if word(b, n, 0, b"EPCF |CRCX |MDCX |DLCX |RQNT |NTFY |AUEP |AUCX |RSIP ") > 0:
        return 60 if digits(b, n, 5) and find(b, n, 5, 300, b" mgcp ") > 0 else 0
    if digits(b, n, 0) == 3 and u8(b, n, 3) == 32 and digits(b, n, 4):
        return 20 if same(b, n, 4, p, pn, 5, digits(b, n, 4)) else 4
    return 0
