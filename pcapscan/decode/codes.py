"""Numbers that the kernels of this room share: layers, reasons, and the words that reasons become.

A parser returns the layer that comes next. A negative layer is a reason, negated: the record holds no packet of a flow, and
``counts[reason]`` is raised by one.
"""

from __future__ import annotations

import numpy as np

from pcapscan.tables import I64

# Layers: what stands at the position the walk has reached.
DONE = 0
ETHER = 1
ETHERTYPE = 2  # what the EtherType says; the type is the parser's third answer
LLC = 3
PPP = 4
MPLS = 5
IP = 6  # IPv4 or IPv6 by the first nibble
IP4 = 7
IP6 = 8
PROTO = 9  # what the IP protocol number says
CHDLC = 10
DOT11 = 11
FRAME_RELAY = 12
LINK = 13  # another link layer; its number is the third answer
PPPOE = 14
GRE = 15

MAX_STEPS = 48
"""Layers walked in one record before giving up: no honest packet has as many, a crafted one can."""

MAX_DEPTH = 6
"""IP headers walked in one record."""

# Reasons without a parameter.
R_RECORD = 1
R_LINK_SHORT = 2
R_IP_VERSION = 3
R_IP4_SHORT = 4
R_IP4_HEADER = 5
R_IP6_SHORT = 6
R_IP6_EXTENSION = 7
R_TCP_SHORT = 8
R_TCP_OFFSET = 9
R_UDP_SHORT = 10
R_SCTP_SHORT = 11
R_ICMP_SHORT = 12
R_DEEP = 13
R_MPLS = 14
R_GRE = 15
R_DOT11_NO_DATA = 16
R_DOT11_PROTECTED = 17
R_LINK_PAYLOAD = 18
R_PPPOE = 19
R_TCP_BEYOND = 20
R_UDP_BEYOND = 21
R_FRAGMENT_LONE = 22
R_FRAGMENT_MERGED = 23
R_FRAGMENT_BAD = 24
R_FRAGMENT_FIRST_LOST = 25
R_FRAGMENT_REPEAT = 26
R_NSH = 27
R_SLIP = 28

PLAIN = (
    "",
    "record outside its block",
    "link header cut short",
    "neither IPv4 nor IPv6 where IP was announced",
    "IPv4 header cut short",
    "IPv4 header length impossible",
    "IPv6 header cut short",
    "IPv6 extension header cut short or impossible",
    "TCP header cut short by the capture",
    "TCP data offset impossible",
    "UDP header cut short by the capture",
    "SCTP header cut short",
    "ICMP header cut short",
    "nested too deeply",
    "MPLS stack without IP",
    "GRE header impossible or routed",
    "802.11 frame without data",
    "802.11 frame encrypted",
    "link header announces no payload",
    "PPPoE header impossible",
    "TCP header longer than its IP packet",
    "UDP header longer than its IP packet",
    "IP fragment of a datagram that never became whole",
    "IP fragment put together in a later packet",
    "IP fragment beyond 65535 bytes or of impossible length",
    "IP fragment whose first fragment never came",
    "IP fragment that repeats another",
    "NSH header impossible",
    "SLIP header compressed",
)
"""Text of the reasons without a parameter, by number. Reason 23 is bookkeeping, not a loss: see ``Decoder.undecoded``."""

# Reasons with a parameter: base + value.
R_IP_PROTOCOL = 64  # + 256
R_LLC = R_IP_PROTOCOL + 256  # + 256
R_NULL_FAMILY = R_LLC + 256  # + 256
R_LINK_TYPE = R_NULL_FAMILY + 256  # + 65536
R_ETHERTYPE = R_LINK_TYPE + 65536  # + 65536
R_PPP = R_ETHERTYPE + 65536  # + 65536
R_COUNT = R_PPP + 65536

