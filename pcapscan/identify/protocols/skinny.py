"""Skinny Client Control Protocol (Cisco phones).

On the wire (no public specification; as Wireshark's dissector and Cisco's own traces show): little-endian length, header version (0, or
0x11 to 0x16), message id, data; the length counts the message id.

Looked at: lengths from message to message, version, id range.

Fools it: one short message is not enough.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, le32
from pcapscan.tables import TCP

NAME = "skinny"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: ({1: bytes(range(9)), 2: b"\0", 3: b"\0", 4: bytes(range(33)), 5: b"\0", 6: b"\0", 7: b"\0"},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    for _ in range(5):
        if at >= n:
            break
        size = le32(b, n, at)
        version = le32(b, n, at + 4)
        kind = le32(b, n, at + 8)
        if kind == -1:
            return -max(bits, 1) if size == -1 or (4 <= size <= 2048 and version <= 0x20) else 0
        if size < 4 or size > 2048 or version > 0x20 or (0 < version < 0x10) or kind > 0x160 + 0x8000 or 0x400 < kind < 0x8000:
            return 0
        # keep-alives 0x0000 and 0x0100, of no data
        bits += 11 if size % 4 == 0 else 5
        at += size + 8
        if at == n:
            bits += 7
    return bits
