"""The engine: every candidate protocol is asked about both sides of every flow, and the evidence is added up.

For each flow, once as it lies and, where the originator is not known from the handshake, once with the sides exchanged:

1. The first bytes of each side select candidates (:mod:`.candidates`).
2. ``look`` is asked for each side that spoke. 0 from a side is a veto against naming the *flow* so; the other side keeps its own name.
3. The protocol with the most bits that no speaking side vetoed is the flow's, if they reach the threshold and the responder alone
   does not say something else with more.
4. Otherwise the responder's own name is the service; a silent responder, or one whose beginning is missing, leaves the
   originator's, as an attempt.

Steps 1 and 2 are two kernels (:mod:`.half_0`, :mod:`.half_1`, side by side because they are large), which leave the best of each kind; steps
3 and 4 (:func:`decide`) are the beginning of a third (:mod:`.settle`), which says all the rest of every flow. Time is bounded by candidates
times bytes; nothing here allocates by what is in a head.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pcapscan.kernels import helper
from pcapscan.kernels.wide import lowest
from pcapscan.tables import HEAD_GAP, HEAD_MIDSTREAM

from .dispatch import named_helper
from .protocols._contract import PLACED, PLACED_FROM, THRESHOLD

BOTH, ORIG, RESP = 1, 2, 3

PER_BYTE, FOR_ZEROS = 6, 18
"""Bits that one byte other than zero can be worth, and all zeros together; so that two such bytes never name. Arbitrary: measured on
made-up heads, and no named flow of public test captures was lost by it."""

NAME, BITS, NAME_0, BITS_0, NAME_1, BITS_1 = range(6)
"""Columns of evidence: best protocol that no speaking side vetoed, and the best of each side alone."""

PROTOCOL, EVIDENCE, BASIS, SPOKE_0, SPOKE_1 = range(5)
"""Columns of a decision."""

SIGNATURE = (
    "void(uint8[::1], int64[:, ::1], int32[:, ::1], int32[:, :, ::1], uint8[:, ::1], uint8[::1], boolean[::1],"
    " uint64[:, :, :, ::1], int32, int64[:, ::1], uint64[:, ::1], int32[:, :, ::1])"
)
"""Of the two kernels that call what :func:`weigher` makes."""


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
def most_bits(b: Any, n: int) -> int:
    """Bits that a side can bear witness to.

    None where it is one byte over and over: padding, a keep-alive, a probe. Few where it is mostly zeros, which memory is full of.
    """
    busy, same = 0, n > 1
    for k in range(min(n, 64)):
        if b[k] != 0:
            busy += 1
        if b[k] != b[0]:
            same = False
    return 0 if same else PER_BYTE * busy + FOR_ZEROS


@helper
def ask_about(b: Any, n: int, begun: bool, allowed: Any, out: Any) -> None:
    """Write to ``out`` who is asked about a side: a bit for each protocol that may begin as it does, none where it is silent.

    ``begun``: no byte is missing at the flow's beginning.
    """
    for w in range(len(out)):
        who = np.uint64(0)
        if n > 0:
            who = allowed[0, b[0], w]
            if n >= PLACED_FROM and begun:
                for place in range(PLACED):
                    who &= allowed[1 + place, b[place], w]
        out[w] = who


@helper
def witnessed(said: int, most: int, b: Any, n: int) -> tuple[int, int]:
    """What ``look`` said as bits, no more than its side can bear witness to; and how much that is (-1: not worked out yet)."""
    if said == 0:
        return 0, most
    if most < 0:
        most = most_bits(b, n)
    return min(abs(said), most), most


@helper
def named(i: int, base: int) -> int:
    """Number of the protocol that is ``i`` in its half."""
    return i + base if i >= 0 else -1


def weigher(look: Callable[..., int], half: int) -> Callable[..., None]:
    """Make the helper that weighs every flow by the protocols of one tree.

    It is made around ``look``, not given it: numba keeps no kernel in its cache that was given a function.
    """

    def weigh_one(
        arena: Any, row: int, start: Any, length: Any, cuts: Any, flags: Any, proto: int, carrier: int, sure: int,
        exchanged: int, allowed: Any, base: int, ctx0: Any, ctx1: Any, asked: Any, out: Any,
    ) -> None:  # fmt: skip
        """Ask all candidates about one flow with its sides in one order; write the best of each kind to ``out``."""
        s0, s1 = exchanged, 1 - exchanged
        n0 = fill_context(ctx0, proto, row, s0, length, cuts, flags, sure, exchanged)
        n1 = fill_context(ctx1, proto, row, s1, length, cuts, flags, sure, exchanged)
        at0, at1 = start[row, s0], start[row, s1]
        b0 = arena[at0 : at0 + length[row, s0]]
        b1 = arena[at1 : at1 + length[row, s1]]
        begun = (int(flags[row, 0]) | int(flags[row, 1])) & (HEAD_MIDSTREAM | HEAD_GAP) == 0
        ask_about(b0, n0, begun, allowed[2 * carrier], asked[0])
        ask_about(b1, n1, begun, allowed[2 * carrier + 1], asked[1])
        most0, most1 = -1, -1
        name, bits, name0, bits0, name1, bits1 = -1, 0, -1, 0, -1, 0
        one = np.uint64(1)
        for w in range(asked.shape[1]):
            left = asked[0, w]
            while left != 0:
                place = lowest(left)
                left &= left - one
                i = 64 * w + int(np.int64(place))
                a, most0 = witnessed(look(i, b0, n0, 0, b1, n1, ctx0), most0, b0, n0)
                c = 0
                if (asked[1, w] >> place) & one != 0:
                    c, most1 = witnessed(look(i, b1, n1, 1, b0, n0, ctx1), most1, b1, n1)
                if a > bits0:
                    name0, bits0 = i, a
                if c > bits1:
                    name1, bits1 = i, c
                if a > 0 and (c > 0 or n1 == 0) and a + c > bits:
                    name, bits = i, a + c
        for w in range(asked.shape[1]):
            left = asked[1, w] & ~asked[0, w]
            while left != 0:
                i = 64 * w + int(np.int64(lowest(left)))
                left &= left - one
                c, most1 = witnessed(look(i, b1, n1, 1, b0, n0, ctx1), most1, b1, n1)
                if c > bits1:
                    name1, bits1 = i, c
                if n0 == 0 and c > bits:
                    name, bits = i, c
        out[NAME], out[NAME_0], out[NAME_1] = named(name, base), named(name0, base), named(name1, base)
        out[BITS], out[BITS_0], out[BITS_1] = bits, bits0, bits1

    weigh = named_helper(weigh_one, f"weigh_{half}")

    def weigh_all(
        arena: Any, start: Any, length: Any, cuts: Any, flags: Any, proto: Any, sure: Any,
        allowed: Any, base: int, scratch: Any, asked: Any, out: Any,
    ) -> None:  # fmt: skip
        """Weigh every flow.

        Parameters
        ----------
        arena, start, length, cuts, flags, proto, sure
            The columns of :class:`pcapscan.tables.Heads`.
        allowed
            What :func:`pcapscan.identify.candidates.candidates` made of these protocols.
        base : int
            Number of the first of these protocols.
        scratch : int64[2, 16]
        asked : uint64[2, words]
            Working space.
        out : int32[n, 2, 6]
            Evidence, as the sides lie and exchanged.
        """
        for row in range(len(proto)):
            p = int(proto[row])
            carrier = 0 if p == 6 else 1 if p == 17 else 2 if p == 132 else -1
            for exchanged in range(2):
                for k in range(6):
                    out[row, exchanged, k] = -1 if k % 2 == 0 else 0
            if carrier < 0 or length[row, 0] + length[row, 1] == 0:
                continue
            known = 1 if sure[row] else 0
            for exchanged in range(2 - known):
                weigh(
                    arena, row, start, length, cuts, flags, p, carrier, known, exchanged, allowed, base,
                    scratch[0], scratch[1], asked, out[row, exchanged],
                )  # fmt: skip

    return named_helper(weigh_all, f"weigh_all_{half}")


@helper
def better(first: Any, second: Any, out: Any) -> None:
    """The better of each kind of evidence that the two halves have for one flow in one order."""
    for k in range(0, 6, 2):
        for j in range(2):
            out[k + j] = second[k + j] if second[k + 1] > first[k + 1] else first[k + j]


@helper
def decide(found: Any, silent_orig: bool, silent_resp: bool, headless: bool, out: Any) -> None:
    """Steps 3 and 4 for one flow in one order: protocol, bits, basis, and what each side spoke, to ``out``.

    ``headless``: the responder's beginning is missing.
    """
    name, bits = found[NAME], found[BITS]
    basis = ORIG if silent_resp else RESP if silent_orig else BOTH
    if found[BITS_1] >= THRESHOLD and found[BITS_1] > bits:
        # A server that says something else with more evidence: the service is what it spoke.
        name, bits, basis = found[NAME_1], found[BITS_1], RESP
    elif bits < THRESHOLD and found[BITS_0] >= THRESHOLD and headless:
        # A responder whose beginning is missing contradicts nobody.
        name, bits, basis = found[NAME_0], found[BITS_0], ORIG
    if bits < THRESHOLD:
        name, bits, basis = -1, 0, 0
    out[PROTOCOL], out[EVIDENCE], out[BASIS] = name, bits, basis
    if basis == BOTH:
        out[SPOKE_0], out[SPOKE_1] = name, name
    else:
        out[SPOKE_0] = found[NAME_0] if found[BITS_0] >= THRESHOLD else -1
        out[SPOKE_1] = found[NAME_1] if found[BITS_1] >= THRESHOLD else -1
