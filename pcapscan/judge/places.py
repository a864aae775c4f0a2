"""Which side of the fence an address is on: outside, inside, local to the link, or a group.

Python's ``ipaddress`` calls documentation and benchmark ranges private, and carrier-grade NAT neither private nor global. For
the question "does this leave the house?" they are: documentation (RFC 5737, RFC 3849) and benchmark ranges (RFC 2544) are
outside, since whoever sees them on a wire sees them outside the house; carrier-grade NAT (RFC 6598) is inside.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import cache

import numpy as np

from pcapscan.tables import U8, U64, Bool

OUTSIDE, INSIDE, LOCAL, GROUP = 0, 1, 2, 3
"""Classes of an address: beyond the house; private, CGNAT, ULA or a home net; loopback, link-local or unspecified; multicast or
broadcast."""

TABLE: tuple[tuple[str, int], ...] = (
    ("10.0.0.0/8", INSIDE),  # RFC 1918
    ("172.16.0.0/12", INSIDE),  # RFC 1918
    ("192.168.0.0/16", INSIDE),  # RFC 1918
    ("100.64.0.0/10", INSIDE),  # RFC 6598, carrier-grade NAT
    ("fc00::/7", INSIDE),  # RFC 4193
    ("fec0::/10", INSIDE),  # RFC 3879, deprecated site-local
    ("0.0.0.0/8", LOCAL),  # RFC 791, this network
    ("127.0.0.0/8", LOCAL),  # RFC 1122
    ("169.254.0.0/16", LOCAL),  # RFC 3927
    ("::/127", LOCAL),  # RFC 4291, unspecified and loopback
    ("fe80::/10", LOCAL),  # RFC 4291
    ("224.0.0.0/4", GROUP),  # RFC 5771
    ("255.255.255.255/32", GROUP),  # RFC 919
    ("ff00::/8", GROUP),  # RFC 4291
)

Network = tuple[int, int, int, int]
"""Mask and value of the high and of the low word."""


def network(text: str) -> Network:
    """A network in CIDR notation as masks and values of two words, IPv4 mapped into IPv6."""
    net = ipaddress.ip_network(text, strict=False)
    bits, value = net.prefixlen, int(net.network_address)
    if net.version == 4:
        bits, value = bits + 96, value | 0xFFFF << 32
    mask = ((1 << bits) - 1) << (128 - bits)
    word = (1 << 64) - 1
    return mask >> 64, value >> 64, mask & word, value & word


def within(hi: U64, lo: U64, net: Network) -> Bool:
    """Which addresses lie in a network."""
    mask_hi, value_hi, mask_lo, value_lo = (np.uint64(x) for x in net)
    inside: Bool = ((hi & mask_hi) == value_hi) & ((lo & mask_lo) == value_lo)
    return inside


_BROADCAST = np.uint64(0xFFFF_FFFF_FFFF)
_NETWORKS = tuple((network(text), kind) for text, kind in TABLE)


@cache
def _table() -> U8:
    """Class of each IPv4 address by its first two bytes; all networks but broadcast are told apart by these."""
    lo = (np.uint64(0xFFFF) << np.uint64(32)) | (np.arange(1 << 16, dtype=np.uint64) << np.uint64(16))
    return _by_networks(np.zeros(len(lo), np.uint64), lo)


def _by_networks(hi: U64, lo: U64) -> U8:
    kind = np.full(len(hi), OUTSIDE, np.uint8)
    for net, word in _NETWORKS:
        kind[within(hi, lo, net)] = word
    return kind


def classes(hi: U64, lo: U64, home: Sequence[str] = ()) -> U8:
    """Class of each address (uint8[n]); ``home`` are networks that are inside whatever the table says."""
    kind: U8 = _table()[(lo >> np.uint64(16)) & np.uint64(0xFFFF)]
    other = np.flatnonzero((hi != 0) | (lo >> np.uint64(32) != 0xFFFF) | (lo == _BROADCAST))
    kind[other] = _by_networks(hi[other], lo[other])
    for text in home:
        kind[within(hi, lo, network(text))] = INSIDE
    return kind


def text_of(hi: int, lo: int) -> str:
    """An address as people write it."""
    if hi == 0 and lo >> 32 == 0xFFFF:
        return f"{lo >> 24 & 255}.{lo >> 16 & 255}.{lo >> 8 & 255}.{lo & 255}"
    return str(ipaddress.IPv6Address(hi << 64 | lo))
