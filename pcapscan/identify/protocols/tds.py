"""Tabular Data Stream: Microsoft SQL Server and Sybase.

On the wire (MS-TDS section 2.2.3): an 8-byte header: type, status, length, SPID, packet id, window. A connection begins with PRELOGIN
(18), whose options end in 0xFF (2.2.6.5), or with LOGIN7 (16, 2.2.6.4) or Sybase's login (2).

Looked at: type against side, status, length against the next header, PRELOGIN's option table, LOGIN7's own length and version.

Fools it: nothing known. TLS travels inside PRELOGIN packets.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, le32, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

NAME = "tds"
TRANSPORTS = (TCP,)
FIRST = (b"\x01\x02\x03\x06\x07\x0e\x0f\x10\x11\x12\x17", b"\x04\x12")


@helper
def body(b: Any, n: int, kind: int, size: int) -> int:
    """Bits of the payload of the first packet; 0 it cannot be."""
    if (kind == 18 or kind == 4) and u8(b, n, 8) == 0 and be16(b, n, 9) < 64:
        # option: token, offset, length; the first is VERSION, of 6 bytes, at the end of the table
        at = be16(b, n, 9)
        if at == -1:
            return 1
        if at % 5 != 1 or be16(b, n, 11) not in (6, -1) or (8 + at <= n and u8(b, n, 7 + at) != 255):
            return 0
        return 40
    if kind == 16:
        inner = le32(b, n, 8)
        top = le32(b, n, 12) >> 24
        if inner != size - 8 and size < 4096 and inner >= 0:
            return 0
        return 36 if 0x70 <= top <= 0x74 else 0 if inner >= 0 and top >= 0 else 1
    if kind == 1 and size > 30:
        # SQL batch: all headers (a small little-endian length) or UTF-16 text
        return 10 if le32(b, n, 8) == 22 else 14 if u8(b, n, 9) == 0 and u8(b, n, 11) == 0 and u8(b, n, 8) >= 32 else 1
    if kind == 4:
        # tokens of a server's answer: ENVCHANGE, INFO, ERROR, LOGINACK, COLMETADATA, DONE ...
        token = u8(b, n, 8)
        return 6 if token in (0xE3, 0xAB, 0xAA, 0xAD, 0x81, 0xFD, 0xFE, 0xFF, 0x79, 0xD1, 0xAC, 0xED, 0xE5) else 1
    return 1


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 0)
    status = u8(b, n, 1)
    size = be16(b, n, 2)
    if status == -1 or size == -1:
        return -2
    if status > 31 or size < 8 or size > 32767:
        return 0
    number = u8(b, n, 6)
    window = u8(b, n, 7)
    if window > 0 or (number > 8 and not ctx[1] & HEAD_MIDSTREAM):
        return 0
    if window == -1:
        return -6
    got = body(b, n, kind, size)
    if got == 0:
        return 0
    bits = 10 + got
    if size == n or (size < n and u8(b, n, size) == kind and be16(b, n, size + 2) >= 8 and u8(b, n, size + 7) <= 0):
        bits += 14
    elif size < n and side == 0 and u8(b, n, size) > 24:
        return 0
    return bits
