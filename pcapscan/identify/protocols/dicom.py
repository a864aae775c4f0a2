"""DICOM, medical images.

On the wire (DICOM PS3.8 section 9.3): PDU type 1 (associate request) to 7, reserved 0, length; version 1, called and calling titles of 16
characters, the application context 1.2.840.10008.3.1.1.1.

Looked at: those.

Fools it: nothing known.

Facts: ``called``, ``calling``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP

from ._text import printable

NAME = "dicom"
TRANSPORTS = (TCP,)
FIRST = (b"\x01", b"\x02\x03\x07")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be32(b, n, 2)
    if u8(b, n, 1) > 0 or (size != -1 and size > 0x100000):
        return 0
    if n < 74:
        return -6
    if u8(b, n, 0) in (3, 7):
        return 10 if size == 4 else 0
    if size < 68 or be16(b, n, 6) == 0 or be16(b, n, 8) != 0 or not printable(b, n, 10, 42):
        return 0
    return 70 if u8(b, n, 74) in (0x10, -1) else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if len(head) < 42 or head[0] != 1:
        return {}
    return {"called": head[10:26].decode("latin-1").strip(), "calling": head[26:42].decode("latin-1").strip()}
