"""SOCKS, versions 4, 4a and 5.

On the wire (RFC 1928 sections 3 to 6; OpenSSH's and NEC's notes for 4 and 4a): 5: a list of methods, the method chosen, a request with an address, a reply of the same form. 4: a
request with address and user, eight bytes of reply.

Looked at: all of it on both sides, in the order in which it must come; what is tunnelled follows and is not asked.

Fools it: the first three bytes of version 5 alone say little: without its answer or request the flow stays unknown.

Facts: ``version``, ``method`` (chosen), ``target`` (host:port asked for).
"""

from __future__ import annotations

import ipaddress
from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP

NAME = "socks"
TRANSPORTS = (TCP,)
FIRST = (b"\x04\x05", b"\x00\x05")


@helper
def is_method(m: int) -> bool:
    """Whether a method is assigned or private (RFC 1928 section 3)."""
    return 0 <= m <= 9 or m >= 0x80


@helper
def address(b: Any, n: int, i: int) -> int:
    """Length of the address with its type at ``i``; -1 cut, -2 none."""
    kind = u8(b, n, i)
    if kind == -1:
        return -1
    if kind == 1:
        return 5
    if kind == 4:
        return 17
    if kind == 3:
        size = u8(b, n, i + 1)
        return -1 if size == -1 else 2 + size if size > 0 else -2
    return -2


@helper
def request5(b: Any, n: int) -> int:
    """Bits of a version 5 client."""
    count = u8(b, n, 1)
    if count == -1:
        return -4
    if count == 0 or count > 16:
        return 0
    bits = 11
    for k in range(count):
        m = u8(b, n, 2 + k)
        if m == -1:
            return -bits
        if not is_method(m) or (k > 0 and m == u8(b, n, 1 + k)):
            return 0
        bits = min(bits + (3 if m <= 3 else 1), 20)
    i = 2 + count
    if u8(b, n, i) == -1:
        return bits
    if u8(b, n, i) == 1:
        # User name and password (RFC 1929).
        user = u8(b, n, i + 1)
        if user == -1:
            return -bits
        secret = u8(b, n, i + 2 + user)
        if secret == -1:
            return -bits
        bits += 8
        i += 3 + user + secret
        if u8(b, n, i) == -1:
            return bits
    if u8(b, n, i) != 5:
        return 0
    command, reserved = u8(b, n, i + 1), u8(b, n, i + 2)
    if reserved == -1:
        return -bits
    # 0xF0 and 0xF1: Tor's RESOLVE.
    if ((command < 1 or command > 3) and command != 0xF0 and command != 0xF1) or reserved != 0:
        return 0
    size = address(b, n, i + 3)
    if size == -2:
        return 0
    return bits + 28 if size > 0 else -bits - 20


@helper
def reply5(b: Any, n: int) -> int:
    """Bits of a version 5 server."""
    method = u8(b, n, 1)
    if method == -1:
        return -4
    if not is_method(method):
        return 0
    bits = 13
    i = 2
    if method == 2:
        if u8(b, n, 2) == -1:
            return bits
        if u8(b, n, 2) != 1:
            return 0
        bits += 10
        i = 4
    if u8(b, n, i) == -1:
        return bits
    if method == 0xFF:
        return 0
    if u8(b, n, i) != 5:
        return 0 if method == 0 or method == 2 else bits
    code, reserved = u8(b, n, i + 1), u8(b, n, i + 2)
    if reserved == -1:
        return -bits
    if code > 8 or reserved != 0 or address(b, n, i + 3) == -2:
        return 0
    return bits + 26


@helper
def request4(b: Any, n: int) -> int:
    """Bits of a version 4 client."""
    command = u8(b, n, 1)
    if command == -1:
        return -4
    if command < 1 or command > 2:
        return 0
    ip = be32(b, n, 4)
    if ip == -1:
        return -15
    port = be16(b, n, 2)
    if port == 0:
        return 0
    named = 0 < ip < 256
    i = 8
    ends = 0
    while i < min(n, 8 + 512):
        c = u8(b, n, i)
        if c == 0:
            ends += 1
            if ends == (2 if named else 1):
                bits = 15 + (3 if i > 8 else 0) + (26 if named else 0)
                return bits + 8 if i + 1 == n or ends else bits
        elif c < 32 or c >= 127:
            return 0
        i += 1
    return -15


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    if side == 0:
        return request5(b, n) if first == 5 else request4(b, n)
    if first == 5:
        return reply5(b, n) if pn == 0 or u8(p, pn, 0) == 5 else 0
    if pn > 0 and u8(p, pn, 0) != 4:
        return 0
    code = u8(b, n, 1)
    if code == -1:
        return -2
    if code < 0x5A or code > 0x5D:
        return 0
    return 14 if n >= 8 else -14


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if side == 1:
        return {"version": 5, "method": head[1]} if head[0] == 5 else {"version": 4}
    found: dict[str, Any] = {"version": head[0]}
    if head[0] == 4:
        host = str(ipaddress.ip_address(head[4:8]))
        if head[4:7] == b"\0\0\0" and head[7]:
            host = head[8:].split(b"\0")[1].decode("latin-1")
        return found | {"target": f"{host}:{int.from_bytes(head[2:4], 'big')}"}
    at = 2 + head[1]
    if head[at : at + 1] == b"\x01":
        at += 3 + head[at + 1] + head[at + 2 + head[at + 1]]
    kind = head[at + 3]
    size = {1: 4, 4: 16}.get(kind, head[at + 4] if kind == 3 else 0)
    start = at + 4 + (kind == 3)
    raw = head[start : start + size]
    host = raw.decode("latin-1") if kind == 3 else str(ipaddress.ip_address(raw))
    return found | {"target": f"{host}:{int.from_bytes(head[start + size : start + size + 2], 'big')}"}
