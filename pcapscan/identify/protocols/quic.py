"""QUIC, versions 1 and 2, the drafts, and Google's before them.

On the wire (RFC 9000 section 17.2, RFC 9369, RFC 8999): long headers with a version and two connection identifiers; a client's first datagram is an Initial of 1,200
bytes or more. Version negotiation has version 0 and a list. Google's old form has a flag byte, an identifier and ``Q0xx``.

Looked at: form bits, version among those in use or reserved, lengths of the identifiers, the token's and the payload's within the datagram; that the
responder sends to the identifier that the originator chose.

Fools it: short headers have no fixed content: a flow captured from its middle on stays unknown. Initials are encrypted with a key that is
public; they are not decrypted here.

Facts: ``version``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix_span
from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import HEAD_CAPPED, HEAD_SNAPPED, UDP

from ._contract import Places
from ._text import find_exact, same

NAME = "quic"
TRANSPORTS = (UDP,)
FIRST = (None, None)
PLACES: Places = {UDP: ({0: bytes(b for b in range(256) if b >= 128 or b & 0x40 or b & 0x09 == 0x09)}, {})}


@helper
def known_version(v: int) -> bool:
    """Versions in use, drafts, experiments of large deployments, and those reserved to exercise negotiation."""
    if v == 1 or v == 0x6B3343CF or v == 0x709A50C4:
        return True
    if 0xFF000000 < v <= 0xFF0000FF or 0xFACEB000 <= v <= 0xFACEB00F:
        return True
    if (v & 0x0F0F0F0F) == 0x0A0A0A0A:
        return True
    return google(v)


@helper
def google(v: int) -> bool:
    """``Q020`` to ``Q059``, ``T048`` to ``T059``."""
    high, tens, ones = v >> 24, (v >> 8) & 0xFF, v & 0xFF
    if (v >> 16) & 0xFF != 0x30 or not 48 <= ones <= 57:
        return False
    return (high == 0x51 and 50 <= tens <= 53) or (high == 0x54 and (tens == 53 or (tens == 52 and ones >= 56)))


@helper
def varint(b: Any, n: int, i: int) -> int:
    """Variable-length integer at ``i`` (RFC 9000 section 16); -1 past the end."""
    first = u8(b, n, i)
    if first < 64:
        return first
    if first < 128:
        return be16(b, n, i) & 0x3FFF if i + 2 <= n else -1
    if first < 192:
        return be32(b, n, i) & 0x3FFFFFFF if i + 4 <= n else -1
    return -1


@helper
def long_header(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """Bits of a long header."""
    v = be32(b, n, 1)
    if 0x51303434 <= v <= 0x51303436:
        # Q044 to Q046 wrote both lengths into one byte, as nibbles: none, or five for eight bytes.
        sizes = u8(b, n, 5)
        return 36 if sizes == 0x50 or sizes == 0x05 or sizes == 0x55 or sizes == 0 else 0
    destination = u8(b, n, 5)
    source_at = 6 + destination
    source = u8(b, n, source_at)
    if destination < 0 or source < 0 or destination > 20 or source > 20 or source_at + 1 + source > n:
        return 0
    echoed = 0
    if side == 1 and pn > 6 and u8(p, pn, 0) >= 128:
        theirs_at = 6 + u8(p, pn, 5)
        theirs = u8(p, pn, theirs_at)
        if theirs == destination and same(b, n, 6, p, pn, theirs_at + 1, destination):
            echoed = min(8 * destination, 40)
    if v == 0:
        return negotiation(b, n, source_at + 1 + source, echoed) if side == 1 else 0
    if not known_version(v):
        return 0
    bits = 27 + 3 + 3 + echoed
    if (v & 0x0F0F0F0F) == 0x0A0A0A0A:
        # Reserved to force negotiation: what follows the identifiers has no form.
        return bits
    kind = (u8(b, n, 0) >> 4) & 3
    if v == 0x6B3343CF:
        kind = (kind + 3) & 3
    if u8(b, n, 0) & 0x40 == 0 and not google(v):
        return 0
    i = source_at + 1 + source
    if kind == 0 and not google(v):
        token = varint(b, n, i)
        if token < 0 or i + token > n:
            return 0
        i += (1 if u8(b, n, i) < 64 else 2 if u8(b, n, i) < 128 else 4) + token
        bits += 3
    if kind != 3 and not google(v):
        size = varint(b, n, i)
        whole = ctx[1] & (HEAD_SNAPPED | HEAD_CAPPED) == 0
        if size < 16 or (whole and i + size > n):
            return 0
        bits += 6
    if side == 0 and n >= 1200:
        bits += 2
    return bits


@helper
def negotiation(b: Any, n: int, i: int, echoed: int) -> int:
    """Bits of a version negotiation packet whose list begins at ``i``."""
    if (n - i) % 4 or n - i < 4:
        return 0
    bits = 0
    while i + 4 <= n:
        if known_version(be32(b, n, i)):
            bits = min(bits + 24, 48)
        i += 4
    return bits + echoed + 8 if bits else 0


@helper
def google_public(b: Any, n: int) -> int:
    """Bits of Google's public header with a version: flags 0x08 | 0x01, eight bytes of identifier, ``Qnnn``."""
    flags = u8(b, n, 0)
    if flags & 0x09 != 0x09 or flags & 0xC0:
        return 0
    v = be32(b, n, 9)
    if v <= 0 or not google(v):
        return 0
    # 27 bits of version, less what text makes likelier, and three of flags; a hello carries its tag.
    return 60 if find_exact(b, n, 13, n, b"CHLO") >= 0 else 28


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    if first >= 128:
        return long_header(b, n, side, p, pn, ctx)
    if side == 0:
        found = google_public(b, n)
        if found != 0:
            return found
    elif pn > 13 and google_public(p, pn) != 0:
        return 16 if n > 9 and same(b, n, 1, p, pn, 1, 8) else 2
    if first & 0x40 and n > 20 and pn > 6 and u8(p, pn, 0) >= 192 and known_version(be32(p, pn, 1)):
        # A short header, opposite a long one: its lost or unseen beginning is no contradiction.
        return 1
    return 0


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract."""
    return mix_span(SEED, b, n, 1, 5) if u8(b, n, 0) >= 128 else mix_span(SEED, b, n, 9, 13)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    raw = head[1:5] if head[0] & 0x80 else head[9:13]
    names = {b"\0\0\0\1": "1", b"\x6b\x33\x43\xcf": "2", b"\0\0\0\0": "negotiation"}
    if raw in names:
        return {"version": names[raw]}
    if raw[:3] == b"\xff\0\0":
        return {"version": f"draft-{raw[3]:02}"}
    return {"version": raw.decode("ascii") if raw.isalnum() else "0x" + raw.hex()}
