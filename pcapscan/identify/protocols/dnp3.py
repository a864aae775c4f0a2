"""DNP3.

On the wire (IEEE 1815 section 9.2): 05 64, length, control, destination, source, a CRC over these eight bytes; blocks of 16 bytes with a
CRC each.

Looked at: the start bytes, the CRC (or zeros), the direction bit, further frames.

Fools it: nothing known.

Facts: ``source``, ``destination`` (link addresses).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, le16, u8
from pcapscan.tables import TCP, UDP

NAME = "dnp3"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x05", b"\x05")


@helper
def crc(b: Any, n: int, i: int) -> int:
    """CRC-16/DNP of eight bytes at ``i``."""
    value = 0
    for k in range(8):
        value ^= u8(b, n, i + k)
        for _ in range(8):
            value = (value >> 1) ^ 0xA6BC if value & 1 else value >> 1
    return value ^ 0xFFFF


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 1) != 0x64:
        return -8 if n == 1 else 0
    size = u8(b, n, 2)
    if size == -1:
        return -14
    if size < 5:
        return 0
    if n < 10:
        return -16 if ctx[0] != UDP else 0
    if crc(b, n, 0) == le16(b, n, 8):
        return 40
    nxt = size + 5 + 2 * ((size - 5 + 15) // 16)
    return 34 if nxt + 10 <= n and be16(b, n, nxt) == 0x0564 and crc(b, n, nxt) == le16(b, n, nxt + 8) else 18


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"destination": int.from_bytes(head[4:6], "little"), "source": int.from_bytes(head[6:8], "little")} if len(head) >= 8 else {}
