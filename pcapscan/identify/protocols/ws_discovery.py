"""WS-Discovery (printers, cameras of ONVIF, Windows hosts).

On the wire (WS-Discovery 1.1 section 2.4, SOAP over UDP): a SOAP envelope that names the discovery schema of 2005 or 2009.

Looked at: XML at the start, ``ws/2005/04/discovery`` or ``ws-dd/ns/discovery`` near it.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import UDP

from ._text import find

NAME = "ws-discovery"
TRANSPORTS = (UDP,)
FIRST = (b"<\xef", b"<\xef")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if find(b, n, 0, 1400, b"/04/discovery") > 0 or find(b, n, 0, 1400, b"ws-dd/ns/discovery") > 0:
        return 80 if find(b, n, 0, 600, b"envelope") > 0 else 0
    return 0
