"""beanstalkd work queue.

On the wire (beanstalkd doc/protocol.txt): ``put PRI DELAY TTR BYTES``, ``reserve``, ``use TUBE``, ``watch TUBE``; answers ``INSERTED
ID``, ``RESERVED ID BYTES``, ``USING``, ``WATCHING N``.

Looked at: both sides' words.

Fools it: text commands count with the answer.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import line_end, word

NAME = "beanstalkd"
TRANSPORTS = (TCP,)
FIRST = (b"purwildksbt", b"IRUWDOKNFEJTB")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(
        b,
        n,
        0,
        (b"INSERTED |RESERVED |USING |WATCHING |DEADLINE_SOON|TIMED_OUT|KICKED |NOT_FOUND\r|FOUND |BURIED|DELETED\r|OK | RELEASED")
        if side
        else (
            b"put |use |reserve\r|reserve-with-timeout |watch |ignore |stats-tube |list-tubes|stats\r|"
            b"stats-job |peek|kick |delete |bury |release "
        ),
    )
    if m <= 0:
        return -1 if m else 0
    end = line_end(b, n, 0)
    if end == -1 or (end > 0 and u8(b, n, end - 1) != 13) or end > 250:
        return 0
    return 3 * min(m, 7) + (2 if u8(b, n, 0) > 96 or m > 5 else 0)
