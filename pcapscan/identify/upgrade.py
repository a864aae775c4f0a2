"""Upgrades within a connection: a ClientHello or ServerHello behind plain words (STARTTLS, SSLRequest, X.224, CONNECT).

The words differ by protocol, the hello does not: it is looked for at every byte of the head of flows whose protocol may upgrade. A hello is sixty and more
bits of evidence, so that nothing else in a head of a few kilobytes passes for one.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, next_like

from .protocols.tls import HANDSHAKE, hello

LEAST_BITS = 50


@helper
def find_hello(b: Any, n: int, client: bool) -> int:
    """Offset in a head where a hello's record begins; 0 none."""
    message = 1 if client else 2
    i = next_like(b, n - 43, 1, HANDSHAKE)
    while i > 0:
        if b[i + 1] == 3 and b[i + 5] == message:
            found = hello(b[i:n], n - i, client)
            if found >= LEAST_BITS or found <= -LEAST_BITS:
                return i
        i = next_like(b, n - 43, i + 1, HANDSHAKE)
    return 0
