"""What stands below IP: link-layer headers, tags and labels.

Every parser here takes the bytes ``b``, the position ``pos`` of its header and the end ``cap`` of what was captured, and answers
``(layer, pos, arg)``: what comes next, where it begins, and a number that the next layer needs (an EtherType, a link type). A
negative layer is a reason (see :mod:`.codes`).

Link types: https://www.tcpdump.org/linktypes.html, each with its own page.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, le16, le32, u8

from .codes import (
    CHDLC,
    DOT11,
    ETHER,
    ETHERTYPE,
    FRAME_RELAY,
    IP,
    IP4,
    IP6,
    LINK,
    LLC,
    MPLS,
    PPP,
    PPPOE,
    R_DOT11_NO_DATA,
    R_DOT11_PROTECTED,
    R_ETHERTYPE,
    R_LINK_PAYLOAD,
    R_LINK_SHORT,
    R_LINK_TYPE,
    R_LLC,
    R_MPLS,
    R_NSH,
    R_NULL_FAMILY,
    R_PPP,
    R_PPPOE,
    R_SLIP,
)

Next = tuple[int, int, int]


@helper
def ether(b: Any, pos: int, cap: int) -> Next:
    """Ethernet II or 802.3: addresses (6 + 6), EtherType (2)."""
    kind = be16(b, cap, pos + 12)
    if kind < 0:
        return -R_LINK_SHORT, pos, 0
    return ETHERTYPE, pos + 14, kind


@helper
def ethertype(b: Any, pos: int, cap: int, kind: int) -> Next:
    """Go by the EtherType. A tag or shim leads to the next EtherType; VLAN ids are read by the caller, who keeps them."""
    if kind == 0x0800:
        return IP4, pos, 0
    if kind == 0x86DD:
        return IP6, pos, 0
    if kind == 0x8100 or kind == 0x88A8 or kind == 0x9100 or kind == 0x9200 or kind == 0x9300:  # 802.1Q, 802.1ad, older QinQ
        return _tag(b, pos, cap, 4)
    if kind == 0x8926:  # VN-Tag
        return _tag(b, pos, cap, 6)
    if kind <= 1500:
        return LLC, pos, 0
    if kind == 0x8847 or kind == 0x8848:
        return MPLS, pos, 0
    if kind == 0x8864:
        return PPPOE, pos, 0
    if kind == 0x880B:
        return PPP, pos, 0
    if kind == 0x6558:
        return ETHER, pos, 0
    if kind == 0x8870:  # jumbo LLC
        return LLC, pos, 0
    if kind == 0x893F or kind == 0x8909:  # 802.1BR E-TAG; Cisco metadata (TrustSec)
        return _tag(b, pos, cap, 8)
    if kind == 0xDADA:  # Marvell EDSA: reserved (2), tag (4)
        return _tag(b, pos, cap, 8)
    if kind == 0x88E7:  # 802.1ah: I-TAG (4), then a whole frame
        return ETHER, pos + 4, 0
    if kind == 0x894F:
        return _nsh(b, pos, cap)
    return -(R_ETHERTYPE + kind), pos, 0


@helper
def _tag(b: Any, pos: int, cap: int, size: int) -> Next:
    kind = be16(b, cap, pos + size - 2)
    if kind < 0:
        return -R_LINK_SHORT, pos, 0
    return ETHERTYPE, pos + size, kind


@helper
def _nsh(b: Any, pos: int, cap: int) -> Next:
    """Network Service Header, RFC 8300 section 2.2: length in words in the low six bits of bytes 0-1, next protocol in byte 3."""
    words = be16(b, cap, pos)
    size = (words & 0x3F) * 4
    if words < 0 or size < 8 or pos + size > cap:
        return -R_NSH, pos, 0
    after = u8(b, cap, pos + 3)
    if after == 1:
        return IP4, pos + size, 0
    if after == 2:
        return IP6, pos + size, 0
    if after == 3:
        return ETHER, pos + size, 0
    if after == 5:
        return MPLS, pos + size, 0
    return -R_NSH, pos, 0


@helper
def llc(b: Any, pos: int, cap: int) -> Next:
    """802.2: service access points, control; SNAP when both are 0xAA (RFC 1042), NLPID when both are 0xFE."""
    both = be16(b, cap, pos)
    if both < 0:
        return -R_LINK_SHORT, pos, 0
    if both == 0xAAAA:
        oui = be24(b, cap, pos + 3)
        kind = be16(b, cap, pos + 6)
        if kind < 0:
            return -R_LINK_SHORT, pos, 0
        if oui == 0x0080C2:  # RFC 2684 section 5.2, bridged Ethernet with and without FCS
            return bridged(b, pos + 8, cap, kind)
        return (ETHERTYPE, pos + 8, kind) if kind > 1500 else (-(R_ETHERTYPE + kind), pos, 0)
    if both == 0x0606:
        return IP, pos + 3, 0
    if both == 0xFEFE:
        return nlpid(b, pos + 3, cap)
    return -(R_LLC + (both >> 8)), pos, 0


@helper
def bridged(b: Any, pos: int, cap: int, kind: int) -> Next:
    """Payload of the 802.1 OUI: Ethernet with or without its FCS, on ATM behind two bytes of padding."""
    if kind == 0x0001 or kind == 0x0007:
        padded = be16(b, cap, pos) == 0 and _ether_fits(b, pos + 2, cap)
        return ETHER, pos + (2 if padded else 0), 0
    return -(R_ETHERTYPE + kind), pos, 0


@helper
def nlpid(b: Any, pos: int, cap: int) -> Next:
    """Network layer protocol id, RFC 2427 section 3."""
    kind = u8(b, cap, pos)
    if kind < 0:
        return -R_LINK_SHORT, pos, 0
    if kind == 0xCC:
        return IP4, pos + 1, 0
    if kind == 0x8E:
        return IP6, pos + 1, 0
    if kind == 0xCF:
        return PPP, pos + 1, 0
    if kind == 0x80:
        oui = be24(b, cap, pos + 1)
        after = be16(b, cap, pos + 4)
        if after < 0:
            return -R_LINK_SHORT, pos, 0
        if oui == 0x0080C2:
            return bridged(b, pos + 6, cap, after)
        return ETHERTYPE, pos + 6, after
    return -(R_LLC + 0xFE), pos, 0


@helper
def ppp(b: Any, pos: int, cap: int) -> Next:
    """PPP, RFC 1661 section 2 and RFC 1662: address and control may be absent, the protocol may be one byte."""
    if be16(b, cap, pos) == 0xFF03:
        pos += 2
    kind = u8(b, cap, pos)
    if kind & 1 == 0:
        kind = be16(b, cap, pos)
        pos += 1
    if kind < 0:
        return -R_LINK_SHORT, pos, 0
    pos += 1
    if kind == 0x0021:
        return IP4, pos, 0
    if kind == 0x0057:
        return IP6, pos, 0
    if kind == 0x0281 or kind == 0x0283:
        return MPLS, pos, 0
    if kind == 0x003D and u8(b, cap, pos) >= 0xC0:  # RFC 1990: a fragment that is begin and end at once is whole
        return PPP, pos + 4, 0
    return -(R_PPP + kind), pos, 0


@helper
def pppoe(b: Any, pos: int, cap: int) -> Next:
    """PPPoE session, RFC 2516 section 4: version and type 0x11, code 0, session, length."""
    if be16(b, cap, pos) != 0x1100 or pos + 6 > cap:
        return -R_PPPOE, pos, 0
    return PPP, pos + 6, 0


@helper
def mpls(b: Any, pos: int, cap: int, end: int) -> Next:
    """MPLS labels, RFC 3032 section 2.1, to the bottom of the stack.

    Nothing names the payload. IP is believed when version and lengths fit, else Ethernet when its type and the first nibble
    behind it agree: behind a control word (RFC 4385 section 3, first nibble 0) or without one.
    """
    while True:
        label = be32(b, cap, pos)
        if label < 0:
            return -R_MPLS, pos, 0
        pos += 4
        if label & 0x100:
            break
    nibble = u8(b, cap, pos) >> 4
    if nibble == 4 and ip_fits(b, pos, cap, end):
        return IP4, pos, 0
    if nibble == 6 and ip_fits(b, pos, cap, end):
        return IP6, pos, 0
    if nibble == 0 and _ether_fits(b, pos + 4, cap):
        return ETHER, pos + 4, 0
    if _ether_fits(b, pos, cap):
        return ETHER, pos, 0
    return -R_MPLS, pos, 0


@helper
def ip_fits(b: Any, pos: int, cap: int, end: int) -> bool:
    """Whether an IP header is possible at ``pos``: version, and a length that its frame can hold."""
    nibble = u8(b, cap, pos) >> 4
    if nibble == 4:
        total = be16(b, cap, pos + 2)
        return u8(b, cap, pos) & 15 >= 5 and (total == 0 or total >= 20) and pos + total <= end
    return nibble == 6 and pos + 40 + be16(b, cap, pos + 4) <= end and be16(b, cap, pos + 4) >= 0


@helper
def _ether_fits(b: Any, pos: int, cap: int) -> bool:
    kind = be16(b, cap, pos + 12)
    after = u8(b, cap, pos + 14) >> 4
    if kind == 0x0800:
        return after == 4
    if kind == 0x86DD:
        return after == 6
    return kind == 0x8100 or kind == 0x88A8 or kind == 0x9100 or kind == 0x0806


@helper
def chdlc(b: Any, pos: int, cap: int) -> Next:
    """Cisco HDLC: address, control, EtherType. https://www.tcpdump.org/linktypes/LINKTYPE_C_HDLC.html."""
    kind = be16(b, cap, pos + 2)
    if kind < 0:
        return -R_LINK_SHORT, pos, 0
    if kind == 0xFEFE:
        return nlpid(b, pos + 5, cap)
    return ETHERTYPE, pos + 4, kind


