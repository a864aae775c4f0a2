"""NetBIOS name service.

On the wire (RFC 1002 section 4.2): a DNS-like header and names that are 32 letters A to P behind a length byte of 32 (section 4.1), of
type NB (0x20) or NBSTAT (0x21), class 1.

Looked at: the header's counts, the encoded name, type and class.

Fools it: nothing known; DNS that asks for such a name would have to do so on purpose.

Facts: ``name``, ``suffix`` of the first name.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

from ._text import netbios_name

NAME = "nbns"
TRANSPORTS = (UDP,)
FIRST = (None, None)
PLACES = {UDP: ({4: b"\0", 5: b"\0\x01", 6: b"\0", 7: bytes(range(17))},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if n < 46 or not netbios_name(b, n, 12):
        return 0
    # one question, or none and a record; never more than a few
    if be16(b, n, 4) > 1 or be16(b, n, 6) > 16 or be16(b, n, 8) > 1 or be16(b, n, 10) > 1:
        return 0
    # a scope may follow the 32 letters as further labels
    at = 45
    for _ in range(8):
        step = u8(b, n, at)
        if step < 1 or step > 63:
            break
        at += step + 1
    if u8(b, n, at) != 0:
        return 0
    kind = be16(b, n, at + 1)
    if (kind != 0x20 and kind != 0x21 and kind != 10) or be16(b, n, at + 3) != 1:
        return 0
    return 80


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    letters = head[13:45]
    name = bytes((letters[i] - 65) << 4 | (letters[i + 1] - 65) for i in range(0, 32, 2))
    return {"name": name[:15].rstrip(b" \0").decode("latin-1"), "suffix": name[15]}
