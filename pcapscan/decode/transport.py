"""Transport headers: ports, lengths, where the payload begins.

Every parser answers ``(reason, src_p, dst_p, start, size)``: a reason (0 where all is well), the ports, where the payload
begins, and how long it is on the wire by the headers.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import ICMP

from .codes import R_ICMP_SHORT, R_SCTP_SHORT, R_TCP_BEYOND, R_TCP_OFFSET, R_TCP_SHORT, R_UDP_BEYOND, R_UDP_SHORT

Segment = tuple[int, int, int, int, int]


@helper
def tcp(b: Any, pos: int, cap: int, end: int) -> Segment:
    """TCP, RFC 9293 section 3.1. Options are skipped by the data offset, which must lie within the packet."""
    if pos + 20 > end:
        return R_TCP_BEYOND, 0, 0, 0, 0
    if pos + 20 > cap:
        return R_TCP_SHORT, 0, 0, 0, 0
    size = (u8(b, cap, pos + 12) >> 4) * 4
    if size < 20 or pos + size > end:
        return R_TCP_OFFSET, 0, 0, 0, 0
    return 0, be16(b, cap, pos), be16(b, cap, pos + 2), pos + size, end - pos - size


@helper
def udp(b: Any, pos: int, cap: int, end: int) -> Segment:
    """UDP, RFC 768. A length that the IP packet cannot hold, or below 8 (offload leaves 0), yields to the IP packet's own."""
    if pos + 8 > end:
        return R_UDP_BEYOND, 0, 0, 0, 0
    if pos + 8 > cap:
        return R_UDP_SHORT, 0, 0, 0, 0
    size = be16(b, cap, pos + 4)
    if size < 8 or pos + size > end:
        size = end - pos
    return 0, be16(b, cap, pos), be16(b, cap, pos + 2), pos + 8, size - 8


@helper
def sctp(b: Any, pos: int, cap: int, end: int) -> Segment:
    """SCTP, RFC 9260 section 3: the user data of the first DATA (or I-DATA, RFC 8260) chunk, none where there is no such chunk."""
    if pos + 12 > cap:
        return R_SCTP_SHORT, 0, 0, 0, 0
    src, dst = be16(b, cap, pos), be16(b, cap, pos + 2)
    at = pos + 12
    while at + 4 <= cap:
        kind = u8(b, cap, at)
        size = be16(b, cap, at + 2)
        header = 16 if kind == 0 else 20 if kind == 64 else 0
        if header:
            if size < header or at + header > end:
                break
            return 0, src, dst, at + header, min(size, end - at) - header
        if size < 4:
            break
        at += (size + 3) & ~3
    return 0, src, dst, pos + 12, 0


@helper
def icmp(b: Any, pos: int, cap: int, end: int, proto: int) -> Segment:
    """ICMP (RFC 792) and ICMPv6 (RFC 4443), with Zeek's ports: the type, and the type of its answer, or the code where none answers."""
    if pos + 4 > cap:
        return R_ICMP_SHORT, 0, 0, 0, 0
    kind = u8(b, cap, pos)
    answer = icmp4_answer(kind) if proto == ICMP else icmp6_answer(kind)
    if answer < 0:
        answer = u8(b, cap, pos + 1)
    return 0, kind, answer, pos + 8, max(end - pos - 8, 0)


@helper
def icmp4_answer(kind: int) -> int:
    """Name the type that answers an ICMP type, or -1. As Zeek's ``ICMP4_counterpart``: echo, router, timestamp, information, mask."""
    if kind == 8:
        return 0
    if kind == 0:
        return 8
    if kind == 9 or kind == 10:
        return 19 - kind
    if kind == 13 or kind == 15 or kind == 17:
        return kind + 1
    if kind == 14 or kind == 16 or kind == 18:
        return kind - 1
    return -1


@helper
def icmp6_answer(kind: int) -> int:
    """Name the type that answers an ICMPv6 type, or -1. As Zeek's ``ICMP6_counterpart``.

    Echo, listener query and report, router and neighbour discovery, node information, home agent discovery.
    """
    if kind == 128 or kind == 130 or kind == 133 or kind == 135 or kind == 139 or kind == 144:
        return kind + 1
    if kind == 129 or kind == 131 or kind == 134 or kind == 136 or kind == 140 or kind == 145:
        return kind - 1
    return -1
