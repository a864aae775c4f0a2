"""Which protocols are asked at all: a bit for each, by transport, side and the first bytes, made once from ``FIRST`` and ``PLACES`` of every file."""

from __future__ import annotations

import numpy as np

from pcapscan.tables import SCTP, TCP, U64, UDP

from .dispatch import HALVES, modules
from .protocols._contract import PLACED

CARRIERS = (TCP, UDP, SCTP)
"""Transports whose flows are asked; a row of the table here is an index in it."""


def candidates(half: int) -> U64:
    """Make the filter of one half of the protocols, as a kernel reads it; numbers count from the half's first.

    Returns
    -------
    uint64[6, 1 + PLACED, 256, words]
        Carrier and side (two rows a carrier), what is held against the byte (0 ``FIRST``; 1 + i ``PLACES`` at i), byte: a bit for each
        protocol that may begin so, 64 to a word.
    """
    files = [modules()[i] for i in HALVES[half]]
    allowed = np.zeros((2 * len(CARRIERS), 1 + PLACED, 256, (len(files) + 63) // 64), np.uint64)
    for number, module in enumerate(files):
        word, bit = number // 64, np.uint64(1 << number % 64)
        for carrier, transport in enumerate(CARRIERS):
            if transport in module.TRANSPORTS:
                for side in (0, 1):
                    sets = {0: module.FIRST[side]} if module.FIRST[side] is not None else {}
                    if transport in getattr(module, "PLACES", {}):
                        sets |= {1 + place: may for place, may in module.PLACES[transport][side].items()}
                    own = allowed[2 * carrier + side, :, :, word]
                    own |= bit
                    for row, may in sets.items():
                        own[row] ^= bit
                        own[row, np.frombuffer(may, np.uint8)] |= bit
    return allowed
