"""IKE (ISAKMP), versions 1 and 2, also behind the NAT-traversal marker.

On the wire (RFC 2408 section 3.1, RFC 7296 section 3.1): SPIs of both sides, next payload, version, exchange type, flags, message id,
length. RFC 3948: on the NAT-T port four zero bytes come first; ESP packets there are not recognised by themselves. RFC 8229: over TCP
``IKETCP`` and a length.

Looked at: version, exchange, flags, length equal to the datagram, the first payload's header, the SPI of both sides.

Fools it: nothing known.

Facts: ``version``, ``exchange``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, lit, u8
from pcapscan.tables import HEAD_SNAPPED, TCP, UDP

from ._contract import Places
from ._text import same, spelled, word

NAME = "ike"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (None, None)
PLACES: Places = {TCP: (spelled(b"IKETCP"), {})}


@helper
def header(b: Any, n: int, i: int, p: Any, pn: int, ctx: Any) -> int:
    """Bits of an ISAKMP header at ``i``."""
    version = u8(b, n, i + 17)
    exchange = u8(b, n, i + 18)
    payload = u8(b, n, i + 16)
    if version == 0x20:
        if not 34 <= exchange <= 44 or not (33 <= payload <= 54 or payload == 0) or u8(b, n, i + 19) & 0xC7:
            return 0
    elif version == 0x10:
        if (
            exchange not in (1, 2, 3, 4, 5, 6, 32, 33)
            or (payload > 20 and payload not in (130, 131, 132, 136, 137))
            or u8(b, n, i + 19) > 7
        ):
            return 0
    else:
        return 0
    size = be32(b, n, i + 24)
    if size < 28 or size > 65535 or (be32(b, n, i) == 0 and be32(b, n, i + 4) == 0):
        return 0
    bits = 8 + 5 + 4 + 5
    if size + i == n:
        bits += 18
    elif size + i < n or not ctx[1] & HEAD_SNAPPED:
        return 0
    if pn and same(b, n, i, p, pn, i, 8):
        bits += 40
    if be32(b, n, i + 20) == 0:
        bits += 4
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] != UDP:
        if u8(b, n, 0) != 73 and not (side and pn and u8(p, pn, 0) == 73):
            return 0
        m = word(b, n, 0, b"IKETCP")
        return 60 if m > 0 else -4 * n if m else 10 if side and pn and lit(p, pn, 0, b"IKETCP") else 0
    if n == 1:
        # a NAT keep-alive; the next datagram decides
        if u8(b, n, 0) != 255 or ctx[5] < 6:
            return 0
        return 34 if be32(b, ctx[5], 1) == 0 and u8(b, ctx[5], 22) in (16, 32) and be32(b, ctx[5], 29) + 5 == ctx[5] else 0
    got = header(b, n, 0, p, pn, ctx)
    if got == 0 and be32(b, n, 0) == 0:
        got = header(b, n, 4, p, pn, ctx)
    return got


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 4 if head[:4] == b"\0\0\0\0" else 0
    if len(head) < at + 28:
        return {}
    names = {
        2: "main",
        4: "aggressive",
        5: "informational",
        32: "quick",
        34: "ike_sa_init",
        35: "ike_auth",
        36: "create_child_sa",
        37: "informational",
    }
    return {"version": f"{head[at + 17] >> 4}.{head[at + 17] & 15}", "exchange": names.get(head[at + 18], str(head[at + 18]))}
