"""S1AP, and NGAP, between base stations and a mobile core.

On the wire (3GPP TS 36.413 and 38.413 section 9, aligned PER): initiating, successful or unsuccessful message (00, 20, 40), procedure
code, criticality, length, then the element list 00, 00 and count.

Looked at: choice, criticality, length against the chunk, the sequence's preamble.

Fools it: X2AP and others of the family are written alike and are named s1ap.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import SCTP

NAME = "s1ap"
TRANSPORTS = (SCTP,)
FIRST = (b"\x00\x20\x40", b"\x00\x20\x40")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 2) not in (0, 0x40, 0x80) or u8(b, n, 1) > 120:
        return 0
    size = u8(b, n, 3)
    at = 4
    if size >= 128:
        size = be16(b, n, 3) & 0x3FFF
        at = 5
    if size + at != n or size < 4 or u8(b, n, at) != 0 or be16(b, n, at + 1) > 40:
        return 0
    return 6 + 6 + 2 + 10 + 8 + 8
