"""EtherNet/IP, the carrier of CIP.

On the wire (ODVA CIP volume 2, section 2-3): command, length, session, status, sender context, options, all little endian; 24 bytes.

Looked at: command, length against the datagram or next header, status, options, context of both sides.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, le16, le32
from pcapscan.tables import TCP, UDP

NAME = "enip"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x01\x02\x04\x63\x64\x65\x66\x6f\x70\x72\x73", b"\x01\x02\x04\x63\x64\x65\x66\x6f\x70\x72\x73")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    command = le16(b, n, 0)
    size = le16(b, n, 2)
    status = le32(b, n, 8)
    options = le32(b, n, 20)
    if ctx[0] == UDP and le16(b, n, 2) == 0x8002 and command == 2:
        # implicit messages: two items, sequenced address and connected data
        fits = le16(b, n, 4) == 8 and le16(b, n, 14) == 0xB1 and le16(b, n, 16) + 18 == n
        return 60 if fits else 0
    if command not in (1, 4, 0x63, 0x64, 0x65, 0x66, 0x6F, 0x70, 0x72, 0x73, -1) or options > 0 or size > 2048:
        return 0
    if options == -1:
        return -8 if ctx[0] != UDP else 0
    if status > 0x69 or (command == 0x65 and size != 4) or (status and side == 0) or (command == 0x63 and side == 0 and size):
        return 0
    bits = 10 + 6 + 8
    if command < 5:
        # no-operation and list requests are mostly zeros
        bits -= 14
    if command == 0x65 and le16(b, n, 24) == 1:
        bits += 12
    if size + 24 == n or (size + 24 < n and le16(b, n, size + 24) in (0x63, 0x64, 0x65, 0x66, 0x6F, 0x70)):
        bits += 14
    elif size + 24 < n:
        return 0
    if pn and le16(p, pn, 0) == command:
        bits += 6
    return bits
