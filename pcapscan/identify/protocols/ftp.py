"""File Transfer Protocol, control connection.

On the wire (RFC 959 sections 4 and 5): the server greets with ``220``; the client sends ``USER``, ``PASS`` and other commands; every reply begins with
three digits.

Looked at: the greeting and what FTP servers say in it, reply codes that FTP has and mail has not, the client's first commands.

Fools it: ``220`` and ``QUIT`` are also SMTP's, ``USER`` and ``PASS`` also POP3's: the other side decides. Data connections are ``ftp-data``.

Facts: ``banner``, ``user``, ``starttls`` (the client asked for AUTH TLS).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import HEAD_GAP, HEAD_MIDSTREAM, TCP

from ._reply import MAX_LINES, code, commands, next_line
from ._text import MAP, find, spelled, vocabulary

NAME = "ftp"
TRANSPORTS = (TCP,)
FIRST = (None, b"12345")

WORDS = vocabulary(
    b"user|pass|acct|quit|port|type|stor|retr|list|nlst|size|help|site|noop|stat|rnfr|rnto|dele|abor|allo|opts|host|clnt|cdup|rein|cwd|pwd|rmd|mkd|",
    nocase=True,
)
STRONG = vocabulary(
    b"syst|feat|pasv|epsv|eprt|mlsd|mlst|auth tls|auth ssl|auth gssapi|pbsz|prot|xpwd|xmkd|user anonymous|type i|type a|opts utf8 on|mdtm|",
    nocase=True,
)
PLACES = {TCP: (spelled(WORDS[MAP:] + STRONG[MAP:], nocase=True), dict.fromkeys((1, 2), b"0123456789"))}


@helper
def replies(b: Any, n: int) -> int:
    """Bits of a server's lines."""
    bits = 0
    i = 0
    open_ = False
    for k in range(MAX_LINES * 3):
        if i >= n:
            return bits
        value = code(b, n, i)
        if value == -2:
            return bits if bits else -min(3 * (n - i), 9)
        after = next_line(b, n, i)
        if value == -1:
            # Text between ``220-`` and ``220 `` need not repeat the code.
            if k == 0 or not open_:
                return 0 if k == 0 else bits
            if after < 0:
                return bits
            i = after
            continue
        if after == -1 and k == 0:
            return 0
        stop = after if after > 0 else n
        if k == 0:
            if value != 220 and value != 120 and value != 421 and value != 530 and value != 500 and value != 331 and value != 230:
                return 0
            bits = 10
            if find(b, n, i, stop, b"smtp") >= 0 or find(b, n, i, stop, b"lmtp") >= 0:
                return 0
            if find(b, n, i, stop, b"ftp") >= 0 or find(b, n, i, stop, b"filezilla") >= 0 or find(b, n, i, stop, b"serv-u") >= 0:
                bits += 14
        elif value == 220 and find(b, n, i, stop, b"ftp") >= 0:
            bits += 8
        elif value == 331 or value == 227 or value == 229 or value == 257 or value == 215 or value == 211 or value == 234:
            bits += 10
        elif value == 230 or value == 150 or value == 226 or value == 200 or value == 530 or value == 125 or value == 250 or value == 213:
            bits += 5
        elif value == 354:
            return 0
        open_ = u8(b, n, i + 3) == 45
        if after < 0:
            return bits
        i = after
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        return commands(b, n, WORDS, STRONG)
    bits = replies(b, n)
    if bits == 0 and ctx[1] & (HEAD_MIDSTREAM | HEAD_GAP) and code(b, n, 0) >= 100:
        # The answer to a command that was not captured.
        return 8
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    lines = head[:2048].split(b"\r\n")
    if side == 1:
        return {"banner": lines[0][4:].decode("latin-1")} if lines[0][:3] == b"220" else {}
    found: dict[str, Any] = {}
    for line in lines[:8]:
        if line[:5].upper() == b"USER ":
            found["user"] = line[5:].decode("latin-1")
        if line.upper() in (b"AUTH TLS", b"AUTH SSL"):
            found["starttls"] = True
    return found
