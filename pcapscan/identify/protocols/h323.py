"""H.323: call signalling (H.225.0 in Q.931), registration (RAS) and H.245.

On the wire (H.225.0 section 7, RFC 1006, Q.931 section 4): over TCP a TPKT header, then Q.931: discriminator 8, call reference, message
type, information elements, of which the user-user element holds H.225.0 with the object identifier 0.0.8.2250.0. RAS datagrams hold the
same identifier in their discovery and registration.

Looked at: TPKT length, Q.931 header, the identifier's bytes.

Fools it: RAS messages without the identifier (admission, keep-alive) are not recognised.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP, UDP

from ._text import find_exact

NAME = "h323"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (None, None)
PLACES = {TCP: ({0: b"\x03", 1: b"\0", 4: b"\x02\x08"},) * 2}

OID = b"\x00\x08\x91\x4a\x00"


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        at = find_exact(b, n, 0, 24, OID)
        if at < 0 or u8(b, n, at - 1) not in (5, 6):
            return 6 if pn and find_exact(p, pn, 0, 24, OID) > 0 and n < 300 else 0
        return 50
    if u8(b, n, 0) != 3 or u8(b, n, 1) > 0:
        return 0
    size = be16(b, n, 2)
    if size == -1:
        return -2
    if size < 8:
        return 0
    # an empty TPKT segment may carry only the header of the next
    at = 4
    c = u8(b, n, at)
    if c == -1:
        return -8
    if c == 2 and find_exact(b, n, at, 24, b"\x00\x08\x81\x75") > 0:
        return 50
    if c != 8:
        return 0
    width = u8(b, n, at + 1)
    if width > 2:
        return 0
    kind = u8(b, n, at + 2 + width) if width >= 0 else -1
    if kind == -1:
        return -10
    if kind not in (0x01, 0x02, 0x03, 0x05, 0x07, 0x0D, 0x0F, 0x45, 0x4D, 0x5A, 0x62, 0x6E, 0x75, 0x7B, 0x7D):
        return 0
    bits = 16 + 6 + 8 + 6 + 4
    return bits + 40 if find_exact(b, n, at, 400, OID) > 0 else bits - 12
