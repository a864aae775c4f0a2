"""Secure Shell.

On the wire (RFC 4253 sections 4.2 and 6): each side sends an identification line ``SSH-protoversion-softwareversion SP comments CR LF``; a
server may send other lines before it. Binary packets follow, the first of each side being SSH_MSG_KEXINIT (20) in clear.

Looked at: the line of each side, at the head's start or (server) after lines of preamble; its version, printable text to the line's
end; then, where the head goes on, the binary packet's length, padding and message number.

Fools it: a banner alone is cheap to fake (honeypots, port knockers); with a KEXINIT behind it is not.

Facts: ``software`` (version string of this side), ``protocol_version``, ``hassh`` (originator) or ``hassh_server`` (responder): MD5 over the
offered algorithms as published by Salesforce in 2018.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pcapscan.kernels import be32, helper, lit, next_under, u8
from pcapscan.tables import TCP

from ._text import TEXT, spelled

NAME = "ssh"
TRANSPORTS = (TCP,)
FIRST = (b"S", None)
PLACES = {TCP: (spelled(b"SSH-"), {0: TEXT + b"\n"})}

MAX_PREAMBLE = 4096
"""Bytes of other lines before a server's banner that are searched; RFC 4253 sets no bound."""


@helper
def banner(b: Any, n: int, side: int, p: Any, pn: int) -> int:
    """Offset of ``SSH-``: 0, or behind preamble lines of a server; -1 not there, -2 not yet there."""
    if lit(b, n, 0, b"SSH-"):
        return 0
    word = b"SSH-"
    k = 0
    while k < 4 and k < n and u8(b, n, k) == word[k]:
        k += 1
    if k == n:
        return -2
    if side == 0 or (pn > 0 and not lit(p, pn, 0, b"SSH-")):
        return -1
    i = next_under(b, min(n, MAX_PREAMBLE), 0, 32)
    while i >= 0:
        c = u8(b, n, i)
        if c == 10:
            last = i + 1
            if lit(b, n, last, b"SSH-"):
                return last
        elif c != 13 and c != 9:
            return -1
        i = next_under(b, min(n, MAX_PREAMBLE), i + 1, 32)
    return -2 if n < MAX_PREAMBLE else -1


@helper
def line_end(b: Any, n: int, start: int) -> int:
    """Offset of the banner's LF; -1 a byte that cannot be there or over 255 bytes (RFC 4253 section 4.2); -2 not yet there."""
    for i in range(start, min(n, start + 256)):
        c = u8(b, n, i)
        if c == 10 or (c == 0 and i > start + 8):
            # Some embedded implementations pad their line with zeros.
            return i
        if c < 32 and c != 13 and c != 9:
            return -1
    return -2 if n < start + 256 else -1


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    start = banner(b, n, side, p, pn)
    if start == -1:
        return 0
    if start == -2:
        return -8
    bits = 32 if start == 0 else 24
    # "1.5", "1.99", "2.0"
    major = u8(b, n, start + 4)
    if major == -1:
        return -bits
    if major != 49 and major != 50:
        return 0
    dot = u8(b, n, start + 5)
    if dot == -1:
        return -bits
    if dot != 46:
        return 0
    bits += 12
    end = line_end(b, n, start)
    if end == -1:
        return 0
    if end == -2:
        return -bits
    return bits + kexinit(b, n, end + 1)


@helper
def kexinit(b: Any, n: int, at: int) -> int:
    """Bits that the packet behind the banner adds; 0 where there is none, or where it is SSH 1 or was cut."""
    length = be32(b, n, at)
    if length < 12 or length > 35000 or u8(b, n, at + 5) != 20:
        return 0
    return 20


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 0 if head.startswith(b"SSH-") else head.find(b"\nSSH-") + 1
    line, _, rest = head[at:].partition(b"\n")
    parts = line.rstrip(b"\r").split(b"-", 2)
    found: dict[str, Any] = {}
    if len(parts) == 3:
        found = {"protocol_version": parts[1].decode("latin-1"), "software": parts[2].decode("latin-1")}
    print_ = hassh(rest, side)
    if print_:
        found["hassh" if side == 0 else "hassh_server"] = print_
    return found


def hassh(packet: bytes, side: int) -> str:
    """HASSH of a whole SSH_MSG_KEXINIT packet; empty where it is not one or is cut."""
    if len(packet) < 22 or packet[5] != 20:
        return ""
    lists: list[str] = []
    at = 22
    for _ in range(8):
        size = int.from_bytes(packet[at : at + 4], "big")
        if at + 4 + size > len(packet):
            return ""
        lists.append(packet[at + 4 : at + 4 + size].decode("latin-1"))
        at += 4 + size
    # Offered order: kex, host key, cipher c2s, s2c, mac c2s, s2c, compression c2s, s2c (RFC 4253 section 7.1).
    chosen = (0, 2, 4, 6) if side == 0 else (0, 3, 5, 7)
    return hashlib.md5(";".join(lists[i] for i in chosen).encode("latin-1"), usedforsecurity=False).hexdigest()
