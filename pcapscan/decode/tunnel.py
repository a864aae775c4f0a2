"""Tunnels: what wraps a conversation in another packet.

GRE is named by its IP protocol number. Tunnels over UDP are named by nothing that can be trusted: their ports can be moved, and
their ports can carry anything else. So the port is not asked. The tunnel's header must be right in every reserved bit, and what it
wraps must be exactly one IP packet (:func:`pcapscan.decode.ip.holds_ip`); else the outer UDP conversation stands.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, u8
from pcapscan.tables import TUNNELS

from .codes import CHDLC, DONE, ETHER, ETHERTYPE, IP, PPP, R_GRE
from .ip import holds_ip

Inner = tuple[int, int, int, int, int]
"""Layer, position, EtherType, index in TUNNELS, tunnel id."""

T_IPIP = TUNNELS.index("ipip")
T_6IN4 = TUNNELS.index("6in4")
T_GRE = TUNNELS.index("gre")
T_NVGRE = TUNNELS.index("nvgre")
T_ERSPAN = TUNNELS.index("erspan")
T_VXLAN = TUNNELS.index("vxlan")
T_GENEVE = TUNNELS.index("geneve")
T_GTPU = TUNNELS.index("gtpu")
T_TEREDO = TUNNELS.index("teredo")
T_OTHER = TUNNELS.index("other")


@helper
def gre(b: Any, pos: int, cap: int) -> Inner:
    """GRE version 0 (RFC 2784, 2890, NVGRE RFC 7637, ERSPAN) and 1 (PPTP, RFC 2637 section 4.1)."""
    flags = be16(b, cap, pos)
    kind = be16(b, cap, pos + 2)
    if kind < 0:
        return -R_GRE, pos, 0, 0, 0
    version = flags & 7
    at = pos + 4
    if version == 1:
        if kind != 0x880B or flags & 0x2000 == 0:
            return -R_GRE, pos, 0, 0, 0
        call = be16(b, cap, at + 2)
        at += 4 + (4 if flags & 0x1000 else 0) + (4 if flags & 0x0080 else 0)
        return PPP, at, 0, T_GRE, max(call, 0)
    if version != 0 or flags & 0x4000:  # RFC 2784 section 2.3: discard what is routed
        return -R_GRE, pos, 0, 0, 0
    if flags & 0x8000:
        at += 4
    key = 0
    if flags & 0x2000:
        key = max(be32(b, cap, at), 0)
        at += 4
    if flags & 0x1000:
        at += 4
    if kind == 0x88BE:
        return _erspan2(b, at, cap, flags)
    if kind == 0x22EB:
        # ERSPAN III: version, VLAN, ..., session in the low ten bits of bytes 2-3; bit 0 of byte 11 announces eight bytes more
        session = be16(b, cap, at + 2) & 0x3FF
        more = 8 if u8(b, cap, at + 11) & 1 else 0
        return ETHER, at + 12 + more, 0, T_ERSPAN, session
    if kind == 0x6558:
        if flags & 0xB000 == 0x2000:
            return ETHER, at, 0, T_NVGRE, key >> 8
        return ETHER, at, 0, T_GRE, key
    if kind == 0x883E:  # WCCP: IPv4, in version 2 behind a redirect header
        if u8(b, cap, at) >> 4 != 4:
            at += 4
        return IP, at, 0, T_GRE, key
    if kind == 0x2000 or kind == 0x000F:
        return CHDLC, at, 0, T_GRE, key
    return ETHERTYPE, at, kind if kind > 1500 else 0xFFFF, T_GRE, key


@helper
def _erspan2(b: Any, at: int, cap: int, flags: int) -> Inner:
    """ERSPAN I has no header and no GRE sequence number; II has both. https://datatracker.ietf.org/doc/html/draft-foschiano-erspan-03."""
    if flags & 0x1000 == 0:
        return ETHER, at, 0, T_ERSPAN, 0
    session = be16(b, cap, at + 2) & 0x3FF
    return ETHER, at + 8, 0, T_ERSPAN, session


@helper
def holds_frame(b: Any, pos: int, cap: int, end: int) -> bool:
    """Whether exactly one Ethernet frame with an IP packet, at most two VLAN tags before it, stands between ``pos`` and ``end``."""
    kind = be16(b, cap, pos + 12)
    at = pos + 14
    for _ in range(2):
        if kind != 0x8100 and kind != 0x88A8:
            break
        kind = be16(b, cap, at + 2)
        at += 4
    if kind != 0x0800 and kind != 0x86DD:
        return False
    nibble = u8(b, cap, at) >> 4
    if (kind == 0x0800 and nibble != 4) or (kind == 0x86DD and nibble != 6):
        return False
    return holds_ip(b, at, cap, end, 64 if end - pos <= 68 else 0)  # frames below 60 bytes are padded