_PROTOCOL_NAMES = {
    0: "hop-by-hop option", 2: "IGMP", 4: "IPv4", 8: "EGP", 9: "IGP", 33: "DCCP", 41: "IPv6", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH",
    59: "no next header", 88: "EIGRP", 89: "OSPF", 94: "IPIP", 97: "EtherIP", 103: "PIM", 108: "IPComp", 112: "VRRP", 115: "L2TP",
    124: "IS-IS", 136: "UDP-Lite", 137: "MPLS",
}  # fmt: skip
"""https://www.iana.org/assignments/protocol-numbers"""

_ETHERTYPE_NAMES = {
    0x0806: "ARP", 0x8035: "RARP", 0x809B: "AppleTalk", 0x80F3: "AppleTalk ARP", 0x8137: "IPX", 0x8809: "slow protocols",
    0x8863: "PPPoE discovery",
    0x886D: "Intel ANS", 0x888E: "EAPOL", 0x8892: "PROFINET", 0x88A4: "EtherCAT", 0x88B8: "GOOSE", 0x88BA: "sampled values", 0x88CC: "LLDP",
    0x88E1: "HomePlug AV", 0x88E5: "MACsec", 0x88F7: "PTP", 0x8902: "CFM", 0x8906: "FCoE", 0x9000: "loopback",
    0x2000: "CDP", 0x2004: "DTP", 0x6002: "MOP",
    0x6003: "DECnet", 0x0000: "none",
}  # fmt: skip
"""https://www.iana.org/assignments/ieee-802-numbers, and Cisco's SNAP numbers"""

_LLC_NAMES = {0x42: "STP", 0xE0: "IPX", 0xF0: "NetBIOS", 0xFE: "OSI", 0xFF: "IPX raw", 0xAA: "SNAP", 0x00: "null"}

_PPP_NAMES = {
    0x002D: "Van Jacobson TCP", 0x002F: "Van Jacobson TCP uncompressed", 0x003D: "multilink", 0x0053: "encryption", 0x00FB: "compressed",
    0x00FD: "compressed",
    0x8021: "IPCP", 0x8057: "IPv6CP", 0x80FD: "CCP", 0xC021: "LCP", 0xC023: "PAP", 0xC025: "LQR", 0xC223: "CHAP",
}  # fmt: skip
"""https://www.iana.org/assignments/ppp-numbers"""

_MAX_NAMED = 32
"""Values listed one by one for each kind of reason; a hostile capture can carry thousands, which become one line."""

_KINDS: tuple[tuple[int, int, str, str, dict[int, str]], ...] = (
    (R_IP_PROTOCOL, 256, "ip protocol", "{:d}", _PROTOCOL_NAMES),
    (R_LLC, 256, "llc sap", "0x{:02x}", _LLC_NAMES),
    (R_NULL_FAMILY, 256, "address family", "{:d}", {}),
    (R_LINK_TYPE, 65536, "link type", "{:d}", {}),
    (R_ETHERTYPE, 65536, "ethertype", "0x{:04x}", _ETHERTYPE_NAMES),
    (R_PPP, 65536, "ppp protocol", "0x{:04x}", _PPP_NAMES),
)


def describe(counts: I64) -> dict[str, int]:
    """Turn counts by reason number into counts by words.

    Parameters
    ----------
    counts : int64[R_COUNT]

    Returns
    -------
    dict
        Only reasons that occurred, most frequent first, at most 32 of one kind one by one.
    """
    found: list[tuple[int, str]] = [(int(counts[reason]), PLAIN[reason]) for reason in range(1, len(PLAIN)) if counts[reason]]
    for base, size, kind, form, names in _KINDS:
        part = counts[base : base + size]
        values = np.flatnonzero(part)
        order = values[np.argsort(-part[values], kind="stable")]
        for value in order[:_MAX_NAMED].tolist():
            name = f" ({names[value]})" if value in names else ""
            found.append((int(part[value]), f"{kind} {form.format(value)}{name}"))
        if len(order) > _MAX_NAMED:
            found.append((int(part[order[_MAX_NAMED:]].sum()), f"{kind} other"))
    found.sort(key=lambda item: (-item[0], item[1]))
    return {text: count for count, text in found}
