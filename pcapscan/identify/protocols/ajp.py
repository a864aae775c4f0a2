"""Apache JServ Protocol 1.3.

On the wire (Tomcat documentation, "AJPv13 extensions"): from the web server 12 34 and a length, prefix code 2 (forward request) with
method, protocol string; from the container ``AB`` and a length.

Looked at: those, the ``HTTP/1.1`` string; the packet chain.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, lit, u8
from pcapscan.tables import TCP

NAME = "ajp"
TRANSPORTS = (TCP,)
FIRST = (b"\x12", b"A")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be16(b, n, 2)
    if be16(b, n, 0) != (0x4142 if side else 0x1234):
        return -6 if n == 1 else 0
    code = u8(b, n, 4)
    if code == -1:
        return -14
    if size == 0 or size > 8192:
        return 0
    if side:
        return 24 if code in (3, 4, 5, 6, 9) else 0
    if code == 2:
        return 56 if u8(b, n, 5) < 30 and (lit(b, n, 8, b"HTTP/1") or n < 14) else 0
    return 30 if code in (7, 8, 10) and size == 1 else 0
