"""ClientHello and ServerHello bodies, which TLS, DTLS and QUIC share (RFC 8446 section 4.1, RFC 5246 section 7.4.1, RFC 6347 section 4.2).

All readers here walk a body that lies in one piece from ``at`` (its legacy_version) to ``stop`` (its claimed end); ``n`` is where the bytes at
hand end, which may be earlier.
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix, mix_span
from pcapscan.kernels import be16, helper, u8

SNI, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, PADDING, SUPPORTED_VERSIONS, EARLY_DATA = 0, 10, 11, 13, 16, 21, 43, 42


@helper
def is_grease(value: int) -> bool:
    """Whether a 16-bit value is reserved to keep implementations tolerant (RFC 8701)."""
    return (value & 0x0F0F) == 0x0A0A and (value >> 8) == (value & 0xFF)


@helper
def known_version(v: int) -> bool:
    """Whether a legacy_version is one of SSL 3.0 to TLS 1.3, or DTLS 1.0, 1.2, 1.3, or OpenSSL's old DTLS."""
    return 0x0300 <= v <= 0x0304 or v == 0xFEFF or v == 0xFEFD or v == 0xFEFC or v == 0x0100


@helper
def walk_extensions(b: Any, n: int, at: int, stop: int) -> int:
    """Bits of an extension block from its length at ``at`` that must end at ``stop``: + whole, - cut by ``n``, 0 wrong."""
    if at == stop:
        return 4
    total = be16(b, n, at)
    if total == -1:
        return -1 if at + 2 <= stop else 0
    if at + 2 + total != stop:
        return 0
    bits = 14
    i = at + 2
    while i < stop:
        if i + 4 > stop:
            return 0
        size = be16(b, n, i + 2)
        if size == -1:
            return -bits
        if i + 4 + size > stop:
            return 0
        bits = min(bits + 2, 40)
        i += 4 + size
    return bits


@helper
def ciphers_at(b: Any, n: int, at: int, cookie: int) -> int:
    """Where the cipher_suites length of a ClientHello body stands; -1 cut, -2 wrong. ``cookie``: 1 in DTLS."""
    sid = u8(b, n, at + 34)
    if sid == -1:
        return -1
    if sid > 32:
        return -2
    i = at + 35 + sid
    if cookie == 1:
        size = u8(b, n, i)
        if size == -1:
            return -1
        i += 1 + size
    return i


@helper
def extensions_at(b: Any, n: int, at: int, cookie: int) -> int:
    """Where the extensions' length of a ClientHello body stands; -1 cut, -2 wrong."""
    i = ciphers_at(b, n, at, cookie)
    if i < 0:
        return i
    size = be16(b, n, i)
    if size == -1:
        return -1
    i += 2 + size
    size = u8(b, n, i)
    if size == -1:
        return -1
    return i + 1 + size


@helper
def walk_client(b: Any, n: int, at: int, stop: int, cookie: int) -> int:
    """Bits of a ClientHello body: + whole, - cut by ``n``, 0 wrong."""
    v = be16(b, n, at)
    if v == -1:
        return -1
    if not known_version(v):
        return 0
    bits = 13
    i = ciphers_at(b, n, at, cookie)
    if i == -2 or i > stop - 4:
        return 0
    if i == -1:
        return -bits
    bits += 3
    size = be16(b, n, i)
    if size == -1:
        return -bits
    if size < 2 or size % 2 or i + 2 + size > stop - 2:
        return 0
    bits += 6
    i += 2 + size
    methods = u8(b, n, i)
    if methods == -1:
        return -bits
    if methods < 1 or methods > 4 or i + 1 + methods > stop:
        return 0
    # Method 0 must be among the offered, and real hellos put it last or alone (RFC 5246 section 7.4.1.2).
    last = u8(b, n, i + methods)
    first = u8(b, n, i + 1)
    if last == -1 or first == -1:
        return -bits
    if last != 0 and first != 0:
        return 0
    bits += 12
    found = walk_extensions(b, n, i + 1 + methods, stop)
    if found == 0:
        return 0
    return bits + found if found > 0 else found - bits


