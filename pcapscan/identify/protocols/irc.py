"""Internet Relay Chat.

On the wire (RFC 2812 sections 2.3 and 3.1): lines; the client registers with ``PASS``, ``NICK`` and ``USER`` (or ``CAP LS``), the server answers ``:server NNN nick ...``,
``NOTICE`` and ``PING``.

Looked at: these commands with the parameters they must have; prefixes and numerics.

Fools it: bots speak a few words of it and else their own; then the server's side decides.

Facts: ``nick``, ``user`` of the client; ``server`` (its prefix).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit_nocase, u8
from pcapscan.tables import TCP

from ._reply import MAX_LINES, next_line
from ._text import word_nocase

NAME = "irc"
TRANSPORTS = (TCP,)
FIRST = (b"NnUuPpCcJjSsAaQqWwMmLlTtOoIi:", b":NnPpEeAaCc")

CLIENT = b"nick |user |pass |cap ls|cap req|cap end|join #|join &|join :#|privmsg |ping |pong |mode |quit|who |whois |list|notice |part |starttls|authenticate |protoctl |server |oper |"
SERVER = b"notice auth :|notice * :|ping :|error :|authenticate |cap * ls|cap * ack|"


@helper
def parameters(b: Any, n: int, i: int) -> int:
    """Blanks in the line at ``i`` up to a colon that follows one."""
    blanks = 0
    for k in range(i, min(n, i + 512)):
        c = u8(b, n, k)
        if c == 32:
            blanks += 1
            if u8(b, n, k + 1) == 58:
                return blanks
        elif c == 10 or c == 13:
            return blanks
    return blanks


@helper
def colon(b: Any, n: int, i: int) -> bool:
    """Whether the fourth parameter of the line at ``i`` begins with a colon, or the line has exactly four."""
    blanks = 0
    for k in range(i, min(n, i + 512)):
        c = u8(b, n, k)
        if c == 32:
            blanks += 1
            if blanks == 4 and u8(b, n, k + 1) == 58:
                return True
        elif c == 10 or c == 13:
            return blanks == 4
    return False


@helper
def client(b: Any, n: int) -> int:
    """Bits of a client's lines."""
    bits = 0
    users = 0
    i = 0
    for k in range(MAX_LINES):
        if i >= n:
            return bits
        m = word_nocase(b, n, i, CLIENT)
        if m == -1:
            return bits if bits else -min(2 * (n - i), 6)
        if m == 0:
            return bits
        blanks = parameters(b, n, i)
        after = next_line(b, n, i)
        if lit_nocase(b, n, i, b"user "):
            # USER name mode unused :real name. FTP's and POP3's have one parameter.
            if users > 0:
                return bits
            users = 1
            bits += 18 if blanks >= 4 and colon(b, n, i) else (0 if blanks == 1 and k == 0 else 4)
            if bits == 0:
                return 0
        elif lit_nocase(b, n, i, b"nick "):
            bits += 13 if blanks <= 2 else 4
        elif lit_nocase(b, n, i, b"cap ") or lit_nocase(b, n, i, b"join ") or lit_nocase(b, n, i, b"privmsg #"):
            bits += 16
        elif lit_nocase(b, n, i, b"pass ") or lit_nocase(b, n, i, b"quit") or lit_nocase(b, n, i, b"list"):
            bits += 3
        else:
            bits += 8
        if after < 0:
            return bits if after == -2 else 0
        i = after
    return bits


@helper
def numeric(b: Any, n: int, i: int) -> int:
    """Bits of a server's line that begins with a prefix at ``i``; - cut, 0 none."""
    k = i + 1
    while k < n and u8(b, n, k) > 32:
        k += 1
    if k >= n:
        return -8
    if k == i + 1 or u8(b, n, k) != 32:
        return 0
    digits = 0
    while digits < 3 and 48 <= u8(b, n, k + 1 + digits) <= 57:
        digits += 1
    if digits == 3 and u8(b, n, k + 4) == 32:
        return 24
    m = word_nocase(b, n, k + 1, b"notice |privmsg |join |mode |cap |ping |pong |nick |quit |topic |part |authenticate |")
    if m == -1:
        return -10
    return 20 if m > 0 else 0


@helper
def server(b: Any, n: int) -> int:
    """Bits of a server's lines."""
    bits = 0
    i = 0
    for _ in range(MAX_LINES):
        if i >= n:
            return bits
        if u8(b, n, i) == 58:
            found = numeric(b, n, i)
            if found <= 0:
                return bits if bits else found
            bits += found if bits == 0 else 12
        else:
            m = word_nocase(b, n, i, SERVER)
            if m <= 0:
                return bits if bits else (-6 if m == -1 else 0)
            bits += 20
        i = next_line(b, n, i)
        if i < 0:
            return bits
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return client(b, n) if side == 0 else server(b, n)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    for line in head[:2048].split(b"\n")[:8]:
        words = line.strip().split(b" ")
        if side == 1 and words[0].startswith(b":"):
            return {"server": words[0][1:].decode("latin-1")}
        if side == 0 and len(words) > 1 and words[0].upper() in (b"NICK", b"USER"):
            found[words[0].lower().decode()] = words[1].decode("latin-1")
    return found
