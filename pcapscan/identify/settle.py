"""From evidence to the columns of an :class:`~pcapscan.tables.IdentityTable`: one kernel says of each flow all that it says by itself.

In this order: the better half and the better order of the sides; what looks like TLS and is not; what a control channel had announced; TLS
behind plain words; texture; what reads as a shell; where the server's name stands, and which heads have the same facts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, kernel
from pcapscan.tables import BASES, HEAD_ANNOUNCED, HEAD_ANNOUNCED_TLS, HEAD_GAP, HEAD_MIDSTREAM, TCP

from .dispatch import PROTOCOLS
from .engine import BASIS, EVIDENCE, PROTOCOL, SPOKE_0, SPOKE_1, better, decide
from .fake import faked
from .protocols._contract import SWAP_MARGIN
from .spans import collect
from .text import reads_as_shell, texture
from .upgrade import find_hello

TLS, FTP_DATA = PROTOCOLS.index("tls"), PROTOCOLS.index("ftp-data")
CONTROL = BASES.index("control")
CONTROL_BITS = 48
"""``IdentityTable.bits`` of what a control channel announced: an IPv4 address and a port that agree."""
MOST_BITS = 32767

WORDS = ("protocol", "orig_protocol", "resp_protocol", "bits", "upgraded")
BYTES = ("basis", "fake")
MARKS = ("midstream", "swap", "shell")
SHARES = ("orig_entropy", "resp_entropy", "orig_printable", "resp_printable")
"""Columns by their type: int16, int8, bool, float32."""


@helper
def turn(row: int, swap: bool, start: Any, length: Any, cuts: Any, flags: Any) -> None:
    """Exchange the sides of a flow in the columns of its heads."""
    if swap:
        start[row, 0], start[row, 1] = start[row, 1], start[row, 0]
        length[row, 0], length[row, 1] = length[row, 1], length[row, 0]
        flags[row, 0], flags[row, 1] = flags[row, 1], flags[row, 0]
        for k in range(4):
            cuts[row, 0, k], cuts[row, 1, k] = cuts[row, 1, k], cuts[row, 0, k]


@helper
def choose(row: int, first: Any, second: Any, length: Any, flags: Any, sure: bool, scratch: Any) -> bool:
    """Decide a flow, in the order of its sides that fits: to ``scratch[1]``. Whether that is the other order."""
    for exchanged in range(1 if sure else 2):
        better(first[row, exchanged], second[row, exchanged], scratch[0])
        decide(
            scratch[0], length[row, exchanged] == 0, length[row, 1 - exchanged] == 0,
            int(flags[row, 1 - exchanged]) & (HEAD_MIDSTREAM | HEAD_GAP) != 0, scratch[1 + exchanged],
        )  # fmt: skip
    if sure:
        return False
    if scratch[2, EVIDENCE] >= scratch[1, EVIDENCE] + SWAP_MARGIN:
        for k in range(5):
            scratch[1, k] = scratch[2, k]
        return True
    # The guessed originator of an unnamed flow is the endpoint that was announced, and so is called.
    unnamed = scratch[1, PROTOCOL] < 0 and scratch[1, SPOKE_0] < 0 and scratch[1, SPOKE_1] < 0
    return unnamed and int(flags[row, 0]) & HEAD_ANNOUNCED != 0 and int(flags[row, 1]) & HEAD_ANNOUNCED == 0


@kernel(
    "void(uint8[::1], int64[:, ::1], int32[:, ::1], int32[:, :, ::1], uint8[:, ::1], uint8[::1], boolean[::1],"
    " int32[:, :, ::1], int32[:, :, ::1], boolean[::1], uint8[::1], int16[::1], int16[::1], float64[::1],"
    " int64[:, ::1], uint16[:, ::1], int16[:, ::1], int8[:, ::1], boolean[:, ::1], float32[:, ::1], int32[:, ::1], int64[:, ::1], int64[:, :, ::1], int64[:, ::1])",
    laid_in=False,
)
def settle(
    arena: Any, start: Any, length: Any, cuts: Any, flags: Any, proto: Any, sure: Any, first: Any, second: Any,
    may_upgrade: Any, kinds: Any, essence_at: Any, name_at: Any, terms: Any, scratch: Any, counts: Any,
    words: Any, bytes_: Any, marks: Any, shares: Any, inner: Any, places: Any, essences: Any, keys: Any,
) -> None:  # fmt: skip
    """Say everything of every flow.

    Parameters
    ----------
    arena, start, length, cuts, flags, proto, sure
        The columns of :class:`pcapscan.tables.Heads`; the sides of flows are exchanged in them where that fits better.
    first, second : int32[n, 2, 6]
        Evidence of the two halves.
    may_upgrade : bool[protocols]
    kinds, essence_at, name_at
        See :func:`.spans.collect`.
    terms : float64[]
        :func:`.text.entropy_terms`.
    scratch : int64[3, 6]
        Working space.
    counts : uint16[2, 256]
        Working space, zeros.
    words, bytes_, marks, shares
        Out: ``WORDS``, ``BYTES``, ``MARKS``, ``SHARES``, a row each.
    inner, places, essences, keys
        Out, zeros: see :class:`pcapscan.identify.identifier.Weighed`.
    """
    for row in range(len(proto)):
        swap = choose(row, first, second, length, flags, sure[row], scratch)
        turn(row, swap, start, length, cuts, flags)
        found = scratch[1]
        protocol, orig, resp = found[PROTOCOL], found[SPOKE_0], found[SPOKE_1]
        bits, basis = min(found[EVIDENCE], MOST_BITS), found[BASIS]
        p = int(np.int64(proto[row]))
        n0, n1 = int(np.int64(length[row, 0])), int(np.int64(length[row, 1]))
        f0, f1 = int(np.int64(flags[row, 0])), int(np.int64(flags[row, 1]))
        b0 = arena[start[row, 0] : start[row, 0] + n0]
        b1 = arena[start[row, 1] : start[row, 1] + n1]

        fake = 0
        if p == TCP and (protocol == TLS or protocol < 0) and ((n0 >= 5 and b0[1] == 3) or (n1 >= 5 and b1[1] == 3)):
            fake = faked(b0, n0, f0, b1, n1, f1, resp >= 0 and resp != TLS, resp == TLS)
            if fake > 0:
                protocol, orig, resp, bits, basis = -1, -1, -1, 0, 0

        # By the control channel's word: a file (one side speaks at most), or TLS that it had asked for.
        spoke = (n0 > 0 or f0 & HEAD_GAP != 0) and (n1 > 0 or f1 & HEAD_GAP != 0)
        file = f1 & HEAD_ANNOUNCED != 0 and not spoke
        secured = f1 & HEAD_ANNOUNCED_TLS != 0 and spoke and protocol == TLS
        if file:
            fake, orig, resp = 0, -1, -1
        if file or secured:
            protocol, basis, bits = FTP_DATA, CONTROL, CONTROL_BITS

        if p == TCP and protocol >= 0 and may_upgrade[protocol]:
            inner[row, 0] = find_hello(b0, n0, True)
            inner[row, 1] = find_hello(b1, n1, False)
        upgraded = TLS if secured or inner[row, 0] > 0 or inner[row, 1] > 0 else -1

        for k in range(4):
            shares[k, row] = np.nan
        texture(b0, n0, terms, counts, row, shares[0], shares[2])
        texture(b1, n1, terms, counts, row, shares[1], shares[3])
        shell = False
        if protocol < 0 and fake == 0:
            shell = reads_as_shell(b0, n0, shares[2, row], n1, shares[3, row]) or reads_as_shell(b1, n1, shares[3, row], n0, shares[2, row])

        words[0, row], words[1, row], words[2, row], words[3, row], words[4, row] = protocol, orig, resp, bits, upgraded
        bytes_[0, row], bytes_[1, row] = basis, fake
        marks[0, row], marks[1, row], marks[2, row] = protocol >= 0 and (f0 | f1) & HEAD_MIDSTREAM != 0, swap, shell
        collect(arena, row, start, length, cuts, p, words[1:3], inner, TLS, kinds, essence_at, name_at, places, essences, keys)
