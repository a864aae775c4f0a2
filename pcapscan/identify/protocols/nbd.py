"""Network Block Device.

On the wire (NetworkBlockDevice/nbd doc/proto.md): the server greets ``NBDMAGIC`` and ``IHAVEOPT`` (or the old-style magic 00 42 02 81 86
12 53); the client sends four bytes of flags and ``IHAVEOPT`` options.

Looked at: those.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be24, be32, helper, lit
from pcapscan.tables import TCP

from ._text import word

NAME = "nbd"
TRANSPORTS = (TCP,)
FIRST = (b"\x00I\x25", b"N")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side:
        m = word(b, n, 0, b"NBDMAGIC")
        if m <= 0:
            return -4 * n if m else 0
        return 70 if word(b, n, 8, b"IHAVEOPT|\x00\x00\x42\x02\x81\x86\x12\x53") > 0 else -60
    if n < 12:
        return -2
    if be24(b, n, 0) == 0 and lit(b, n, 4, b"IHAVEOPT"):
        return 70
    return 30 if be32(b, n, 0) == 0x25609513 else 0