@helper
def frame_relay(b: Any, pos: int, cap: int) -> Next:
    """Frame relay, RFC 2427: address of two to four bytes (the last has bit 0 set), then control and NLPID, or Cisco's EtherType."""
    size = 0
    for k in range(4):
        if u8(b, cap, pos + k) & 1:
            size = k + 1
            break
    if size < 2:
        return -R_LINK_SHORT, pos, 0
    pos += size
    if u8(b, cap, pos) == 0x03:
        pos += 1
        if u8(b, cap, pos) == 0:  # padding to an even address
            pos += 1
        return nlpid(b, pos, cap)
    kind = be16(b, cap, pos)
    if kind < 0:
        return -R_LINK_SHORT, pos, 0
    return ETHERTYPE, pos + 2, kind


@helper
def dot11(b: Any, pos: int, cap: int, padded: int) -> Next:
    """802.11 data frame (IEEE 802.11-2020 section 9.3.2) to its LLC header.

    ``padded`` is 1 where the capture pads the MAC header to four bytes (a flag of radiotap).
    """
    kind = u8(b, cap, pos)
    flags = u8(b, cap, pos + 1)
    if flags < 0:
        return -R_LINK_SHORT, pos, 0
    if kind & 0x0F != 0x08 or kind & 0x40:  # not version 0 of type data, or a subtype without a body
        return -R_DOT11_NO_DATA, pos, 0
    if flags & 0x40:
        return -R_DOT11_PROTECTED, pos, 0
    size = 30 if flags & 3 == 3 else 24
    control = 0
    if kind & 0x80:
        control = u8(b, cap, pos + size)
        size += 2
        if flags & 0x80:
            size += 4  # HT control
    if padded == 1:
        size = (size + 3) & ~3
    pos += size
    if control >= 0 and control & 0x80:  # A-MSDU: its first subframe, addresses (12) and length (2)
        pos += 14
    return LLC, pos, 0


