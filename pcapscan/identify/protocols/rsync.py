"""rsync daemon.

On the wire (rsync's clientserver.c and rsyncd.conf(5)): both sides begin ``@RSYNCD: 31.0``; then the module's name. (rsync over a remote
shell is that shell.)

Looked at: the line.

Fools it: nothing known.

Facts: ``protocol_version``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._text import digits, word

NAME = "rsync"
TRANSPORTS = (TCP,)
FIRST = (b"@", b"@")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"@RSYNCD: ")
    if m <= 0:
        return -2 * n if m else 0
    return 60 if digits(b, n, 9) else -48 if n == 9 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    return {"protocol_version": head[9:32].split(b"\n")[0].strip().decode("latin-1")}
