"""Check Point High Availability (CCP).

On the wire (no public specification; as Wireshark's dissector describes it): magic 0x1A90, version, cluster number, opcode, interface and
policy numbers.

Looked at: magic, version range, opcode range; the magic on further datagrams.

Fools it: a single datagram is two bytes of magic and small numbers.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper
from pcapscan.tables import UDP

NAME = "cpha"
TRANSPORTS = (UDP,)
FIRST = (b"\x1a", b"\x1a")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be16(b, n, 0) != 0x1A90 or n < 24:
        return 0
    version = be16(b, n, 2)
    kind = be16(b, n, 6)
    if version > 0x1400 or kind > 16 or kind == 0 or be16(b, n, 8) > 0x400:
        return 0
    return 16 + 4 + 12 + 4
