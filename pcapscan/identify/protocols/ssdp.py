"""SSDP, the discovery of UPnP.

On the wire (UPnP Device Architecture 1.1 section 1): ``M-SEARCH * HTTP/1.1``, ``NOTIFY * HTTP/1.1``, and answers ``HTTP/1.1 200 OK`` with
``ST`` and ``USN``, all over UDP.

Looked at: those lines.

Fools it: nothing known.

Facts: ``search_target``, ``server``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit
from pcapscan.tables import UDP

from ._text import find, word_nocase

NAME = "ssdp"
TRANSPORTS = (UDP,)
FIRST = (b"MNHm", b"MNHm")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if word_nocase(b, n, 0, b"m-search * http/1.|notify * http/1.") > 0:
        return 90
    if not lit(b, n, 0, b"HTTP/1.1 200"):
        return 0
    return 80 if find(b, n, 12, 600, b"\nst:") > 0 or find(b, n, 12, 600, b"\nusn:") > 0 else 36


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    for line in head.split(b"\r\n")[1:30]:
        name, _, value = line.partition(b":")
        if name.lower() in (b"st", b"nt"):
            found.setdefault("search_target", value.strip().decode("latin-1"))
        elif name.lower() in (b"server", b"user-agent"):
            found.setdefault("server", value.strip().decode("latin-1"))
    return found
