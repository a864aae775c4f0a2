"""Network News Transfer Protocol.

On the wire (RFC 3977 section 3): the server greets with ``200`` or ``201``; the client asks for ``MODE READER``, ``CAPABILITIES``, ``GROUP``, ``AUTHINFO`` ...

Looked at: the greeting's code and the words that news servers put into it, reply codes, commands.

Fools it: a server alone that greets with ``200`` and no word of news stays unknown.

Facts: ``banner``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._reply import MAX_LINES, code, commands, next_line
from ._text import MAP, find, spelled, vocabulary

NAME = "nntp"
TRANSPORTS = (TCP,)
FIRST = (b"MmCcGgAaLlXxIiPpHhSsQqBbDdNnOoTt", b"245")

WORDS = vocabulary(b"group|list|article|head|body|stat|next|last|post|quit|date|help|over|hdr|check|takethis|", nocase=True)
STRONG = vocabulary(
    b"mode reader|mode stream|capabilities|authinfo user|authinfo pass|authinfo sasl|xover|xhdr|ihave|newgroups|newnews|listgroup|xfeature|starttls|list active|",
    nocase=True,
)
PLACES = {TCP: (spelled(WORDS[MAP:] + STRONG[MAP:], nocase=True), dict.fromkeys((1, 2), b"0123456789"))}


@helper
def replies(b: Any, n: int) -> int:
    """Bits of a server's lines."""
    bits = 0
    i = 0
    for k in range(MAX_LINES):
        if i >= n:
            return bits
        value = code(b, n, i)
        if value == -2:
            return bits if bits else -min(3 * (n - i), 8)
        after = next_line(b, n, i)
        stop = after if after > 0 else n
        if value == -1:
            return bits if k > 0 else 0
        if k == 0:
            if value != 200 and value != 201 and value != 400 and value != 502:
                return 0
            bits = 8
            if find(b, n, i, stop, b"nntp") >= 0 or find(b, n, i, stop, b"internetnews") >= 0:
                bits += 18
            elif find(b, n, i, stop, b"news") >= 0 or find(b, n, i, stop, b"posting") >= 0:
                bits += 12
        elif value in (211, 215, 220, 221, 222, 223, 224, 281, 381, 480, 111, 282, 340, 240, 411, 412, 430, 101):
            bits += 10
        elif value == 200 or value == 201:
            bits += 5
        else:
            return bits
        if after < 0:
            return bits
        i = after
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return commands(b, n, WORDS, STRONG) if side == 0 else replies(b, n)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"banner": head[:512].split(b"\r\n")[0][4:].decode("latin-1")} if side == 1 else {}
