"""RDP-UDP, the multitransport of Remote Desktop.

On the wire (MS-RDPEUDP section 2.2.2): source acknowledgement, receive window, flags; the first is SYN with acknowledgement -1, padded to
the MTU, with initial sequence number and MTUs.

Looked at: SYN and SYN-ACK flags, both MTUs, zero padding to 1,232 bytes; in a session the acknowledgement against the peer's sequence
number.

Fools it: mid-session, version 2 has nothing of its own.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "rdpudp"
TRANSPORTS = (UDP,)
FIRST = (None, None)
PLACES = {UDP: ({7: bytes(b for b in range(256) if b & 1 or (b & 2 == 0 and b & 12))},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    flags = be16(b, n, 6)
    if flags & 1 and n >= 1132:
        up = be16(b, n, 12)
        down = be16(b, n, 14)
        if not (1132 <= up <= 1232 and 1132 <= down <= 1232) or be32(b, n, n - 4) != 0:
            return 0
        bits = 26
        if side == 0 and be32(b, n, 0) == 0xFFFFFFFF:
            return bits + 32
        if side == 1 and flags & 4 and be32(p, pn, 8) == be32(b, n, 0):
            return bits + 32
        return bits
    # data and acknowledgements over an established transport: a TLS or DTLS record behind the headers
    if flags & 0xFC02 or flags & 12 == 0 or n < 12:
        return 0
    for k in (20, 24, 28, 32):
        if u8(b, n, k) in (20, 22, 23) and u8(b, n, k + 1) == 3 and u8(b, n, k + 2) in (1, 3) and be16(b, n, k + 3) + k + 5 <= n:
            return 26 + (16 if be32(b, n, 12) == be32(b, n, 16) or be32(b, n, 8) == be32(b, n, 12) else 0)
    return 0
