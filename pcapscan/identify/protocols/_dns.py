"""DNS messages, which DNS, mDNS, LLMNR and their kin share (RFC 1035 section 4).

:func:`message` walks header, question and, as far as they lie in the head, resource records.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8

MAX_LABELS = 128
MAX_RECORDS = 24
"""Records of one message that are walked."""


@helper
def skip_name(b: Any, n: int, i: int, start: int) -> int:
    """Offset behind the name at ``i``; -1 wrong, -2 cut. ``start``: where the message begins, which pointers are relative to."""
    for _ in range(MAX_LABELS):
        size = u8(b, n, i)
        if size == -1:
            return -2
        if size == 0:
            return i + 1
        if size >= 192:
            target = be16(b, n, i)
            if target == -1:
                return -2
            target &= 0x3FFF
            return i + 2 if 12 <= target < i - start else -1
        if size >= 64:
            return -1
        i += 1 + size
    return -1


@helper
def name_text(b: Any, n: int, i: int) -> int:
    """Whether the labels at ``i`` are of characters that names have: bits, or -1 if control bytes stand in them."""
    for _ in range(MAX_LABELS):
        size = u8(b, n, i)
        if size <= 0 or size >= 64:
            return 4
        for k in range(i + 1, min(n, i + 1 + size)):
            c = u8(b, n, k)
            if c < 32 or c == 127:
                return 0
        i += 1 + size
    return 0


@helper
def known_class(c: int) -> bool:
    """IN, CH, HS, NONE, ANY, IN with mDNS's top bit."""
    c &= 0x7FFF
    return c == 1 or c == 3 or c == 4 or c == 254 or c == 255


@helper
def known_type(t: int) -> bool:
    """Whether a type is assigned (or is one of those that are tried)."""
    return 0 < t <= 110 or 245 <= t <= 262 or t == 32768 or t == 32769 or t == 65399 or 65280 <= t < 65535


@helper
def message(b: Any, n: int, i: int, side: int, whole: bool) -> int:
    """Bits of a message from ``i`` to ``n``: + whole, - cut, 0 wrong. ``whole``: ``n`` is where it must end."""
    if n - i < 12:
        return 0 if whole else -1
    flags = be16(b, n, i + 2)
    answer = flags >> 15
    if answer != side:
        return 0
    opcode = (flags >> 11) & 15
    if opcode > 6 or opcode == 3:
        return 0
    code = flags & 15
    qd, an, ns, ar = be16(b, n, i + 4), be16(b, n, i + 6), be16(b, n, i + 8), be16(b, n, i + 10)
    if qd > 64 or an > 1024 or ns > 256 or ar > 256 or code > 11:
        return 0
    if side == 0 and (code != 0 or (opcode == 0 and (qd == 0 or ns > qd + 20))):
        return 0
    if qd + an + ns + ar == 0 and (side == 0 or n - i != 12 or code == 0):
        return 0
    bits = (4 if opcode == 0 else 2) + (4 if code == 0 else 1) + 1
    bits += (12 if qd == 1 else 6 if qd == 0 else 8) + (4 if an == 0 else 7) + (4 if ns == 0 else 7) + (4 if ar <= 1 else 7)
    return records(b, n, i, qd, an + ns + ar, bits, whole)


@helper
def records(b: Any, n: int, i: int, qd: int, rr: int, bits: int, whole: bool) -> int:
    """As :func:`message`, from the question on."""
    at = i + 12
    for k in range(min(qd, MAX_RECORDS)):
        if k == 0:
            bits += name_text(b, n, at)
        at = skip_name(b, n, at, i)
        if at == -1:
            return 0
        if at == -2 or at + 4 > n:
            return 0 if whole else -bits
        if not known_type(be16(b, n, at)) or not known_class(be16(b, n, at + 2)):
            return 0
        bits += 18 if k == 0 else 4
        at += 4
    for k in range(min(rr, MAX_RECORDS)):
        if at >= n:
            # Truncated answers and answers whose counts promise more than was sent exist; a few bytes must then end the message.
            return (bits if whole else -bits) if bits >= 40 else 0
        at = skip_name(b, n, at, i)
        if at == -1:
            return 0
        size = be16(b, n, at + 8) if at != -2 else -1
        if size == -1:
            return -bits if not whole or k > 0 else 0
        kind = be16(b, n, at)
        if not known_type(kind):
            return 0
        if kind != 41 and not known_class(be16(b, n, at + 2)):
            return 0
        if at + 10 + size > n:
            return 0 if whole and k == 0 else -bits
        if k < 2:
            bits += 8 if kind == 41 else 18
        at += 10 + size
    if qd <= MAX_RECORDS and rr <= MAX_RECORDS and whole:
        return bits + 8 if at == n else (bits if at < n and bits > 45 else 0)
    return bits


@helper
def ends_local(b: Any, n: int, i: int) -> bool:
    """Whether the name at ``i`` is one that multicast DNS resolves: in .local, a service type, or a reverse one."""
    seen = False
    for _ in range(MAX_LABELS):
        size = u8(b, n, i)
        if size <= 0 or size >= 64:
            return seen
        low = be32(b, n, i + 1) | 0x20202020
        if size == 5 and low == 0x6C6F6361 and (u8(b, n, i + 5) | 32) == 108:
            seen = True
        if size == 4 and u8(b, n, i + 1) == 95 and (low == 0x7F746370 or low == 0x7F756470):
            seen = True
        if size == 4 and low == 0x61727061:
            seen = True
        i += 1 + size
    return seen


@helper
def single_label(b: Any, n: int, i: int) -> bool:
    """Whether the name at ``i`` has one label only."""
    size = u8(b, n, i)
    return 0 < size < 64 and u8(b, n, i + 1 + size) == 0