@helper
def walk_server(b: Any, n: int, at: int, stop: int) -> int:
    """Bits of a ServerHello body: + whole, - cut by ``n``, 0 wrong."""
    v = be16(b, n, at)
    if v == -1:
        return -1
    # 0x7Fxx: the drafts of TLS 1.3 wrote theirs here.
    draft = (v >> 8) == 0x7F
    if not known_version(v) and not draft:
        return 0
    bits = 13
    i = at + 34
    if not draft:
        sid = u8(b, n, at + 34)
        if sid == -1:
            return -bits
        if sid > 32:
            return 0
        bits += 3
        i += 1 + sid
    if i + 2 > stop:
        return 0
    i += 2
    if not draft:
        method = u8(b, n, i)
        if method == -1:
            return -bits
        if method > 1 and method != 64:
            return 0
        bits += 6
        i += 1
    found = walk_extensions(b, n, i, stop)
    if found == 0:
        return 0
    return bits + found if found > 0 else found - bits


@helper
def find_extension(b: Any, n: int, at: int, stop: int, kind: int) -> int:
    """Offset of the first extension of a kind in the block whose length stands at ``at``; -1 none (or cut before it)."""
    i = at + 2
    stop = min(stop, n)
    while i + 4 <= stop:
        if be16(b, n, i) == kind:
            return i
        i += 4 + be16(b, n, i + 2)
    return -1


@helper
def sni_span(b: Any, n: int, at: int, stop: int, cookie: int) -> int:
    """``offset << 16 | length`` of the host name in a ClientHello body (RFC 6066 section 3); 0 none."""
    block = extensions_at(b, n, at, cookie)
    if block < 0:
        return 0
    i = find_extension(b, n, block, stop, SNI)
    if i < 0 or u8(b, n, i + 6) != 0:
        return 0
    size = be16(b, n, i + 7)
    if size < 1 or size > 255 or i + 9 + size > n or i + 9 + size > stop:
        return 0
    return ((i + 9) << 16) | size


@helper
def client_essence(b: Any, n: int, at: int, stop: int, cookie: int) -> int:
    """Hash of what a client's fingerprints read: versions, ciphers, extension types, and the bodies that JA3 and JA4 look into."""
    h = mix_span(SEED, b, n, at, at + 2)
    i = ciphers_at(b, n, at, cookie)
    if i < 0:
        return h
    size = be16(b, n, i)
    if size < 0:
        return h
    h = mix_span(h, b, n, i, i + 2 + size)
    i = extensions_at(b, n, at, cookie)
    if i < 0:
        return h
    i += 2
    end = min(stop, n)
    while i + 4 <= end:
        kind = be16(b, n, i)
        size = be16(b, n, i + 2)
        h = mix(h, kind)
        if kind in (GROUPS, POINT_FORMATS, SIGNATURES, ALPN, SUPPORTED_VERSIONS):
            h = mix_span(h, b, n, i + 4, i + 4 + size)
        i += 4 + size
    return mix(h, 1 if i > end else 0)


@helper
def server_essence(b: Any, n: int, at: int, stop: int) -> int:
    """Hash of what a server's fingerprints read: version, cipher, extension types, ALPN and version chosen."""
    h = mix_span(SEED, b, n, at, at + 2)
    sid = u8(b, n, at + 34)
    if sid < 0 or sid > 32:
        return h
    i = at + 35 + sid
    h = mix_span(h, b, n, i, i + 3)
    i += 5
    end = min(stop, n)
    while i + 4 <= end:
        kind = be16(b, n, i)
        size = be16(b, n, i + 2)
        h = mix(h, kind)
        if kind in (ALPN, SUPPORTED_VERSIONS):
            h = mix_span(h, b, n, i + 4, i + 4 + size)
        i += 4 + size
    return h
