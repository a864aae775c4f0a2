r"""Redis and its kin (KeyDB, Valkey, Dragonfly).

On the wire (Redis documentation, "RESP protocol"): commands are arrays of bulk strings ``*1\r\n$4\r\nPING\r\n`` or inline words; answers
begin with ``+ - : $ *`` and in RESP3 with ``% ~ # , _ ( ! = > |``.

Looked at: the lengths in digits against the CRLF that must follow the string, for several elements; the answer's form.

Fools it: inline words are those of a text console; they count little without a Redis answer.

Facts: ``command`` (the first, upper case).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, lit, u8
from pcapscan.tables import TCP

from ._text import digits, line_end, listed_nocase, vocabulary, word

NAME = "redis"
TRANSPORTS = (TCP,)
FIRST = (bytes(range(33, 127)), b"+-:$*%~#,_(!=>|")

INLINE = vocabulary(
    b"ping\r|info\r|info |auth |get |set |config |client |keys |select |quit\r|publish |subscribe |"
    b"psubscribe |command\r|echo |hello |monitor\r|flushall|slaveof |sync\r|dbsize\r|ping\n|info\n|"
    b"psync |replconf ",
    nocase=True,
)
ERRORS = (
    b"-ERR |-NOAUTH |-WRONGTYPE |-WRONGPASS |-DENIED |-MOVED |-ASK |-LOADING |-READONLY |-MISCONF |-NOPERM |-NOPROTO |-EXECABORT |-BUSY"
)


@helper
def count_end(b: Any, n: int, i: int) -> int:
    """Offset behind ``digits CRLF`` at ``i``; 0 it is none; -1 the head ends within."""
    d = digits(b, n, i)
    if i + d >= n:
        return -1
    if d == 0 or d > 9:
        return 0
    if u8(b, n, i + d) != 13:
        return 0
    c = u8(b, n, i + d + 1)
    return i + d + 2 if c == 10 else -1 if c == -1 else 0


@helper
def array(b: Any, n: int, at: int) -> int:
    """Bits of an array of bulk strings at ``at``; 0 it is none; negative where the head ends within."""
    i = count_end(b, n, at + 1)
    if i <= 0:
        return -8 if i else 0
    bits = 16
    for _ in range(4):
        c = u8(b, n, i)
        if c == -1 or (c == 42 and bits > 16):
            break
        if c != 36:
            return 0
        start = i + 1
        i = count_end(b, n, start)
        if i <= 0:
            return -bits if i else 0
        size = 0
        for k in range(start, i - 2):
            size = size * 10 + u8(b, n, k) - 48
        i += size
        if i + 2 <= n:
            if be16(b, n, i) != 0x0D0A:
                return 0
            bits += 20
        bits += 10
        i += 2
    return bits


@helper
def lines(b: Any, n: int, i: int) -> int:
    """Bits of further RESP lines from ``i``: a type byte, text, CRLF; a bulk string's text is skipped."""
    bits = 0
    for _ in range(8):
        c = u8(b, n, i)
        end = line_end(b, n, i)
        if end < 0 or end > i + 64 or u8(b, n, end - 1) != 13:
            break
        if word(b, n, i, b"*|$|:|+|-|%|#|,|~|_|(|>") > 0 or c == 124:
            bits += 6
        i = end + 1
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    c = u8(b, n, 0)
    if side == 0:
        if c == 42:
            return array(b, n, 0)
        m = listed_nocase(b, n, 0, INLINE)
        end = line_end(b, n, 0)
        if end == -1 or end > 512 or not 32 < c < 127:
            return 0
        # any other word may be an unknown command
        return min(3 * m, 24) if m > 0 else 2 if end > 0 else -1
    if c == 43:
        m = word(b, n, 0, b"+OK\r\n|+PONG\r\n|+QUEUED\r\n|+FULLRESYNC |+CONTINUE")
        if m > 0:
            more = m
            while more < 30 and lit(b, n, more, b"+OK\r\n") and listed_nocase(p, pn, 0, INLINE) > 0:
                more += 5
            return 3 * m + 10 + (more - m)
        return -8 if m else 8 if line_end(b, n, 0) >= 0 and u8(b, n, line_end(b, n, 0) - 1) == 13 else 0
    if c == 45:
        m = word(b, n, 0, ERRORS)
        return 24 if m > 0 else -8 if m else 0
    if c == 58 or c == 36 or c == 42 or c == 37 or c == 126 or c == 62 or c == 124:
        at = 2 if u8(b, n, 1) == 45 else 1
        i = count_end(b, n, at)
        if i <= 0:
            return -8 if i else 0
        if c == 36 and at == 1 and lit(b, n, i, b"# Server\r\n"):
            return 60
        return lines(b, n, i) + (14 if c != 58 else 10)
    return 12 if lit(b, n, n - 2, b"\r\n") else -4


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if side == 1:
        return {}
    parts = head.split(b"\r\n")
    text = parts[2] if head[:1] == b"*" and len(parts) > 2 else parts[0].split(b" ")[0]
    return {"command": text[:32].decode("latin-1").upper()}
