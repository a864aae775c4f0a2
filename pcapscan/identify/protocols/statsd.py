"""statsd metrics.

On the wire (statsd's metric_types.md): ``name:value|type`` lines, of types c, g, ms, h, s, d, sometimes ``|@rate`` and ``|#tags``.

Looked at: that form, for every line of the datagram.

Fools it: nothing known; one line names a flow.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import UDP

from ._text import digits, line_end

NAME = "statsd"
TRANSPORTS = (UDP,)
FIRST = (None, None)
NAMES = bytes(b for b in range(128) if chr(b).isalnum() or b in b"-.,_/=")
PLACES = {UDP: ({0: NAMES, 1: NAMES + b":", 2: NAMES + b":+"},) * 2}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    bits = 0
    for _ in range(8):
        if at >= n:
            break
        i = at
        while (
            i < n
            and i < at + 200
            and (48 <= u8(b, n, i) <= 57 or 65 <= u8(b, n, i) <= 90 or 97 <= u8(b, n, i) <= 122 or u8(b, n, i) in (45, 46, 95, 47, 44, 61))
        ):
            i += 1
        if i == at or u8(b, n, i) != 58:
            return 0
        i += 1
        if u8(b, n, i) in (43, 45):
            i += 1
        d = digits(b, n, i)
        i += d
        if u8(b, n, i) == 46:
            i += 1 + digits(b, n, i + 1)
        if d == 0 or u8(b, n, i) != 124:
            return 0
        c = u8(b, n, i + 1)
        two = u8(b, n, i + 2)
        if not (c in (99, 103, 104, 115, 100) and two in (10, 124, -1)) and not (
            c == 109 and two == 115 and u8(b, n, i + 3) in (10, 124, -1)
        ):
            return 0
        bits += 34
        end = line_end(b, n, i)
        at = n if end < 0 else end + 1
    return min(bits, 60)
