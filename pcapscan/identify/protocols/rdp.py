"""Remote Desktop Protocol.

On the wire (MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2, RFC 1006, X.224 class 0): a TPKT with a connection request that carries a routing token or ``Cookie: mstshash=``
and a negotiation request, answered by a confirm with a negotiation response; then TLS, CredSSP, or, with the old security, MCS.

Looked at: the lengths within each other, class 0, cookie, negotiation structure; MCS Connect-Initial or TLS behind it.

Fools it: other users of X.224 (S7, H.323) send its parameters C0 to C2, RDP never does. RDP over UDP is rdpudp.

Facts: ``cookie`` (user name part), ``requested`` or ``selected`` (rdp, tls, credssp ...).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, le16, le32, lit, u8
from pcapscan.tables import TCP

from ._text import find_exact

NAME = "rdp"
TRANSPORTS = (TCP,)
FIRST = (b"\x03", b"\x03")

SECURITY = {0: "rdp", 1: "tls", 2: "credssp", 4: "rdstls", 8: "credssp_early", 16: "aad"}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 1) > 0:
        return 0
    size = be16(b, n, 2)
    code = u8(b, n, 5)
    if code == -1:
        return -min(8 * n, 30) if size == -1 or size >= 11 else 0
    if size < 11 or size > 1024 or u8(b, n, 4) + 5 != size or code != (0xE0 if side == 0 else 0xD0):
        return 0
    options = u8(b, n, 10)
    if options == -1:
        return -38
    if options & 0xF0 or (be16(b, n, 6) != 0 and side == 0):
        return 0
    bits = 38
    if size == 11:
        # No negotiation: old clients and servers. MCS must follow to tell it from X.224's other users.
        if n <= 11:
            return 18 if side == 0 else 16
        follow = be16(b, n, 18) if u8(b, n, 11) == 3 else -1
        if follow == -1:
            return -18
        return bits + 16 if follow == 0x7F65 or follow == 0x7F66 else 0
    at = 11
    if side == 0:
        if lit(b, n, 11, b"Cookie: "):
            bits += 30
            end = find_exact(b, n, 11, n, b"\r\n")
            if end < 0:
                return -bits
            at = end + 2
        elif n < 19 and u8(b, n, 11) == 67:
            return -bits
        elif u8(b, n, 11) >= 32:
            end = find_exact(b, n, 11, min(n, size + 4), b"\r\n")
            at = end + 2 if end > 0 else 11
    kind = u8(b, n, at)
    if at >= size + 4:
        return bits
    if kind == -1:
        return -bits
    if (side == 0 and kind != 1) or (side == 1 and kind != 2 and kind != 3):
        return bits if bits > 60 and at != 11 else 0
    length = le16(b, n, at + 2)
    if length == -1:
        return -bits
    if length != 8:
        return bits if bits > 60 and at != 11 else 0
    if le32(b, n, at + 4) > 31:
        return 0
    return bits + 30


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    at = 11
    if head[11:].startswith(b"Cookie: "):
        line, _, _ = head[11:].partition(b"\r\n")
        at += len(line) + 2
        found["cookie"] = line.partition(b"=")[2].decode("latin-1")
    flags = int.from_bytes(head[at + 4 : at + 8], "little")
    if head[at : at + 1] == b"\x01":
        found["requested"] = [word for bit, word in SECURITY.items() if bit and flags & bit] or ["rdp"]
    elif head[at : at + 1] == b"\x02":
        found["selected"] = SECURITY.get(flags, str(flags))
    return found
