"""NetFlow versions 1, 5, 7 and 9, and IPFIX, which is version 10.

On the wire (Cisco's NetFlow Export Datagram Formats; RFC 3954 section 5; RFC 7011 section 3): version, count, uptime, seconds; records of
fixed size, or (version 9) flow sets with lengths; IPFIX has length, export time, sequence number and domain instead.

Looked at: count times record size against the datagram, plausible seconds, the walk over flow sets to the end.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import HEAD_SNAPPED, SCTP, TCP, UDP

NAME = "netflow"
TRANSPORTS = (UDP, TCP, SCTP)
FIRST = (b"\x00", b"\x00")


@helper
def ipfix(b: Any, n: int, ctx: Any) -> int:
    """Bits of an IPFIX message (RFC 7011 section 3)."""
    size = be16(b, n, 2)
    when = be32(b, n, 4)
    if when == -1:
        return -1 if u8(b, n, 1) in (10, -1) else 0
    if be16(b, n, 0) != 10 or size < 20 or not 0x20000000 < when < 0x90000000 or (ctx[0] == UDP and size != n):
        return 0
    bits = 10 + 3 + (14 if size == n else 0)
    at = 16
    for _ in range(64):
        if at + 4 > min(n, size):
            break
        kind = be16(b, n, at)
        step = be16(b, n, at + 2)
        if step < 4 or kind < 2 or 3 < kind < 256:
            return 0
        bits += 8
        at += step
    return bits if at <= size else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] != UDP or u8(b, n, 1) == 10:
        return ipfix(b, n, ctx)
    version = be16(b, n, 0)
    count = be16(b, n, 2)
    when = be32(b, n, 8)
    if n < 20 or count == 0 or count > 200 or not 0x20000000 < when < 0x90000000:
        return 0
    bits = 16 + 6
    if version == 5 or version == 7 or version == 1:
        size = 24 + 48 * count if version == 5 else 24 + 52 * count if version == 7 else 16 + 52 * count
        return bits + 14 if size == n else 0
    if version != 9:
        return 0
    at = 20
    for _ in range(64):
        if at >= n:
            break
        kind = be16(b, n, at)
        size = be16(b, n, at + 2)
        if size < 4 or 1 < kind < 256:
            return 0
        bits += 8
        at += size
    return bits + 8 if at == n or ctx[1] & HEAD_SNAPPED else 0
