"""Post Office Protocol, version 3.

On the wire (RFC 1939 sections 3 to 6, RFC 2449): the server greets with ``+OK`` and answers ``+OK`` or ``-ERR``; the client sends ``USER``, ``PASS``, ``APOP``, ``CAPA``,
``STLS`` ...

Looked at: these words at the beginning of lines, what servers say in their greeting, capabilities.

Fools it: Redis answers ``+OK`` too, with nothing behind it and to other commands; ``USER`` is also FTP's and IRC's.

Facts: ``banner``, ``user``, ``starttls`` (the client asked for STLS).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP

from ._reply import MAX_LINES, commands, next_line
from ._text import find, vocabulary, word_nocase

NAME = "pop3"
TRANSPORTS = (TCP,)
FIRST = (b"UuPpAaCcSsLlRrDdNnTtQqXx", b"+-")

WORDS = vocabulary(b"user|pass|quit|stat|list|retr|dele|noop|rset|top|last|auth|", nocase=True)
STRONG = vocabulary(b"capa|apop|stls|uidl|xtnd|auth plain|auth login|auth ntlm|auth cram-md5|", nocase=True)


@helper
def replies(b: Any, n: int) -> int:
    """Bits of a server's lines."""
    bits = 0
    i = 0
    for k in range(MAX_LINES):
        if i >= n:
            return bits
        if lit(b, n, i, b"+OK") or lit(b, n, i, b"-ERR"):
            c = u8(b, n, i + 3) if u8(b, n, i) == 43 else u8(b, n, i + 4)
            if c != 32 and c != 13 and c != 10 and c != -1:
                return 0
            bits += (16 if c == 32 else 8) if k == 0 else 8
            after = next_line(b, n, i)
            if after == -1:
                return 0 if k == 0 else bits
            stop = after if after > 0 else n
            if k == 0 and (find(b, n, i, stop, b"pop") >= 0 or find(b, n, i, stop, b"dovecot") >= 0 or find(b, n, i, stop, b"mail") >= 0):
                bits += 10
            elif k == 0 and find(b, n, i, stop, b"@") >= 0 and find(b, n, i, stop, b"<") >= 0:
                # The timestamp that APOP needs (RFC 1939 section 7).
                bits += 8
            if after < 0:
                return bits
            i = after
            continue
        if k == 0:
            return -6 if n < 4 and (lit(b, n, 0, b"+") or lit(b, n, 0, b"-E")) else 0
        if word_nocase(b, n, i, b"uidl\r|stls\r|resp-codes|expire|implementation|top\r|sasl |pipelining|") > 0:
            bits += 10
        after = next_line(b, n, i)
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
    lines = head[:2048].split(b"\r\n")
    if side == 1:
        return {"banner": lines[0][4:].decode("latin-1")} if lines[0][:3] == b"+OK" else {}
    found: dict[str, Any] = {}
    for line in lines[:8]:
        if line[:5].upper() in (b"USER ", b"APOP "):
            found["user"] = line[5:].split(b" ")[0].decode("latin-1")
        if line.upper() == b"STLS":
            found["starttls"] = True
    return found
