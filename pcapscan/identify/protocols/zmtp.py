"""ZeroMQ.

On the wire (ZMTP 3.1, RFC 23/ZMTP): a greeting of 64 bytes: 0xFF, eight bytes, 0x7F, version, mechanism padded with zeros, as-server,
zeros.

Looked at: signature, version, mechanism.

Fools it: nothing known; ZMTP 1.0 without the signature is not recognised.

Facts: ``mechanism``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP

from ._text import word

NAME = "zmtp"
TRANSPORTS = (TCP,)
FIRST = (b"\xff", b"\xff")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 9) == -1:
        return -8
    if u8(b, n, 9) != 0x7F or be32(b, n, 1) > 0:
        return 0
    version = u8(b, n, 10)
    if version == -1:
        return -20
    if version > 3 or version == 0:
        return 0
    m = word(b, n, 12, b"NULL\x00\x00|PLAIN\x00\x00|CURVE\x00\x00|GSSAPI\x00")
    if version == 3 and m == 0:
        return 0
    return 44 if m > 0 else 30


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"mechanism": head[12:32].rstrip(b"\0").decode("latin-1")} if len(head) >= 32 and head[10] == 3 else {}
