"""Simple Mail Transfer Protocol (and its submission service).

On the wire (RFC 5321 sections 2.3, 3.1 and 4.1): the server greets with ``220``; the client says ``EHLO`` or ``HELO``; every reply begins with three
digits.

Looked at: the greeting and the words that mail servers put into it, keywords of extensions, reply codes; the client's first commands.

Fools it: ``220`` and ``QUIT`` are also FTP's: neither alone names a flow. A greeting that says FTP is not SMTP's, nor one that says LMTP.

Facts: ``banner`` (greeting without its code), ``helo`` (what the client calls itself), ``starttls`` (the client asked for it).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import HEAD_GAP, HEAD_MIDSTREAM, TCP

from ._reply import MAX_LINES, code, commands, next_line
from ._text import find, vocabulary, word_nocase

NAME = "smtp"
TRANSPORTS = (TCP,)
FIRST = (b"EeHhMmRrDdQqNnAaSsVvXxBb", b"2345")

WORDS = vocabulary(b"rset|quit|noop|vrfy|data|help|auth|starttls|expn|etrn|turn|bdat|xclient|xforward|", nocase=True)
STRONG = vocabulary(b"ehlo|helo|mail from:|rcpt to:|starttls|auth login|auth plain|auth ntlm|auth cram-md5|x-anonymoustls|", nocase=True)
KEYWORDS = b"pipelining|8bitmime|size|starttls|auth |auth=|enhancedstatuscodes|etrn|vrfy|expn|dsn|chunking|smtputf8|binarymime|xexch50|x-exps|help|deliverby|"


@helper
def replies(b: Any, n: int, name: bytes, other: bytes) -> int:
    """Bits of a server's lines: the greeting, keywords of EHLO's answer, codes that mail has."""
    bits = 0
    i = 0
    for k in range(MAX_LINES * 2):
        if i >= n:
            return bits
        value = code(b, n, i)
        if value == -2:
            return bits if bits else -min(3 * (n - i), 9)
        if value == -1:
            return bits if k > 0 and bits >= 12 else 0
        after = next_line(b, n, i)
        if after == -1 and k == 0:
            return 0
        stop = after if after > 0 else n
        if k == 0:
            if value != 220 and value != 554 and value != 421 and value != 250 and value != 521 and value != 451 and value != 550:
                return 0
            bits = 10
            if find(b, n, i, stop, other) >= 0:
                return 0
            if find(b, n, i, stop, name) >= 0:
                bits += 14
            elif find(b, n, i, stop, b"mail") >= 0 or find(b, n, i, stop, b"postfix") >= 0 or find(b, n, i, stop, b"mx") >= 0:
                bits += 6
        elif value == 250:
            bits += 4 + (12 if word_nocase(b, n, i + 4, KEYWORDS) > 0 else 0)
        elif value == 354 or value == 334 or value == 235 or value == 221 or value == 503 or value == 550 or value == 502 or value == 454:
            bits += 4
        elif value == 220:
            bits += 2
        elif value == 331 or value == 230 or value == 227 or value == 150 or value == 226:
            return 0
        if after < 0:
            return bits
        i = after
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        bits = commands(b, n, WORDS, STRONG)
        # Commands in the middle of a session are as good as its beginning; mail text is not asked.
        return bits
    bits = replies(b, n, b"smtp", b"ftp")
    if bits == 0 and ctx[1] & (HEAD_MIDSTREAM | HEAD_GAP):
        return 1 if 50 <= u8(b, n, 0) <= 53 else 0
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    lines = head[:2048].split(b"\r\n")
    if side == 1:
        return {"banner": lines[0][4:].decode("latin-1")} if lines[0][:3] == b"220" else {}
    found: dict[str, Any] = {}
    for line in lines[:8]:
        if line[:5].upper() in (b"EHLO ", b"HELO ", b"LHLO "):
            found["helo"] = line[5:].decode("latin-1")
        if line.upper() == b"STARTTLS":
            found["starttls"] = True
    return found