@helper
def radiotap(b: Any, pos: int, cap: int) -> Next:
    """Radiotap, https://www.radiotap.org: version, pad, length, presence words; flags say whether the MAC header is padded."""
    size = le16(b, cap, pos + 2)
    present = le32(b, cap, pos + 4)
    if u8(b, cap, pos) != 0 or size < 8 or present < 0 or pos + size > cap:
        return -R_LINK_SHORT, pos, 0
    at = pos + 8
    word = present
    while word & 0x80000000 and at + 4 <= pos + size:
        word = le32(b, cap, at)
        at += 4
    padded = 0
    if present & 2:
        if present & 1:
            at = pos + ((at - pos + 7) & ~7) + 8
        if at < pos + size and u8(b, cap, at) & 0x20 and u8(b, cap, at) >= 0:
            padded = 1
    return DOT11, pos + size, padded


@helper
def _null(b: Any, pos: int, cap: int) -> Next:
    """BSD loopback: the address family in the capturing machine's byte order (or the network's). LINKTYPE_NULL, LINKTYPE_LOOP."""
    family = le32(b, cap, pos)
    if family < 0:
        return -R_LINK_SHORT, pos, 0
    if family > 0xFFFF:
        family = be32(b, cap, pos)
    if family == 2:
        return IP4, pos + 4, 0
    if family == 10 or family == 23 or family == 24 or family == 28 or family == 30:
        return IP6, pos + 4, 0
    return -(R_NULL_FAMILY + (family if family < 256 else 255)), pos, 0


