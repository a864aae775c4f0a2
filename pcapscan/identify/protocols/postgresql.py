"""PostgreSQL, and what speaks its wire protocol (CockroachDB, Redshift).

On the wire (PostgreSQL manual, "Frontend/Backend Protocol", message formats): the client begins with a length and protocol 3.0
(parameters follow), 2.0, or the codes 80877101 to 80877104 for cancel, TLS, GSS; all later messages are a letter and a length. The server
answers ``S`` or ``N`` to TLS requests, else ``R`` and so on.

Looked at: the start-up packet's length, code and parameters; the chain of messages; the answer.

Fools it: a TLS request is eight bytes, and anyone may send them. What follows ``S`` is TLS.

Facts: ``user``, ``database``, ``application_name``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP

from ._text import printable, word

NAME = "postgresql"
TRANSPORTS = (TCP,)
FIRST = (b"\x00QPBpdX", b"SNREZTCDGv1")

KINDS = (b"QPBDESCHpdcfFX", b"RSKZTDCE123nIAtsNVGHdc")


@helper
def chain(b: Any, n: int, at: int, side: int) -> int:
    """Bits of messages of one letter and a length; 0 where one cannot be."""
    bits = 0
    for _ in range(6):
        kind = u8(b, n, at)
        if kind == -1:
            break
        known = False
        for k in range(len(KINDS[side])):
            if KINDS[side][k] == kind:
                known = True
        size = be32(b, n, at + 1)
        if not known or (size != -1 and (size < 4 or size > 0x4000000)):
            return 0
        if size == -1:
            return bits + 4
        bits += 12
        # AuthenticationRequest with a small code; ReadyForQuery with a state
        if kind == 82 and size >= 8 and 0 <= be32(b, n, at + 5) <= 12:
            bits += 14
        if kind == 90 and size == 5:
            bits += 16
        if kind == 81 or (kind == 67 and side):
            if size + at < n and u8(b, n, at + size) != 0:
                return 0
            bits += 8 if size + at < n else 0
        at += size + 1
        if at == n:
            bits += 6
    return bits


@helper
def startup(b: Any, n: int) -> int:
    """Bits of the client's first packet."""
    size = be32(b, n, 0)
    if size == -1:
        return -2
    code = be32(b, n, 4)
    if code == -1:
        return -6 if 8 <= size < 10000 else 0
    if 80877102 <= code <= 80877104:
        if size != (16 if code == 80877102 else 8):
            return 0
        return 56
    # 3.0 and later minors, 2.0
    if (code < 0x30000 or code > 0x30010) and code != 0x20000:
        return 0
    if size < 9 or size > 10000 or (code == 0x20000 and size != 296):
        return 0
    return (
        60
        if word(b, n, 8, (b"user\x00|database\x00|application_name\x00|options\x00|client_encoding\x00|DateStyle\x00|TimeZone\x00")) > 0
        else 34
    )


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    if side == 0:
        return startup(b, n) if first == 0 else chain(b, n, 0, 0)
    if (first == 83 or first == 78) and (n == 1 or pn == 0 or be32(p, pn, 4) >= 80877103):
        if pn and be32(p, pn, 4) != 80877103 and be32(p, pn, 4) != 80877104:
            return 0 if be32(p, pn, 4) >= 0 and be32(p, pn, 0) < 0x10000 and n == 1 and be32(p, pn, 4) < 0x20000 else -6
        return 8 if pn else -6
    if first == 69 and (be32(b, n, 1) == -1 or be32(b, n, 1) > 100000):
        # before 3.0, an error is E, text, NUL
        return 8 if n == 1 or (printable(b, n, 1, n - 2) and (u8(b, n, n - 1) == 0 or u8(b, n, n - 1) == 10)) else 0
    bits = chain(b, n, 0, 1)
    return bits if n >= 5 else -max(bits, 1) if bits else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if side == 1 or head[4:6] != b"\0\x03":
        return {}
    parts = [x.decode("latin-1") for x in head[8 : int.from_bytes(head[:4], "big")].split(b"\0")]
    pairs = dict(zip(parts[::2], parts[1::2], strict=False))
    return {k: pairs[k] for k in ("user", "database", "application_name") if k in pairs}
