"""NetBIOS datagram service, the carrier of browser announcements and mailslots.

On the wire (RFC 1002 section 4.4): message type 0x10 to 0x16, flags, datagram id, source address and port, then (0x10 to 0x12) length,
offset and two encoded names.

Looked at: type, flags, the encoded names, the length field.

Fools it: nothing known. The SMB mailslot inside is not named.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import UDP

from ._text import netbios_name

NAME = "nbdgm"
TRANSPORTS = (UDP,)
FIRST = (b"\x10\x11\x12\x14\x15\x16", b"\x10\x11\x12\x14\x15\x16")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 0)
    if kind >= 0x14:
        return 60 if netbios_name(b, n, 10) else 0
    if u8(b, n, 1) > 15 or not netbios_name(b, n, 14):
        return 0
    return 80 if netbios_name(b, n, 48) else 60
