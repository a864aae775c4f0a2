"""ANSI C12.22, meters.

On the wire (ANSI C12.22 section 5.3): an ACSE PDU of tag 0x60, whose elements are called AP title (A2), calling AP title (A6), invocation
ids (A4, A8), mechanism, user information (BE).

Looked at: the lengths, the elements' tags up to the end.

Fools it: other ACSE users have another element order.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP, UDP

from ._asn1 import ber_length, ber_value

NAME = "c1222"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x60", b"\x60")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = ber_length(b, n, 1)
    if size == -1:
        return -8
    at = ber_value(b, n, 1)
    if at >= n:
        return -8
    end = at + size
    if size < 8 or (ctx[0] == UDP and end != n):
        return 0
    bits = 8 + (8 if end == n else 0)
    seen = 0
    for _ in range(12):
        if at >= min(end, n):
            break
        tag = u8(b, n, at)
        step = ber_length(b, n, at + 1)
        if tag not in (0xA1, 0xA2, 0xA4, 0xA6, 0xA7, 0xA8, 0x8B, 0xAC, 0xBE):
            return 0
        seen += 1 if tag == 0xA2 or tag == 0xA6 or tag == 0xA8 else 0
        if step == -1:
            break
        bits += 5
        at = ber_value(b, n, at + 1) + step
    return bits + 8 if seen >= 2 and at == end else bits if seen else 0
