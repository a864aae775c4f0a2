"""Upgrades within a connection: a ClientHello or ServerHello behind plain words (STARTTLS, SSLRequest, X.224, CONNECT).

The words differ by protocol, the hello does not: it is looked for at every byte of the head of flows whose protocol may upgrade. A hello is sixty and more
bits of evidence, so that nothing else in a head of a few kilobytes passes for one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, kernel

from .protocols.tls import HANDSHAKE, hello

LEAST_BITS = 50


@helper
def find_hello(arena: Any, at: int, n: int, client: bool) -> int:
    """Offset in the head at ``at`` where a hello's record begins; 0 none."""
    message = 1 if client else 2
    for i in range(1, n - 43):
        if arena[at + i] == HANDSHAKE and arena[at + i + 1] == 3 and arena[at + i + 5] == message:
            b = arena[at + i : at + n]
            found = hello(b, n - i, client)
            if found >= LEAST_BITS or found <= -LEAST_BITS:
                return i
    return 0


@kernel("void(uint8[::1], int64[:, ::1], int32[:, ::1], boolean[::1], int32[:, ::1])")
def find_upgrades(arena: Any, start: Any, length: Any, ask: Any, where: Any) -> None:
    """For the rows in ``ask``: where in each side's head TLS begins, 0 where it does not."""
    for row in range(len(ask)):
        if ask[row]:
            for side in range(2):
                where[row, side] = find_hello(arena, start[row, side], int(np.int64(length[row, side])), side == 0)