@helper
def _sll(b: Any, pos: int, cap: int, kind_at: int, arp_at: int, size: int) -> Next:
    """Linux cooked capture, version 1 and 2: protocol, ARPHRD type, then the payload."""
    kind = be16(b, cap, pos + kind_at)
    arp = be16(b, cap, pos + arp_at)
    if kind < 0 or pos + size > cap:
        return -R_LINK_SHORT, pos, 0
    if arp == 824:  # netlink
        return -R_LINK_PAYLOAD, pos, 0
    if arp == 801 or arp == 802 or arp == 803:
        return (DOT11, pos + size, 0) if arp == 801 else (LINK, pos + size, 119 if arp == 802 else 127)
    if kind == 4:
        return LLC, pos + size, 0
    if kind < 1501:  # Linux's own numbers: not Ethernet lengths
        return -(R_ETHERTYPE + kind), pos, 0
    return ETHERTYPE, pos + size, kind


@helper
def _nflog(b: Any, pos: int, cap: int) -> Next:
    """NFLOG: family, version, resource id, then TLVs in the capturing machine's byte order; type 9 is the packet."""
    family = u8(b, cap, pos)
    at = pos + 4
    while at + 4 <= cap:
        size = le16(b, cap, at)
        kind = le16(b, cap, at + 2)
        if size < 4 or at + size > cap or kind > 255:
            size = be16(b, cap, at)
            kind = be16(b, cap, at + 2)
        if kind == 9:
            return (IP6 if family == 10 else IP4 if family == 2 else IP), at + 4, 0
        if size < 4:
            break
        at += (size + 3) & ~3
    return -R_LINK_PAYLOAD, pos, 0


@helper
def _token_ring(b: Any, pos: int, cap: int) -> Next:
    """802.5: access and frame control, addresses; a source route when the source's first bit is set."""
    if u8(b, cap, pos + 1) & 0xC0 != 0x40:
        return -R_LINK_PAYLOAD, pos, 0
    size = 14
    if u8(b, cap, pos + 8) & 0x80:
        size += u8(b, cap, pos + 14) & 0x1F
    return LLC, pos + size, 0


@helper
def _arcnet(b: Any, pos: int, cap: int) -> Next:
    """ARCNET: protocol 240 (RFC 1051) and 212 (RFC 1201, unsplit)."""
    kind = u8(b, cap, pos)
    if kind == 240 or kind == 241:
        return (IP4, pos + 1, 0) if kind == 240 else (-(R_ETHERTYPE + 0x0806), pos, 0)
    if kind == 212 or kind == 213:
        if u8(b, cap, pos + 1) != 0:
            return -R_LINK_PAYLOAD, pos, 0
        return (IP4, pos + 4, 0) if kind == 212 else (-(R_ETHERTYPE + 0x0806), pos, 0)
    return -R_LINK_PAYLOAD, pos, 0


@helper
def _ipnet(b: Any, pos: int, cap: int) -> Next:
    """Solaris ipnet: version, family (2 IPv4, 26 IPv6), ..., 24 bytes. LINKTYPE_IPNET."""
    family = u8(b, cap, pos + 1)
    if family == 2:
        return IP4, pos + 24, 0
    if family == 26:
        return IP6, pos + 24, 0
    return -(R_NULL_FAMILY + (family if family >= 0 else 0)), pos, 0


@helper
def _slip(b: Any, pos: int, cap: int, size: int) -> Next:
    """SLIP with its pseudo-header: direction, then the compressed header's bytes (the first says whether there is one)."""
    if u8(b, cap, pos + 1) & 0xF0 != 0x40:
        return -R_SLIP, pos, 0
    return IP, pos + size, 0


