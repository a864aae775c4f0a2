"""Valve's game and client protocols: Source queries (A2S), the Steam client's VS01, in-home streaming discovery.

On the wire (Valve developer wiki, "Server queries"): FF FF FF FF and a letter; ``TSource Engine Query``; ``VS01`` and lengths; FF FF FF
FF 21 4C 5F A0.

Looked at: those.

Fools it: Quake's kin begins with FF FF FF FF too; only the query's letters and texts are named.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, le16, lit, u8
from pcapscan.tables import UDP

NAME = "steam"
TRANSPORTS = (UDP,)
FIRST = (b"\xffV", b"\xffV")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if u8(b, n, 0) == 86:
        size = le16(b, n, 4)
        return 50 if lit(b, n, 0, b"VS01") and size + 36 == n else 0
    if be32(b, n, 0) != 0xFFFFFFFF:
        return 0
    if be32(b, n, 4) == 0x214C5FA0 or lit(b, n, 4, b"TSource Engine Query\x00"):
        return 80
    c = u8(b, n, 4)
    # questions V and U with a challenge, its answer A, information I with protocol 17
    if (c == 86 or c == 85) and n == 9:
        return 34 if side == 0 else 0
    if c == 65 and n == 9:
        return 36
    return 40 if c == 73 and side and u8(b, n, n - 1) >= 0 and u8(b, n, 5) < 100 and u8(b, n, 6) >= 32 else 0
