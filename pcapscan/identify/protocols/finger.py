"""Finger.

On the wire (RFC 1288 section 2.3): one line: a user name, or ``/W`` and one; an answer in text, which by custom has ``Login:`` and
``Plan``.

Looked at: the answer's words.

Fools it: the question alone is any word and is never named.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._contract import PLACED
from ._text import TEXT, find, line_end

NAME = "finger"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: (dict.fromkeys(range(PLACED), TEXT), {4: b"LOGINlogin"})}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        if n >= 512:
            return 0
        end = line_end(b, n, 0)
        return 4 if end == n - 1 and n < 64 else -2 if end == -2 and n < 512 else 0
    if find(b, n, 0, 5, b"login") < 0:
        return -1 if n < 9 else 0
    return 36 if find(b, n, 0, 600, b"plan") > 0 or find(b, n, 0, 200, b"directory:") > 0 or find(b, n, 0, 120, b"tty") > 0 else 10
