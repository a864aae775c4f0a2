"""Beckhoff AMS/ADS.

On the wire (Beckhoff Infosys, "AMS/ADS specification"): over TCP 00 00 and a length; then target and source net id and port, command,
state flags, data length, error code, invoke id.

Looked at: length, command, flags, data length against the whole.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, le16, le32
from pcapscan.tables import TCP, UDP

NAME = "ams"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x00\x03", b"\x00\x03")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        return 44 if le32(b, n, 0) == 0x71146603 and n > 16 else 0
    if be16(b, n, 0) > 0:
        return 0
    size = le32(b, n, 2)
    inner = le32(b, n, 26)
    if inner == -1:
        return -2
    if le16(b, n, 12) == 0 or size < 32 or size > 0x100000 or inner + 32 != size or le16(b, n, 22) > 9:
        return 0
    flags = le16(b, n, 24)
    if flags & 0xFFBE != 4 and flags & 0xFFBE != 0:
        return 0
    return 10 + 24 + 10 + 10
