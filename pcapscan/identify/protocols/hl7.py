r"""HL7 version 2 over MLLP, medical messages.

On the wire (HL7 v2 appendix C, MLLP release 1): 0x0B, ``MSH|^~\&|`` and the message, 0x1C 0x0D.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP

from ._text import word

NAME = "hl7"
TRANSPORTS = (TCP,)
FIRST = (b"\x0b", b"\x0b")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if lit(b, n, 1, b"MSH") and u8(b, n, 4) >= 32:
        return 60
    return -8 if n < 5 and word(b, n, 1, b"MSH") != 0 else 0
