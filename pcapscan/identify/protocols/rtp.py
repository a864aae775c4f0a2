"""RTP media, and RTCP, its control half, where that has a flow of its own.

On the wire (RFC 3550 section 5.1): version 2, padding, extension, CSRC count; marker and payload type; sequence number, timestamp, SSRC.
RTCP (section 6): compound packets of version 2 and a count, type 200 to 207, length in words less one, SSRC; the first is a sender or
receiver report.

Looked at: several datagrams of one side: the version, one SSRC, sequence numbers that count up, timestamps that stay close. One datagram
of media is never enough: two fixed bits are no evidence. RTCP: lengths that add up to the datagram, reports that fit their count, the
SSRC.

Fools it: any counter and identifier laid out alike; the payload type must be one that media use. Encrypted RTCP shows its first packet
only.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "rtp"
TRANSPORTS = (UDP,)
FIRST = (bytes(range(0x80, 0xC0)), bytes(range(0x80, 0xC0)))


@helper
def reports(b: Any, n: int, ctx: Any) -> int:
    """Bits of RTCP (RFC 3550 section 6): a report of its own size, further packets of the same source up to the datagram's end."""
    kind = u8(b, n, 1)
    count = u8(b, n, 0) & 31
    size = 4 * be16(b, n, 2) + 4
    if (kind != 200 and kind != 201) or size > n or size < 8:
        return 0
    need = (28 if kind == 200 else 8) + 24 * count
    if size < need:
        return 0
    bits = 2 + 7 + (16 if size == need else 6)
    ssrc = be32(b, n, 4)
    at = size
    for _ in range(6):
        if at >= n:
            break
        if u8(b, n, at) >> 6 != 2 or not 200 <= u8(b, n, at + 1) <= 207:
            return bits if at == size else 0
        if be32(b, n, at + 4) == ssrc:
            bits += 20
        bits += 8
        at += 4 * be16(b, n, at + 2) + 4
    if at == n:
        bits += 12
    if ctx[5] > n and be32(b, ctx[5], n + 4) == ssrc and ssrc != 0:
        bits += 24
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if 200 <= u8(b, n, 1) <= 201:
        return reports(b, n, ctx)
    kind = u8(b, n, 1) & 127
    if n < 13 or 72 <= kind <= 95 or 35 <= kind < 72 or n > 1600:
        return 0
    ssrc = be32(b, n, 8)
    seq = be16(b, n, 2)
    stamp = be32(b, n, 4)
    if ssrc == 0 and seq == 0:
        return 0
    bits = 2
    start = n
    for k in range(1, 4):
        stop = ctx[4 + k]
        if stop < 0:
            break
        size = stop - start
        if size < 12:
            return 0
        other = u8(b, stop, start + 1) & 127
        step = (be16(b, stop, start + 2) - seq) & 0xFFFF
        if u8(b, stop, start) >> 6 != 2 or (ssrc != be32(b, stop, start + 8) and not 72 <= other <= 78):
            return 0
        if 72 <= other <= 78:
            # an RTCP packet among them
            bits += 2
        else:
            ahead = (be32(b, stop, start + 4) - stamp) & 0xFFFFFFFF
            if step == 0 and ahead == 0 and size > 0:
                # captured twice
                start = stop
                continue
            if step == 0 or 200 < step < 65530:
                return 0
            if 0x1000000 < ahead < 0xFF000000:
                return 0
            bits += 2 + 20 + 8 + (8 if other == kind else 4)
            if step == 1:
                bits += 8
            seq = be16(b, stop, start + 2)
            stamp = be32(b, stop, start + 4)
        start = stop
    return bits
