"""Oracle's Transparent Network Substrate (TNS).

On the wire (no public specification; as Wireshark's and nmap's authors describe it): length, checksum 0, type, flags, header checksum 0;
connect (1) carries versions and a descriptor ``(DESCRIPTION=...``; accept 2, refuse 4, redirect 5, data 6, resend 11, marker 12.

Looked at: the header against side and length, versions, the descriptor's text.

Fools it: nothing known.

Facts: ``connect_data`` (the descriptor).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import TCP

from ._text import find

NAME = "oracle-tns"
TRANSPORTS = (TCP,)
FIRST = (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08", b"\x00\x01\x02")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = be16(b, n, 0)
    kind = u8(b, n, 4)
    if kind == -1:
        return -1
    if size < 8 or be16(b, n, 2) != 0 or be16(b, n, 6) > 0:
        return 0
    bits = 10
    if side == 0:
        if kind != 1:
            return 0
        version = be16(b, n, 8)
        lowest = be16(b, n, 10)
        if version == -1 or lowest == -1:
            return -14
        if not (290 <= version <= 330 and 200 <= lowest <= version):
            return 0
        bits += 24
    elif kind == 2:
        if not (290 <= be16(b, n, 8) <= 330 or be16(b, n, 8) == -1):
            return 0
        bits += 18
    elif kind == 11:
        bits += 16 if size == 8 else 0
    elif kind != 4 and kind != 5:
        return 0
    if find(b, n, 8, 300, b"(description") >= 0 or find(b, n, 8, 80, b"(err=") >= 0:
        bits += 40
    if size == n:
        bits += 8
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = head.find(b"(DESCRIPTION")
    return {"connect_data": head[at : at + 512].decode("latin-1")} if at > 0 else {}
