"""IPv4 and IPv6 headers: lengths, extension headers, and the checks that tell an IP packet from other bytes.

IPv4: RFC 791 section 3.1. IPv6: RFC 8200 sections 3 and 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import be16, helper, u8

from .codes import DONE, R_IP6_EXTENSION
from .link import Next


@helper
def word(b: Any, pos: int) -> Any:
    """Eight bytes, big-endian, as uint64; the caller has checked that they are there."""
    value = np.uint64(0)
    for k in range(8):
        value = (value << np.uint64(8)) | np.uint64(b[pos + k])
    return value


@helper
def word4(b: Any, pos: int) -> Any:
    """IPv4 address as the low word of its IPv6 mapping."""
    value = np.uint64(0xFFFF)
    for k in range(4):
        value = (value << np.uint64(8)) | np.uint64(b[pos + k])
    return value


@helper
def checksum(b: Any, pos: int, size: int) -> int:
    """Internet checksum over ``size`` bytes, RFC 1071: 0xFFFF where a header with its checksum is sound."""
    total = 0
    for k in range(0, size - 1, 2):
        total += (int(np.int64(b[pos + k])) << 8) + int(np.int64(b[pos + k + 1]))
    if size & 1:
        total += int(np.int64(b[pos + size - 1])) << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@helper
def is_extension(proto: int) -> bool:
    """Whether an IPv6 next header (or, for AH, an IPv4 protocol) leads on to another one."""
    return proto == 0 or proto == 43 or proto == 60 or proto == 51 or proto == 135 or proto == 139 or proto == 140


@helper
def extensions(b: Any, pos: int, cap: int, proto: int) -> Next:
    """Walk IPv6 extension headers up to the fragment header or the payload.

    Returns
    -------
    (layer, pos, proto)
        A negative layer is a reason, else ``DONE``; ``proto`` is 44 at a fragment header.
    """
    while is_extension(proto):
        after = u8(b, cap, pos)
        size = u8(b, cap, pos + 1)
        if size < 0:
            return -R_IP6_EXTENSION, pos, proto
        size = (size + 2) * 4 if proto == 51 else (size + 1) * 8
        if pos + size > cap:
            return -R_IP6_EXTENSION, pos, proto
        pos += size
        proto = after
    return DONE, pos, proto


@helper
def holds_ip(b: Any, pos: int, cap: int, end: int, slack: int) -> bool:
    """Whether exactly one IP packet stands between ``pos`` and ``end``: what tells a tunnel from other bytes.

    IPv4: version, header length, checksum, total length. IPv6: version, payload length, a next header in use, addresses not all
    zero. ``slack`` is how many bytes of padding may follow. Some 40 bits (IPv4) or 30 (IPv6) that other bytes match by chance.
    """
    if pos + 20 > cap:
        return False
    first = u8(b, cap, pos)
    if first >> 4 == 4:
        size = (first & 15) * 4
        total = be16(b, cap, pos + 2)
        if size < 20 or pos + size > cap or total < size:
            return False
        if pos + total > end or end - pos - total > slack:
            return False
        return checksum(b, pos, size) == 0xFFFF and u8(b, cap, pos + 8) > 0
    if first >> 4 != 6 or pos + 40 > cap:
        return False
    total = 40 + be16(b, cap, pos + 4)
    if pos + total > end or end - pos - total > slack:
        return False
    after = u8(b, cap, pos + 6)
    known = (
        after == 6 or after == 17 or after == 58 or after == 44 or after == 132 or after == 4 or after == 41 or after == 47 or after == 50
    )
    return known or is_extension(after)
