"""Stratum and its kin: mining of cryptocurrency (Bitcoin, Ethereum, Monero pools).

On the wire (Stratum V1 documentation; XMRig's protocol page; EIP-1571): lines of JSON-RPC with methods ``mining.subscribe``,
``mining.authorize``, ``login`` with an agent, ``eth_submitLogin``, ``mining.notify``, ``job``.

Looked at: a brace at the start, the method within the first bytes; the pool's answer as JSON with ``result`` or ``job``.

Fools it: JSON-RPC of other services has other methods; ``login`` needs ``pass`` or ``agent`` or ``algo`` beside it.

Facts: ``method``, ``login``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._text import find, line_end, word, word_nocase

NAME = "stratum"
TRANSPORTS = (TCP,)
FIRST = (b"{", b"{")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        at = find(b, n, 0, 400, b'"method"')
        if at < 0:
            return -2 if n < 400 and line_end(b, n, 0) == -2 else 2 if ctx[1] & HEAD_MIDSTREAM else 0
        i = at + 8
        if i + 16 > n:
            return -8
        while i < at + 14 and (u8(b, n, i) == 32 or u8(b, n, i) == 58):
            i += 1
        m = word_nocase(b, n, i, b'"mining.|"eth_submitlogin|"eth_getwork"|"eth_submithashrate|"eth_login')
        if m > 0:
            return 60
        if word(b, n, i, b'"login"|"submit"|"keepalived"') > 0:
            hint = find(b, n, 0, 700, b'"agent"') > 0 or find(b, n, 0, 700, b'"algo"') > 0 or find(b, n, 0, 700, b'"nonce"') > 0
            return 50 if hint else 16
        return 0
    if find(b, n, 0, 300, b'"mining.') > 0 or find(b, n, 0, 400, b'"seed_hash"') > 0 or find(b, n, 0, 500, b'"job_id"') > 0:
        return 50
    return 8


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    for key in ("method", "login"):
        part = head.partition(b'"' + key.encode() + b'"')[2].lstrip(b" :")
        if part.startswith(b'"'):
            found[key] = part[1:200].split(b'"')[0].decode("latin-1")
    return found
