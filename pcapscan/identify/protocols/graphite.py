"""Graphite's plain text protocol (carbon).

On the wire (Graphite documentation, "The plaintext protocol"): lines ``metric.path value timestamp``.

Looked at: that form, of several lines: a path with dots, a number, seconds of ten digits.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP, UDP

from ._contract import PLACED, Places
from ._text import digits, line_end

NAME = "graphite"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (None, b"")
PLACES: Places = dict.fromkeys(TRANSPORTS, ({0: bytes(range(33, 127))} | dict.fromkeys(range(1, PLACED), bytes(range(32, 127))), {}))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    bits = 0
    for _ in range(4):
        if at >= n:
            break
        i = at
        dots = 0
        while i < n and i < at + 250 and 33 <= u8(b, n, i) < 127:
            dots += 1 if u8(b, n, i) == 46 else 0
            i += 1
        if i == n and ctx[0] != UDP and i < at + 250:
            return -max(bits, 1)
        if i == at or dots == 0 or u8(b, n, i) != 32:
            return 0
        i += 1
        if u8(b, n, i) == 45:
            i += 1
        d = digits(b, n, i)
        i += d
        if u8(b, n, i) == 46:
            i += 1 + digits(b, n, i + 1)
        if i >= n and ctx[0] != UDP:
            return -max(bits, 1)
        if d == 0 or u8(b, n, i) != 32:
            return 0
        stamp = digits(b, n, i + 1)
        if i + 1 + stamp >= n and ctx[0] != UDP:
            return -max(bits, 1)
        after = u8(b, n, i + 1 + stamp)
        if stamp != 10 or u8(b, n, i + 1) != 49 or after not in (10, 13, -1):
            return 0
        bits += 40
        end = line_end(b, n, i)
        at = n if end < 0 else end + 1
    return min(bits, 60)
