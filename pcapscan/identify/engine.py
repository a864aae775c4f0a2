"""The engine: every candidate protocol is asked about both sides of every flow, and the evidence is added up.

For each flow, once as it lies and, where the originator is not known from the handshake, once with the sides exchanged:

1. The first byte of each side selects candidates (:mod:`.candidates`).
2. ``look`` is asked for each side that spoke. 0 from a side is a veto against naming the *flow* so; the other side keeps its own name.
3. The protocol with the most bits that no speaking side vetoed is the flow's, if they reach the threshold and the responder alone
   does not say something else with more.
4. Otherwise the responder's own name is the service; a silent responder leaves the originator's, as an attempt.

Time is bounded by candidates times bytes; nothing here allocates by what is in a head.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, kernel
from pcapscan.tables import HEAD_GAP, HEAD_MIDSTREAM

from .dispatch import LOOK
from .protocols._contract import SWAP_MARGIN, THRESHOLD

BOTH, ORIG, RESP = 1, 2, 3

# Columns of a verdict, in the scratch that `weigh` fills.
NAME, BITS, BASIS, NAME_0, BITS_0, NAME_1, BITS_1 = 0, 1, 2, 3, 4, 5, 6


@helper
def fill_context(ctx: Any, proto: int, row: int, side: int, length: Any, cuts: Any, flags: Any, sure: int, exchanged: int) -> int:
    """Write the context of one side; answer where the part of its head that is asked about ends."""
    other = 1 - side
    ctx[0] = proto
    ctx[1] = flags[row, side]
    ctx[2] = flags[row, other]
    ctx[3] = sure
    for k in range(4):
        ctx[4 + k] = cuts[row, side, k]
        ctx[8 + k] = cuts[row, other, k]
    ctx[12] = length[row, side]
    ctx[13] = length[row, other]
    ctx[14] = exchanged
    ctx[15] = 0
    return asked_length(proto, row, side, length, cuts)


@helper
def asked_length(proto: int, row: int, side: int, length: Any, cuts: Any) -> int:
    """Bytes of a side's head that ``look`` is asked about: all in TCP, the first datagram elsewhere."""
    n = int(np.int64(length[row, side]))
    if proto != 6:
        cut = int(np.int64(cuts[row, side, 0]))
        if 0 < cut < n:
            return cut
    return n


@helper
def weigh(
    arena: Any, row: int, start: Any, length: Any, cuts: Any, flags: Any, proto: int, carrier: int, sure: int,
    exchanged: int, allowed: Any, first: Any, ids: Any, ctx0: Any, ctx1: Any, out: Any,
) -> None:  # fmt: skip
    """Ask all candidates about one flow with its sides in one order; write the verdict to ``out``."""
    s0, s1 = exchanged, 1 - exchanged
    n0 = fill_context(ctx0, proto, row, s0, length, cuts, flags, sure, exchanged)
    n1 = fill_context(ctx1, proto, row, s1, length, cuts, flags, sure, exchanged)
    at0, at1 = start[row, s0], start[row, s1]
    b0 = arena[at0 : at0 + length[row, s0]]
    b1 = arena[at1 : at1 + length[row, s1]]
    x0 = int(b0[0]) if n0 > 0 else 0
    x1 = int(b1[0]) if n1 > 0 else 0
    name, bits, name0, bits0, name1, bits1 = -1, 0, -1, 0, -1, 0
    if n0 > 0:
        for k in range(first[carrier, 0, x0], first[carrier, 0, x0 + 1]):
            i = int(np.int64(ids[k]))
            a = LOOK(i, b0, n0, 0, b1, n1, ctx0)
            a = a if a >= 0 else -a
            c = 0
            if n1 > 0 and allowed[carrier, 1, x1, i]:
                c = LOOK(i, b1, n1, 1, b0, n0, ctx1)
                c = c if c >= 0 else -c
            if a > bits0:
                name0, bits0 = i, a
            if c > bits1:
                name1, bits1 = i, c
            if a > 0 and (c > 0 or n1 == 0) and a + c > bits:
                name, bits = i, a + c
    if n1 > 0:
        for k in range(first[carrier, 1, x1], first[carrier, 1, x1 + 1]):
            i = int(np.int64(ids[k]))
            if n0 > 0 and allowed[carrier, 0, x0, i]:
                continue
            c = LOOK(i, b1, n1, 1, b0, n0, ctx1)
            c = c if c >= 0 else -c
            if c > bits1:
                name1, bits1 = i, c
            if n0 == 0 and c > bits:
                name, bits = i, c
    basis = BOTH
    if n1 == 0:
        basis = ORIG
    elif n0 == 0:
        basis = RESP
    if bits1 >= THRESHOLD and bits1 > bits:
        # A server that says something else with more evidence: the service is what it spoke.
        name, bits, basis = name1, bits1, RESP
    if bits < THRESHOLD and bits0 >= THRESHOLD and flags[row, s1] & (HEAD_MIDSTREAM | HEAD_GAP):
        # A responder whose beginning is missing contradicts nobody.
        name, bits, basis = name0, bits0, ORIG
    if bits < THRESHOLD:
        name, bits, basis = -1, 0, 0
    if name >= 0 and basis == BOTH:
        # What the flow is named, a side that fits it less than something else may still have spoken by itself: only if it vetoed.
        name0, bits0, name1, bits1 = name, THRESHOLD, name, THRESHOLD
    out[NAME], out[BITS], out[BASIS] = name, bits, basis
    out[NAME_0], out[BITS_0] = (name0 if bits0 >= THRESHOLD else -1), bits0
    out[NAME_1], out[BITS_1] = (name1 if bits1 >= THRESHOLD else -1), bits1


@kernel(
    "void(uint8[::1], int64[:, ::1], int32[:, ::1], int32[:, :, ::1], uint8[:, ::1], uint8[::1], boolean[::1],"
    " uint8[:, :, :, ::1], int32[:, :, ::1], int16[::1], int64[:, ::1], int64[:, ::1], boolean[::1])"
)
def weigh_all(
    arena: Any, start: Any, length: Any, cuts: Any, flags: Any, proto: Any, sure: Any,
    allowed: Any, first: Any, ids: Any, scratch: Any, out: Any, swap: Any,
) -> None:  # fmt: skip
    """Weigh every flow.

    Parameters
    ----------
    arena, start, length, cuts, flags, proto, sure
        The columns of :class:`pcapscan.tables.Heads`.
    allowed, first, ids
        :class:`pcapscan.identify.candidates.Candidates`.
    scratch : int64[3, 16]
        Working space.
    out : int64[n, 8]
        Verdicts: name, bits, basis, then name and bits of each side alone.
    swap : bool[n]
        Set where the sides fit better exchanged.
    """
    for row in range(len(proto)):
        p = int(proto[row])
        carrier = 0 if p == 6 else 1 if p == 17 else 2 if p == 132 else -1
        for k in range(8):
            out[row, k] = 0
        out[row, NAME] = out[row, NAME_0] = out[row, NAME_1] = -1
        if carrier < 0 or length[row, 0] + length[row, 1] == 0:
            continue
        known = 1 if sure[row] else 0
        for exchanged in range(2 - known):
            weigh(
                arena, row, start, length, cuts, flags, p, carrier, known, exchanged, allowed, first, ids, scratch[0], scratch[1], scratch[2]
            )  # fmt: skip
            if exchanged == 0 or scratch[2, BITS] >= out[row, BITS] + SWAP_MARGIN:
                swap[row] = exchanged == 1
                for k in range(8):
                    out[row, k] = scratch[2, k]
