"""Local Mail Transfer Protocol.

On the wire (RFC 2033): SMTP in which the client says ``LHLO``; servers often say LMTP in their greeting.

Looked at: these two words, and else what smtp looks at.

Fools it: a server alone that does not say LMTP is named smtp.

Facts: as of smtp.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from . import smtp
from ._reply import commands
from ._text import find, vocabulary

NAME = "lmtp"
TRANSPORTS = (TCP,)
FIRST = (b"Ll", b"2345")

WORDS = vocabulary(b"mail from:|rcpt to:|data|quit|", nocase=True)
STRONG = vocabulary(b"lhlo|", nocase=True)

facts = smtp.facts


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        return commands(b, n, WORDS, STRONG)
    bits = smtp.replies(b, n, b"lmtp", b"ftp")
    if bits > 0 and (pn > 0 or find(b, n, 0, min(n, 256), b"lmtp") >= 0):
        return bits + 1
    return 0 if bits >= 0 else bits
