"""Server Message Block, versions 1 to 3, and the NetBIOS session service that may carry it.

On the wire (RFC 1002 section 4.3, MS-SMB 2.2.3, MS-SMB2 2.2.1): messages behind a zero byte and 24 bits of length: ``FF SMB`` with a command, ``FE SMB`` with
a structure size of 64, ``FD SMB`` encrypted, ``FC SMB`` compressed. On port 139's manner a session request with two encoded names comes first.

Looked at: length, magic, command, header size; names of a session request and its answer. Mid-stream: magic behind a length anywhere in the head.

Fools it: nothing known.

Facts: ``dialect`` (of an answer, hexadecimal), ``version`` (1, 2 or 3: the header's magic).
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix_span
from pcapscan.kernels import be24, be32, helper, le16, lit, next_like, u8
from pcapscan.tables import HEAD_GAP, HEAD_MIDSTREAM, TCP

from ._text import netbios_name

NAME = "smb"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: ({0: b"\0\x81"}, {0: b"\0\x82\x83"})}


@helper
def magic(b: Any, n: int, i: int) -> int:
    """Bits of an SMB header at ``i``: + whole, - cut, 0 none."""
    first = u8(b, n, i)
    if first == -1:
        return -1
    if first < 0xFC:
        return 0
    if u8(b, n, i + 3) == -1:
        return -8
    if not lit(b, n, i + 1, b"SMB"):
        return 0
    if first == 0xFE:
        size = le16(b, n, i + 4)
        if size == -1:
            return -32
        return 48 if size == 64 and (le16(b, n, i + 12) <= 18) else 0
    return 34


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    first = u8(b, n, 0)
    if first == 0:
        size = be24(b, n, 1)
        if size == -1:
            return -4
        if size >= 4:
            found = magic(b, n, 4)
            if found != 0:
                return found + 6 if found > 0 else found - 4
    elif first == 0x81 and side == 0:
        size = be24(b, n, 1)
        if size < 68 and size != -1:
            return 0
        if n < 37:
            return -8
        if not netbios_name(b, n, 4):
            return 0
        if n < 71:
            return -40
        return 60 if netbios_name(b, n, 38) else 0
    elif first == 0x82 and side == 1:
        if be32(b, n, 0) == -1:
            return -8
        return 28 if be32(b, n, 0) == 0x82000000 else 0
    elif first == 0x83 and side == 1:
        return 28 if be24(b, n, 1) == 1 and u8(b, n, 4) >= 0x80 else 0
    if ctx[1] & (HEAD_MIDSTREAM | HEAD_GAP):
        return later(b, n)
    return 0


@helper
def later(b: Any, n: int) -> int:
    """Bits of an SMB header behind a length, somewhere in a head that begins mid-stream."""
    i = next_like(b, n - 7, 5, 83)
    while i >= 0:
        if u8(b, n, i - 5) == 0 and u8(b, n, i - 1) >= 0xFC:
            found = magic(b, n, i - 1)
            if found > 0:
                return found
        i = next_like(b, n - 7, i + 1, 83)
    return 0


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract."""
    if u8(b, n, 4) < 0xFC:
        return 0
    h = mix_span(SEED, b, n, 4, 5)
    return mix_span(h, b, n, 72, 74) if side == 1 and le16(b, n, 16) == 0 and u8(b, n, 4) == 0xFE else h


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {"version": {0xFF: 1, 0xFE: 2, 0xFD: 3, 0xFC: 3}.get(head[4], 0)}
    if side == 1 and head[4] == 0xFE and head[16:18] == b"\0\0" and len(head) >= 74:
        found["dialect"] = "0x" + head[73:71:-1].hex()
    return found
