"""Which protocols are asked at all: a bit for each, by transport, side and the first bytes, made once from ``FIRST`` and ``PLACES`` of every file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from pcapscan.tables import SCTP, TCP, U64, UDP

from .dispatch import HALVES, PROTOCOL_MODULES
from .protocols._contract import PLACED

CARRIERS = (TCP, UDP, SCTP)
"""Transports whose flows are asked; a row of the table here is an index in it."""


@dataclass(frozen=True)
class Candidates:
    """The filter, as an array that a kernel reads.

    Attributes
    ----------
    allowed : uint64[6, 1 + PLACED, 256, words]
        Carrier and side (two rows a carrier), what is held against the byte (0 ``FIRST``; 1 + i ``PLACES`` at i), byte: a bit for each protocol that may begin so,
        64 to a word.
    """

    allowed: U64


@cache
def candidates(half: int) -> Candidates:
    """Make the filter of one half of the protocols; numbers count from the half's first."""
    modules = [PROTOCOL_MODULES[i] for i in HALVES[half]]
    allowed = np.zeros((2 * len(CARRIERS), 1 + PLACED, 256, (len(modules) + 63) // 64), np.uint64)
    for number, module in enumerate(modules):
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
    return Candidates(allowed)
