"""Which protocols are asked at all: lists by transport, side and first byte, made once from the ``FIRST`` of every protocol file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from pcapscan.tables import I16, I32, SCTP, TCP, U8, UDP

from .dispatch import HALVES, PROTOCOL_MODULES

CARRIERS = (TCP, UDP, SCTP)
"""Transports whose flows are asked; a row of the tables here is an index in it."""


@dataclass(frozen=True)
class Candidates:
    """The filter, as arrays that a kernel reads.

    Attributes
    ----------
    allowed : uint8[3, 2, 256, protocols]
        1 where a protocol may begin so: carrier, side, first byte, protocol.
    start : int32[3, 2, 257]
        ``ids[start[c, s, x] : start[c, s, x + 1]]`` are the protocols allowed.
    ids : int16[m]
    """

    allowed: U8
    start: I32
    ids: I16


@cache
def candidates(half: int) -> Candidates:
    """Make the filter of one half of the protocols; numbers count from the half's first."""
    modules = [PROTOCOL_MODULES[i] for i in HALVES[half]]
    allowed = np.zeros((len(CARRIERS), 2, 256, len(modules)), np.uint8)
    for number, module in enumerate(modules):
        for carrier, transport in enumerate(CARRIERS):
            if transport in module.TRANSPORTS:
                for side in (0, 1):
                    first = module.FIRST[side]
                    allowed[carrier, side, slice(None) if first is None else list(first), number] = 1
    start = np.zeros((len(CARRIERS), 2, 257), np.int32)
    ends = np.cumsum(allowed.sum(-1, dtype=np.int32)).reshape(len(CARRIERS), 2, 256)
    start[..., 1:] = ends
    start[..., 0] = np.append(0, ends[..., -1].ravel()[:-1]).reshape(len(CARRIERS), 2)
    ids = np.nonzero(allowed)[-1].astype(np.int16)
    return Candidates(allowed, start, ids)
