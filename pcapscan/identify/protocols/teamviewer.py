"""TeamViewer's own protocol.

On the wire (no public specification; as seen by several tools): over TCP commands that begin with 0x17 0x24 (or 0x11 0x30), a command
byte and a little-endian or big-endian length; over UDP a header with 0x17 0x24 at byte 11. Today's versions speak TLS to relays, which is
named tls.

Looked at: the magic on both sides, or on two messages.

Fools it: two bytes of magic are few; one side with one message is not named.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "teamviewer"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x17\x11\x00", b"\x17\x11\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        if n < 13 or u8(b, n, 0) != 0 or be16(b, n, 11) != 0x1724:
            return 0
        bits = 20
        if ctx[5] > n + 12 and be16(b, ctx[5], n + 11) == 0x1724:
            bits += 16
        return bits
    magic = be16(b, n, 0)
    if magic == -1:
        return -4
    if magic != 0x1724 and magic != 0x1130:
        return 0
    if u8(b, n, 2) == -1:
        return -12
    if u8(b, n, 2) > 0x40:
        return 0
    bits = 17
    # the length stands behind command and a flag byte
    for k in range(3, 5):
        size = be16(b, n, k)
        if (size >= 0 and be16(b, n, k + 2 + size) == magic) or (size >= 0 and k + 2 + size == n):
            bits += 14
            break
    return bits
