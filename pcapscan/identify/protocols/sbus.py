"""SAIA S-Bus over Ethernet.

On the wire (SBC, "Ether-S-Bus" manual; as Wireshark's dissector describes it): length, version 1, protocol type, sequence, attribute (0
request, 1 answer, 2 acknowledgement), data, CRC-CCITT.

Looked at: length equal to the datagram, version, type, attribute by side, the sequence of both sides.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "sbus"
TRANSPORTS = (UDP,)
FIRST = (b"\x00", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be32(b, n, 0)
    if size != n or n < 11 or u8(b, n, 5) > 1 or u8(b, n, 4) > 2 or u8(b, n, 8) > 2 or (u8(b, n, 8) == 0) != (side == 0):
        return 0
    bits = 20 + 4 + 5
    if pn and be16(p, pn, 6) == be16(b, n, 6):
        bits += 14
    return bits
