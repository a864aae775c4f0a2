"""TACACS+.

On the wire (RFC 8907 section 4.1): version 0xC0 or 0xC1, type 1 to 3, sequence number (odd from the client, even from the server), flags,
session id, body length. The body is obfuscated.

Looked at: those, the length against the next packet or the head's end, the session id of both sides.

Fools it: a one-sided flow whose length cannot be checked is not named.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP

NAME = "tacacs"
TRANSPORTS = (TCP,)
FIRST = (b"\xc0\xc1", b"\xc0\xc1")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 1)
    seq = u8(b, n, 2)
    flags = u8(b, n, 3)
    if kind > 3 or kind == 0 or (seq != -1 and seq % 2 == side) or (flags != -1 and flags & 0xFA):
        return 0
    size = be32(b, n, 8)
    if size == -1:
        return -8
    if size > 0xFFFF or size < 5:
        return 0
    bits = 7 + 6 + 6 + 10 + (6 if seq <= 2 else 1)
    if size + 12 == n or u8(b, n, size + 12) == u8(b, n, 0):
        bits += 7
    elif size + 12 < n:
        return 0
    if pn and be32(p, pn, 4) == be32(b, n, 4):
        bits += 32
    return bits - 6
