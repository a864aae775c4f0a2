"""Telnet.

On the wire (RFC 854, RFC 855): text, in which ``FF`` begins a command; nearly all implementations begin by negotiating options, ``FF FB`` to ``FF FE`` and an
option, or a subnegotiation ``FF FA ... FF F0``.

Looked at: whole commands, one after the other, with assigned options. The side that only sends text is no contradiction.

Fools it: a text console on a raw socket negotiates nothing: it is not telnet, but may read as a shell.

Facts: ``options`` (numbers this side negotiated).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, next_like, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

NAME = "telnet"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: ({0: bytes(c for c in range(256) if not (0 < c < 7 or 13 < c < 27))},) * 2}

MAX_COMMANDS = 8
SEARCHED = 256
"""Bytes of text that may precede the first command."""


@helper
def is_option(c: int) -> bool:
    """Whether an option is assigned (IANA: telnet-options)."""
    return 0 <= c <= 49 or 138 <= c <= 140 or c == 255 or c == 200 or c == 201 or 69 <= c <= 93


@helper
def commands(b: Any, n: int, i: int) -> int:
    """Bits of the commands that follow each other from ``i`` on; -1 cut within the first, 0 none."""
    bits = 0
    for _ in range(MAX_COMMANDS):
        if u8(b, n, i) != 255:
            return bits
        c = u8(b, n, i + 1)
        option = u8(b, n, i + 2)
        if option == -1:
            return bits if bits else (-8 if c == -1 or c >= 240 else 0)
        if 251 <= c <= 254 and is_option(option):
            bits += 14
            i += 3
        elif c == 250 and is_option(option):
            k = i + 3
            while k + 1 < n and not (u8(b, n, k) == 255 and u8(b, n, k + 1) == 240):
                k += 1
            if k + 1 >= n:
                return bits + 10
            bits += 20
            i = k + 2
        elif 241 <= c <= 249 and bits > 0:
            bits += 10
            i += 2
        else:
            return bits
    return bits


@helper
def text_before(b: Any, n: int) -> int:
    """Offset of the first command behind text; -1 there is none, -2 bytes that are no text come first."""
    for i in range(min(n, SEARCHED)):
        c = u8(b, n, i)
        if c == 255:
            return i
        if c != 0 and (c < 7 or 13 < c < 27):
            return -2
    return -1


@helper
def has_command(b: Any, n: int) -> bool:
    """Whether a command may begin where :func:`text_before` looks: quick, for nearly every head has none."""
    return next_like(b, min(n, SEARCHED), 0, 255) >= 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 0) == 255:
        return commands(b, n, 0)
    at = text_before(b, n) if has_command(b, n) else 0
    if at > 0:
        bits = commands(b, n, at)
        if bits > 0:
            return max(bits - 4, 1)
        return 1 if pn > 0 and u8(p, pn, 0) == 255 else 0
    if at == 0 and pn > 0 and (u8(p, pn, 0) == 255 or ctx[1] & HEAD_MIDSTREAM or (has_command(p, pn) and text_before(p, pn) > 0)):
        return 1 if text_before(b, n) == -1 else 0
    return 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    options: list[int] = []
    at = head.find(b"\xff")
    while at >= 0 and at + 2 < len(head) and len(options) < 32:
        if 251 <= head[at + 1] <= 254 and head[at + 2] not in options:
            options.append(head[at + 2])
        at = head.find(b"\xff", at + 2)
    return {"options": options} if options else {}
