"""TFTP.

On the wire (RFC 1350 section 5): opcode 1 or 2 with file name and mode as strings, 3 data and 4 acknowledgement with a block number, 5
error; RFC 2347: option acknowledgement 6. Data go between fresh ports, so that such a flow holds no request and its originator is the
server.

Looked at: the request's strings; data blocks of 512 bytes (or the size of option blksize) counted up datagram by datagram; the
acknowledgements.

Fools it: a transfer of one short block is too little and stays unnamed.

Facts: ``file_name``, ``mode``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import UDP

from ._text import printable, word_nocase

NAME = "tftp"
TRANSPORTS = (UDP,)
FIRST = (b"\x00", b"\x00")

MODES = b"octet\x00|netascii\x00|mail\x00"


@helper
def request(b: Any, n: int) -> int:
    """Bits of a read or write request."""
    for i in range(2, min(n, 300)):
        c = u8(b, n, i)
        if c == 0:
            m = word_nocase(b, n, i + 1, MODES)
            if m <= 0:
                return 0
            return 48 if i + 1 + m == n or u8(b, n, n - 1) == 0 else 0
        if c < 32:
            return 0
    return 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    op = be16(b, n, 0)
    if op == 1 or op == 2:
        return request(b, n) if side == 0 else 0
    block = be16(b, n, 2)
    if op == 5:
        # error: code up to 8, a string to the end
        if block > 8 or n < 5 or u8(b, n, n - 1) != 0:
            return 0
        return 16 if printable(b, n, 4, n - 1) else 0
    if op == 6:
        return 20 if u8(b, n, n - 1) == 0 and (word_nocase(b, n, 2, b"tsize\x00|blksize\x00|timeout\x00|windowsize\x00") > 0) else 0
    if block > 2 or (op != 3 and op != 4) or (op == 4 and n != 4):
        return 0
    bits = 22 if op == 4 else 14 + (9 if n == 516 else 0)
    # the next datagram of this side: same opcode, next block
    stop = ctx[5]
    if stop > n:
        step = be16(b, stop, n + 2) - block
        if be16(b, stop, n) == op and (step == 1 or step == 0):
            bits += 12 + 10 * step
        elif be16(b, stop, n) != 5:
            return 0
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if head[:2] not in (b"\0\x01", b"\0\x02"):
        return {}
    name, mode = (*head[2:].split(b"\0"), b"", b"")[:2]
    return {"file_name": name.decode("latin-1"), "mode": mode.decode("latin-1")}
