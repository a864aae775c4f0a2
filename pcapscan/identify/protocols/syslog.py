"""Syslog.

On the wire (RFC 3164 section 4.1, RFC 5424 section 6): ``<PRI>`` with a priority up to 191, then a timestamp or a version, host, tag and
text. Over TCP each message ends with LF or begins with its length in digits (RFC 6587 section 3.4).

Looked at: the priority, month name or version and year behind it, printable text, a tag with a colon, the same at the start of following
datagrams.

Fools it: text that begins with a number in angle brackets; a priority alone does not name a flow.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP, UDP

from ._text import digits, line_end, word

NAME = "syslog"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (b"<123456789", b"<123456789")

MONTHS = b"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"


@helper
def priority(b: Any, n: int, i: int) -> int:
    """Offset behind ``<PRI>`` at ``i``; 0 it is not one; -1 the head ends within it."""
    c = u8(b, n, i)
    if c == -1:
        return -1
    if c != 60:
        return 0
    d = digits(b, n, i + 1)
    if d > 3:
        return 0
    value = 0
    for k in range(i + 1, i + 1 + d):
        value = value * 10 + u8(b, n, k) - 48
    end = u8(b, n, i + 1 + d)
    if end == -1:
        return -1
    if end != 62 or d == 0 or value > 191:
        return 0
    return i + 2 + d


@helper
def message(b: Any, n: int, i: int) -> int:
    """Bits of what follows the priority."""
    if word(b, n, i, MONTHS) > 0 and u8(b, n, i + 3) == 32:
        return 24 if u8(b, n, i + 9) == 58 and u8(b, n, i + 12) == 58 else 14
    if lit(b, n, i, b"1 ") and (lit(b, n, i + 2, b"20") or lit(b, n, i + 2, b"- ")):
        return 26
    if lit(b, n, i, b"20") and u8(b, n, i + 4) == 45 and u8(b, n, i + 7) == 45:
        return 24
    # A tag: a word, then a colon or [pid]:, within the first bytes
    for k in range(i, min(n, i + 48)):
        c = u8(b, n, k)
        if c == 58 and k > i:
            return 13
        if c < 32:
            return 0
    return 4


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    start = 0
    if ctx[0] != UDP:
        d = digits(b, n, 0)
        if d:
            if u8(b, n, d) == -1:
                return -1
            if u8(b, n, d) != 32 or d > 5:
                return 0
            start = d + 1
    elif u8(b, n, 0) != 60:
        return 0
    at = priority(b, n, start)
    if at == 0:
        return 0
    if at == -1:
        return -4
    line = line_end(b, n, at)
    if line == -1 and not (ctx[0] == UDP and u8(b, n, n - 1) == 0):
        return 0
    bits = 14 + 2 * (at - start - 3) + message(b, n, at)
    if start:
        bits += 6
    second = ctx[5] if ctx[0] == UDP else n
    begin = n if ctx[0] == UDP else line + 1
    if second > begin and line != -1 and priority(b, second, begin) > 0:
        bits += 16
    return bits
