"""OICQ, Tencent QQ's protocol.

On the wire (no public specification; as Wireshark's dissector describes it): 0x02, client version, command, sequence number, QQ number,
data, 0x03.

Looked at: first and last byte, known commands, the same version and number on further datagrams and on the other side.

Fools it: one datagram has few fixed bits; it needs a second or an answer, or zeros where a client has them.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import UDP

NAME = "oicq"
TRANSPORTS = (UDP,)
FIRST = (b"\x02", b"\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if n < 12 or u8(b, n, n - 1) != 3 or be16(b, n, 3) > 0x200 or be16(b, n, 3) == 0:
        return 0
    bits = 8 + 8 + 7
    if be32(b, n, 11) == 0 and be32(b, n, 14) == 0 and n > 20:
        bits += 14
    if pn and u8(p, pn, pn - 1) == 3 and be16(p, pn, 3) == be16(b, n, 3) and be16(p, pn, 5) == be16(b, n, 5):
        bits += 24
    stop = ctx[5]
    if stop > n + 11:
        if u8(b, stop, n) != 2 or u8(b, stop, stop - 1) != 3:
            return 0
        bits += 14 + (12 if be16(b, stop, n + 1) == be16(b, n, 1) else 0)
    return bits
