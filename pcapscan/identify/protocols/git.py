r"""Git's own transport.

On the wire (gitprotocol-pack(5)): packet lines of four hex digits of length; the client asks ``git-upload-pack /path\0host=...\0``, the
server lists object ids and names, or ``version 2``.

Looked at: the length digits, the service's name; the first reference.

Fools it: nothing known. Git over HTTP or SSH is that.

Facts: ``request``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import word

NAME = "git"
TRANSPORTS = (TCP,)
FIRST = (b"0", b"0E")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = 0
    for k in range(4):
        c = u8(b, n, k)
        if c == -1:
            return -4
        if 48 <= c <= 57:
            size = size * 16 + c - 48
        elif 97 <= c <= 102:
            size = size * 16 + c - 87
        else:
            return 0
    if side == 0:
        m = word(b, n, 4, b"git-upload-pack /|git-receive-pack /|git-upload-archive /|git-upload-pack '")
        return 70 if m > 0 else -16 if m else 0
    if size == 0 and n == 4:
        return 14
    m = word(b, n, 4, b"version 2\n|version 1\n|ERR |ACK |NAK\n")
    if m:
        return 30 if m > 0 else -14
    # object id, blank, a reference
    for k in range(4, min(n, 44)):
        c = u8(b, n, k)
        if not (48 <= c <= 57 or 97 <= c <= 102):
            return 0
    if n < 45:
        return -20
    return 60 if u8(b, n, 44) == 32 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"request": head[4:260].split(b"\0")[0].decode("utf-8", "replace")} if side == 0 else {}
