"""Internet Message Access Protocol, version 4.

On the wire (RFC 9051 sections 2.2 and 7): the server greets with ``* OK`` (or PREAUTH, BYE); the client's commands carry a tag of its own, which the
server's last line repeats.

Looked at: the greeting and what servers say in it, untagged answers, the client's tag and command.

Fools it: a greeting of ``* OK`` with nothing else needs the client's word.

Facts: ``banner``, ``starttls`` (the client asked for it).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP

from ._reply import MAX_LINES, next_line
from ._text import find, listed, listed_nocase, vocabulary

NAME = "imap"
TRANSPORTS = (TCP,)
FIRST = (None, None)
TAG = b"$-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
PLACES = {TCP: ({0: TAG} | dict.fromkeys((1, 2, 3), TAG + b" "), dict.fromkeys((1, 2, 3), bytes([32, *range(36, 256)])))}

COMMANDS = vocabulary(
    b"capability|login|authenticate|starttls|noop|select|examine|id|logout|list|lsub|fetch|uid|status|enable|namespace|idle|close|"
    b"append|search|create|delete|rename|subscribe|unsubscribe|getquotaroot|check|expunge|store|copy|xlist|compress|",
    nocase=True,
)
UNTAGGED = vocabulary(b"* OK |* OK\r|* PREAUTH|* BYE|* CAPABILITY|* NO |* BAD |* FLAGS|* LIST|* LSUB|* STATUS|* ID|* SEARCH|* NAMESPACE|")


@helper
def client(b: Any, n: int) -> int:
    """Bits of tagged commands."""
    bits = 0
    i = 0
    for k in range(MAX_LINES):
        if i >= n:
            return bits
        t = i
        letters, figures = 0, 0
        while t < n and t - i < 16:
            c = u8(b, n, t)
            if 48 <= c <= 57:
                figures += 1
            elif 65 <= c <= 90 or 97 <= c <= 122:
                letters += 1
            elif c != 46 and c != 36 and c != 95 and c != 45:
                break
            t += 1
        if t >= n:
            return bits if bits else -2
        if t == i or u8(b, n, t) != 32:
            return bits
        m = listed_nocase(b, n, t + 1, COMMANDS)
        if m == -1:
            return bits if bits else -6
        c = u8(b, n, t + 1 + m)
        if c == -1:
            return bits if bits else -6
        if m == 0 or (c != 32 and c != 13 and c != 10):
            return bits
        bits += 12 + (6 if figures > 0 else 0) if k == 0 else 8
        i = next_line(b, n, i)
        if i < 0:
            return bits
    return bits


@helper
def server(b: Any, n: int) -> int:
    """Bits of untagged lines."""
    bits = 0
    i = 0
    for k in range(MAX_LINES):
        if i >= n:
            return bits
        m = listed(b, n, i, UNTAGGED)
        after = next_line(b, n, i)
        if m == -1:
            return bits if bits else -min(3 * (n - i), 10)
        stop = after if after > 0 else n
        if m > 0:
            bits += 18 if k == 0 else 8
            if find(b, n, i, stop, b"imap4") >= 0 or find(b, n, i, stop, b"[capability ") >= 0:
                bits += 18
            elif find(b, n, i, stop, b"imap") >= 0 or find(b, n, i, stop, b"dovecot") >= 0:
                bits += 10
        elif k == 0:
            return mid(b, n)
        if after < 0:
            return bits if after == -2 else (0 if k == 0 else bits)
        i = after
    return bits


@helper
def mid(b: Any, n: int) -> int:
    """Bits of a first line that is a tagged answer, as in a flow captured from its middle on."""
    for t in range(1, 16):
        c = u8(b, n, t)
        if c == 32:
            return 16 if lit(b, n, t, b" OK ") or lit(b, n, t, b" NO ") or lit(b, n, t, b" BAD ") else 0
        if c < 36:
            return 0
    return 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return client(b, n) if side == 0 else server(b, n)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    lines = head[:2048].split(b"\r\n")
    if side == 1:
        return {"banner": lines[0][2:].decode("latin-1")} if lines[0][:2] == b"* " else {}
    return {"starttls": True} if any(line.upper().endswith(b" STARTTLS") for line in lines[:8]) else {}
