"""SIP.

On the wire (RFC 3261 section 7): a request line ``METHOD sip:... SIP/2.0`` or a status line ``SIP/2.0 nnn``, then headers; keep-alives of
CRLF may come first.

Looked at: method and ``SIP/2.0`` at the line's end, or the status line.

Fools it: nothing known.

Facts: ``user_agent``, ``from``, ``to``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import SCTP, TCP, UDP

from ._text import digits, find, line_end, word, word_nocase

NAME = "sip"
TRANSPORTS = (
    UDP,
    TCP,
    SCTP,
)
FIRST = (b"\r\nABCIMNOPRSU", b"\r\nABCIMNOPRSU")

METHODS = b"INVITE |REGISTER |OPTIONS |ACK |BYE |CANCEL |SUBSCRIBE |NOTIFY |MESSAGE |PUBLISH |INFO |REFER |UPDATE |PRACK "


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    while at < 8 and (u8(b, n, at) == 13 or u8(b, n, at) == 10):
        at += 1
    stop = n
    if at == n and ctx[0] == UDP and ctx[5] > n:
        stop = ctx[5]
    if lit(b, stop, at, b"SIP/2.0 "):
        return 56 if digits(b, stop, at + 8) == 3 else 0
    m = word(b, stop, at, METHODS)
    if m <= 0:
        return -1 if m or word(b, stop, at, b"SIP/2.0 ") else 0
    end = line_end(b, stop, at)
    if end == -1:
        return 0
    scheme = word_nocase(b, stop, at + m, b"sip:|sips:|tel:|urn:")
    if scheme == 0:
        return 0
    if end == -2:
        return -20
    return 60 if find(b, stop, at, end, b"sip/2.0") > 0 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    for line in head.split(b"\r\n")[1:40]:
        name, _, value = line.partition(b":")
        key = {b"user-agent": "user_agent", b"server": "user_agent", b"from": "from", b"f": "from", b"to": "to", b"t": "to"}.get(
            name.lower()
        )
        if key:
            found.setdefault(key, value.strip().decode("latin-1"))
    return found