@helper
def link_layer(b: Any, pos: int, cap: int, link: int) -> Next:
    """Find what a link type's header leads to."""
    if link == 1:
        return ether(b, pos, cap)
    if link == 12 or link == 14 or link == 101:
        return IP, pos, 0
    if link == 228:
        return IP4, pos, 0
    if link == 229:
        return IP6, pos, 0
    if link == 113:
        return _sll(b, pos, cap, 14, 2, 16)
    if link == 276:
        return _sll(b, pos, cap, 0, 8, 20)
    if link == 0 or link == 108:
        return _null(b, pos, cap)
    if link == 9 or link == 166:
        if link == 166:  # pppd: the first byte tells the direction instead of the address
            pos += 2 if u8(b, cap, pos + 1) == 3 else 1
        return PPP, pos, 0
    if link == 50:
        kind = u8(b, cap, pos)
        return (CHDLC if kind == 0x0F or kind == 0x8F else PPP), pos, 0
    if link == 51:
        return PPPOE, pos, 0
    if link == 204:
        return PPP, pos + 1, 0
    if link == 104 or link == 205:
        return CHDLC, pos + (1 if link == 205 else 0), 0
    if link == 105:
        return DOT11, pos, 0
    return _rare_link(b, pos, cap, link)


@helper
def _rare_link(b: Any, pos: int, cap: int, link: int) -> Next:
    if link == 127:
        return radiotap(b, pos, cap)
    if link == 119 or link == 163:
        if be32(b, cap, pos) & 0xFFFFF000 == 0x80211000 and pos + 8 <= cap:  # AVS, also where Prism was announced
            return DOT11, pos + be32(b, cap, pos + 4), 0
        return DOT11, pos + 144, 0
    if link == 192:  # PPI: version, flags, length, link type
        size = le16(b, cap, pos + 2)
        inner = le32(b, cap, pos + 4)
        if size < 8 or inner < 0 or inner == 192:
            return -R_LINK_SHORT, pos, 0
        return LINK, pos + size, inner
    if link == 239:
        return _nflog(b, pos, cap)
    if link == 219:  # MPLS without anything below
        return MPLS, pos, 0
    if link == 107 or link == 206:
        return FRAME_RELAY, pos + (1 if link == 206 else 0), 0
    if link == 6:
        return _token_ring(b, pos, cap)
    if link == 10:  # FDDI: frame control (LLC frames only), addresses
        return (LLC, pos + 13, 0) if u8(b, cap, pos) & 0xF0 == 0x50 else (-R_LINK_PAYLOAD, pos, 0)
    if link == 7:
        return _arcnet(b, pos + 2, cap)
    if link == 129:  # as ARCNET, two bytes of offset first
        return _arcnet(b, pos + 4, cap)
    if link == 100:
        return LLC, pos, 0
    if link == 106:  # classical IP over ATM: LLC or IP as it is
        return (LLC if be16(b, cap, pos) == 0xAAAA else IP), pos, 0
    if link == 123:  # SunATM: kind of traffic, VPI, VCI
        kind = u8(b, cap, pos) & 0x0F
        return (LLC, pos + 4, 0) if kind == 2 else (ETHER, pos + 6, 0) if kind == 1 else (-R_LINK_PAYLOAD, pos, 0)
    if link == 8:
        return _slip(b, pos, cap, 16)
    if link == 15:
        return _slip(b, pos, cap, 24)
    if link == 122:  # IP over Fibre Channel, RFC 2625: two addresses of eight bytes
        return LLC, pos + 16, 0
    if link == 138:  # IP over FireWire: two addresses of eight bytes, EtherType
        kind = be16(b, cap, pos + 16)
        return (ETHERTYPE, pos + 18, kind) if kind >= 0 else (-R_LINK_SHORT, pos, 0)
    if link == 226:
        return _ipnet(b, pos, cap)
    if link == 240 or link == 241:  # netANALYZER: four bytes, the second kind keeps the preamble
        return ETHER, pos + (4 if link == 240 else 12), 0
    if link == 274:  # mPacket: preamble and SMD
        return ETHER, pos + 8, 0
    if link == 281 or link == 284 or link == 285:  # Ethernet with a switch's tag (4 or 8 bytes) before its EtherType
        size = 8 if link == 285 else 4
        kind = be16(b, cap, pos + 12 + size)
        return (ETHERTYPE, pos + 14 + size, kind) if kind >= 0 else (-R_LINK_SHORT, pos, 0)
    if link == 149 or link == 258:  # Apple PKTAP: length, record type, link type, little-endian
        size = le32(b, cap, pos)
        inner = le32(b, cap, pos + 8)
        if size < 12 or pos + size > cap or inner < 0 or inner == link:
            return -R_LINK_SHORT, pos, 0
        return LINK, pos + size, inner
    return -(R_LINK_TYPE + (link if 0 <= link < 65535 else 65535)), pos, 0
