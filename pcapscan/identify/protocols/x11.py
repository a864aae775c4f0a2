"""X Window System.

On the wire (X11 protocol, section 8): byte order ``l`` or ``B``, 0, version 11.0, lengths of authorization name and data; the server
answers 0, 1 or 2, reason length, 11.0, length in words.

Looked at: those, and a known authorization name.

Fools it: the empty hello is 12 bytes, with the server's answer enough.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, le16, u8
from pcapscan.tables import TCP

from ._text import word

NAME = "x11"
TRANSPORTS = (TCP,)
FIRST = (b"lB", b"\x00\x01\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        little = u8(b, n, 0) == 108
        major = le16(b, n, 2) if little else be16(b, n, 2)
        if u8(b, n, 1) > 0:
            return 0
        if n < 12:
            return -8 if major == -1 or major == 11 else 0
        name = le16(b, n, 6) if little else be16(b, n, 6)
        data = le16(b, n, 8) if little else be16(b, n, 8)
        if major != 11 or be16(b, n, 4) != 0 or name > 64 or data > 1024:
            return 0
        if name and word(b, n, 12, b"MIT-MAGIC-COOKIE-1|XDM-AUTHORIZATION-1|SUN-DES-1|MIT-KERBEROS-5") > 0:
            return 70
        return 34
    if n < 8:
        return -2
    if (le16(b, n, 2) != 11 or le16(b, n, 4) > 0) and (be16(b, n, 2) != 11 or be16(b, n, 4) > 0):
        return 0
    return 28
