"""Line printer daemon.

On the wire (RFC 1179 section 5): a command byte 1 to 5 and a queue name to LF; then subcommands 2 and 3 with a size and a file name
``cfA`` or ``dfA``; the printer answers NUL.

Looked at: the queue line, and behind it the control or data file's line.

Fools it: a bare queue line is named only with a job behind it.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import digits, line_end, printable, word

NAME = "lpd"
TRANSPORTS = (TCP,)
FIRST = (b"\x01\x02\x03\x04\x05", b"\x00")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side:
        return 6
    end = line_end(b, n, 1)
    if end == -2:
        return -2 if n < 64 else 0
    if end < 1 or end > 64 or not printable(b, n, 1, end):
        return 0
    if u8(b, n, 0) != 2:
        return 12 if end == n - 1 else 0
    c = u8(b, n, end + 1)
    if c == -1:
        return -12
    d = digits(b, n, end + 2)
    if d == 0 and end + 2 >= n and c in (2, 3):
        return -12
    if c not in (2, 3) or d == 0:
        return 0
    return 60 if word(b, n, end + 2 + d, b" cfA| dfA| cf| df") > 0 else -20 if end + 2 + d + 4 > n else 0
