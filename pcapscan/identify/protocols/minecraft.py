"""Minecraft (Java edition).

On the wire (Minecraft protocol documentation, "Handshaking"): length, packet 0, protocol version, server address, port, next state 1 or 2
(or 3); the answer to state 1 is JSON with ``version`` and ``players``.

Looked at: the handshake with its inner length, next state; the answer.

Fools it: nothing known.

Facts: ``server_address``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._contract import Places
from ._text import find, printable

NAME = "minecraft"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES: Places = {TCP: ({0: bytes(range(7, 128)), 1: b"\0"}, {})}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side:
        at = find(b, n, 0, 16, b'{"')
        if at > 2:
            return (
                50
                if find(b, n, 0, 400, b'"version"') > 0 or find(b, n, 0, 400, b'"players"') > 0 or find(b, n, 0, 400, b'"description"') > 0
                else 0
            )
        return 6
    size = u8(b, n, 0)
    if n < 8:
        return -1 if u8(b, n, 1) <= 0 and size > 6 else 0
    if u8(b, n, 1) != 0 or size < 7 or size > 127:
        return 0
    at = 2
    while u8(b, n, at) >= 128 and at < 6:
        at += 1
    name = u8(b, n, at + 1)
    end = at + 2 + name
    if name < 1 or end + 3 != size + 1 or not printable(b, n, at + 2, min(end, at + 10)):
        return 0
    state = u8(b, n, end + 2)
    if state == -1:
        return -20
    return 8 + 8 + 8 + 8 + 8 if 1 <= state <= 3 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if side or len(head) < 8:
        return {}
    at = 2
    while head[at] >= 128 and at < 6:
        at += 1
    return {"server_address": head[at + 2 : at + 2 + head[at + 1]].split(b"\0")[0].decode("utf-8", "replace")}
