"""MySQL and MariaDB.

On the wire (MySQL internals, "Client/Server Protocol"): packets of 3 bytes length (little endian) and a sequence number. The server
greets with protocol 10 and its version string, or error 0xFF; the client answers with capabilities, packet size, character set and 23
zeros, or asks for TLS.

Looked at: greeting (version digits, terminating NUL, filler), login or TLS request, packet walk; mid-stream a command packet with SQL, or
result packets that count up.

Fools it: a greeting is one small packet: fake servers that send it and nothing else are named.

Facts: ``server_version`` (responder).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, le16, le24, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._text import word_nocase

NAME = "mysql"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: ({3: b"\x01\x02"}, {1: b"\0\x01\x02\x03", 2: b"\0", 3: b"\0", 4: b"\t\n\xff"})}

SQL = b"select|show |insert|update|delete|set |create|begin|commit|alter|drop |use |/*"


@helper
def greeting(b: Any, n: int) -> int:
    """Bits of the server's first packet."""
    kind = u8(b, n, 4)
    if kind == 255:
        # too many connections 1040, host blocked 1129, not allowed 1130, access denied 1045, server gone 1053, internal 1xxx
        code = le16(b, n, 5)
        if code != -1 and not 1000 <= code < 4200:
            return 0
        return 34 if u8(b, n, 7) >= 32 else -14
    if kind == -1:
        return -10
    if kind != 10 and kind != 9:
        return 0
    i = 5
    while (i < n and 33 <= u8(b, n, i) < 127) or u8(b, n, i) == 32:
        i += 1
    if i >= n:
        return -22
    d = u8(b, n, 5)
    if u8(b, n, i) != 0 or i < 8 or i > 96 or not 48 <= d <= 57:
        return 0
    # behind the version: thread id, 8 bytes of scramble, 0
    if u8(b, n, i + 13) > 0:
        return 0
    return 48


@helper
def login(b: Any, n: int, size: int) -> int:
    """Bits of the client's first packet: HandshakeResponse41, 320, or SSLRequest."""
    flags = le16(b, n, 4)
    if flags == -1:
        return -8
    if flags & 0x200 == 0:
        # HandshakeResponse320: user name follows 3 bytes of packet size
        return 20 if size < 200 and 32 < u8(b, n, 9) < 127 and u8(b, n, 4 + size) != 0 else 0
    if size < 32:
        return 0
    for k in range(13, 32):
        if u8(b, n, k) > 0:
            return 0
    return 52 if n >= 36 else -20


@helper
def results(b: Any, n: int, at: int) -> int:
    """Bits of packets whose sequence counts up from 1."""
    bits = 0
    for want in range(1, 6):
        size = le24(b, n, at)
        seq = u8(b, n, at + 3)
        if seq == -1:
            break
        if seq != want or size == 0:
            return 0
        bits += 14 if size < 0x1000 else 9
        at += size + 4
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = le24(b, n, 0)
    seq = u8(b, n, 3)
    if size == -1 or seq == -1:
        return -1
    if size == 0:
        return 0
    if side == 1:
        if seq == 0:
            return greeting(b, n) if size < 0x400 else 0
        if seq == 1 and ctx[1] & HEAD_MIDSTREAM:
            return results(b, n, 0)
        return 0
    if seq == 1 or seq == 2:
        return login(b, n, size)
    if seq == 0 and ctx[1] & HEAD_MIDSTREAM:
        command = u8(b, n, 4)
        whole = size + 4 == n or (size + 4 < n and u8(b, n, size + 7) == 0) or size + 4 == ctx[4]
        if (command == 3 or command == 22) and word_nocase(b, n, 5, SQL) > 0 and whole:
            return 40
        return 22 if (command == 14 or command == 1) and size == 1 and whole else 0
    return 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if side == 1 and head[4:5] == b"\x0a":
        return {"server_version": head[5 : head.find(b"\0", 5)].decode("latin-1")}
    return {}
