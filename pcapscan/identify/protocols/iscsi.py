"""iSCSI.

On the wire (RFC 7143 section 11): 48-byte header: opcode, flags, additional header length, 24-bit data length, LUN, task tag; a session
begins with a login request (0x43) whose text is ``InitiatorName=iqn...``.

Looked at: login request and response with their keys, versions and data length.

Fools it: mid-session is not recognised.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, u8
from pcapscan.tables import TCP

from ._text import word

NAME = "iscsi"
TRANSPORTS = (TCP,)
FIRST = (b"\x43\x03", b"\x23")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be16(b, n, 2) > 0 or u8(b, n, 4) > 0 or (n > 1 and u8(b, n, 1) & 0x30):
        return 0
    size = be24(b, n, 5)
    if size == -1 or n < 48:
        return -4
    if size > 16384 or (side == 0 and size < 8):
        return 0
    keys = (
        b"InitiatorName=|TargetName=|SessionType=|AuthMethod=|HeaderDigest=|TargetPortalGroupTag=|InitiatorAlias=|TargetAlias=|DataDigest="
    )
    m = word(b, n, 48, keys)
    if m:
        return 60 if m > 0 else -20
    return 24 if side and size == 0 and be32(b, n, 16) == be32(p, pn, 16) else 0