@helper
def udp_tunnel(b: Any, pos: int, cap: int, end: int) -> Inner:
    """Look for a tunnel in a UDP payload; ``DONE`` where there is none.

    VXLAN: RFC 7348 section 5, with the group policy bit, and GPE (draft-ietf-nvo3-vxlan-gpe). Geneve: RFC 8926 section 3.4.
    GTP-U: 3GPP TS 29.281 section 5.1, message 255. Teredo: RFC 4380 section 5.1.1.
    """
    first = u8(b, cap, pos)
    second = u8(b, cap, pos + 1)
    if second < 0:
        return DONE, pos, 0, 0, 0
    if first & 0xF8 == 0x30:
        return _gtpu(b, pos, cap, end) if second == 255 else (DONE, pos, 0, 0, 0)
    if first & 0x7F == 0x08 or first == 0x0C:
        inner = _vxlan(b, pos, cap, end)
        if inner[0] != DONE:
            return inner
    if first < 0x40 and second & 0x3F == 0:
        inner = _geneve(b, pos, cap, end)
        if inner[0] != DONE:
            return inner
    if first >> 4 == 6 or (first == 0 and second <= 1):
        return _teredo(b, pos, cap, end)
    return DONE, pos, 0, 0, 0


@helper
def _vxlan(b: Any, pos: int, cap: int, end: int) -> Inner:
    first = u8(b, cap, pos)
    vni = be24(b, cap, pos + 4)
    if u8(b, cap, pos + 7) != 0:
        return DONE, pos, 0, 0, 0
    if first == 0x0C:  # GPE: next protocol 1 IPv4, 2 IPv6, 3 Ethernet
        after = be24(b, cap, pos + 1)
        if (after == 1 or after == 2) and holds_ip(b, pos + 8, cap, end, 0):
            return IP, pos + 8, 0, T_VXLAN, vni
        if after != 3:
            return DONE, pos, 0, 0, 0
    elif first == 0x08:
        if be24(b, cap, pos + 1) != 0:
            return DONE, pos, 0, 0, 0
    elif u8(b, cap, pos + 1) & 0xB7 != 0:  # group policy: bits D and A, then the group's number
        return DONE, pos, 0, 0, 0
    if holds_frame(b, pos + 8, cap, end):
        return ETHER, pos + 8, 0, T_VXLAN, vni
    return DONE, pos, 0, 0, 0


@helper
def _geneve(b: Any, pos: int, cap: int, end: int) -> Inner:
    kind = be16(b, cap, pos + 2)
    vni = be24(b, cap, pos + 4)
    at = pos + 8 + (u8(b, cap, pos) & 0x3F) * 4
    if u8(b, cap, pos + 7) != 0:
        return DONE, pos, 0, 0, 0
    if kind == 0x6558 and holds_frame(b, at, cap, end):
        return ETHER, at, 0, T_GENEVE, vni
    if (kind == 0x0800 or kind == 0x86DD) and holds_ip(b, at, cap, end, 0):
        return IP, at, 0, T_GENEVE, vni
    return DONE, pos, 0, 0, 0


@helper
def _gtpu(b: Any, pos: int, cap: int, end: int) -> Inner:
    flags = u8(b, cap, pos)
    teid = be32(b, cap, pos + 4)
    if teid < 0 or pos + 8 + be16(b, cap, pos + 2) != end:
        return DONE, pos, 0, 0, 0
    at = pos + 8
    if flags & 7:
        after = u8(b, cap, pos + 11)
        at += 4
        if flags & 4 == 0:
            after = 0
        while after > 0:
            size = u8(b, cap, at) * 4
            if size <= 0 or at + size > cap:
                return DONE, pos, 0, 0, 0
            after = u8(b, cap, at + size - 1)
            at += size
    if holds_ip(b, at, cap, end, 0):
        return IP, at, 0, T_GTPU, teid
    return DONE, pos, 0, 0, 0


@helper
def _teredo(b: Any, pos: int, cap: int, end: int) -> Inner:
    """IPv6 behind optional authentication and origin indications, one end of it a Teredo (2001::/32) or link-local address."""
    at = pos
    if be16(b, cap, at) == 1:
        at += 13 + max(u8(b, cap, at + 2), 0) + max(u8(b, cap, at + 3), 0)
    if be16(b, cap, at) == 0:
        at += 8
    if u8(b, cap, at) >> 4 != 6 or not holds_ip(b, at, cap, end, 0):
        return DONE, pos, 0, 0, 0
    src, dst = be32(b, cap, at + 8), be32(b, cap, at + 24)
    if src == 0x20010000 or dst == 0x20010000 or (src == 0xFE800000 and at > pos):
        return IP, at, 0, T_TEREDO, 0
    return DONE, pos, 0, 0, 0
