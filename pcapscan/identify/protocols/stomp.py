"""STOMP.

On the wire (STOMP 1.2, "STOMP Frames"): a command line, header lines ``name:value``, an empty line, body, NUL.

Looked at: CONNECT or STOMP with ``accept-version`` or ``login``, the server's CONNECTED with ``version``; other frames' words with a
header.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

from ._text import word

NAME = "stomp"
TRANSPORTS = (TCP,)
FIRST = (b"CSUBAND\n\r", b"CMRE\n\r")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(
        b,
        n,
        0,
        b"CONNECTED\n|CONNECTED\r\n|MESSAGE\n|RECEIPT\n|ERROR\n"
        if side
        else b"CONNECT\n|STOMP\n|CONNECT\r\n|STOMP\r\n|SEND\n|SUBSCRIBE\n|ACK\n|BEGIN\n",
    )
    if m <= 0:
        return -2 if m else 0
    h = word(
        b,
        n,
        m,
        (
            b"accept-version:|login:|host:|version:|session:|heart-beat:|server:|passcode:|destination:|"
            b"subscription:|message-id:|receipt-id:|message:|id:|client-id:"
        ),
    )
    if h <= 0:
        return -10 if h else 0
    return 36
