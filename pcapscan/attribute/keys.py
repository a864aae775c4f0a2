"""Unordered endpoints and transport as one key, the same for a flow and for the event that tells of it.

The key says what Community ID version 1 says: two sides in a fixed order, and the transport. It is compared by a hash of 64 bits,
and every pair that a hash suggests is compared by the endpoints themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pcapscan.tables import I64, SCTP, TCP, U8, U16, U64, UDP, Bool

_PORTED = np.isin(np.arange(256), [TCP, UDP, SCTP])


def mixed(*columns: NDArray[Any]) -> U64:
    """A 64-bit hash of some columns, row by row (the finaliser of splitmix64 between them)."""
    value = np.full(len(columns[0]), 0x9E3779B97F4A7C15, np.uint64)
    for column in columns:
        value ^= column.astype(np.uint64)
        value *= np.uint64(0xBF58476D1CE4E5B9)
        value ^= value >> np.uint64(29)
        value *= np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(32)
    return value


class Keys(Struct, frozen=True):
    """Endpoints in a fixed order, row for row: the side with the lower address (then port) first."""

    a_hi: U64
    a_lo: U64
    b_hi: U64
    b_lo: U64
    a_p: U16
    b_p: U16
    proto: U8
    hashed: U64

    @classmethod
    def of(cls, a_hi: U64, a_lo: U64, b_hi: U64, b_lo: U64, a_p: U16, b_p: U16, proto: U8) -> Keys:
        """Keys of endpoints in any order; transports without ports have none."""
        ported = _PORTED[proto]
        a_p, b_p = np.where(ported, a_p, 0).astype(np.uint16), np.where(ported, b_p, 0).astype(np.uint16)
        swap = (a_hi > b_hi) | ((a_hi == b_hi) & ((a_lo > b_lo) | ((a_lo == b_lo) & (a_p > b_p))))
        columns: list[Any] = [
            np.where(swap, y, x)
            for x, y in ((a_hi, b_hi), (a_lo, b_lo), (b_hi, a_hi), (b_lo, a_lo), (a_p, b_p), (b_p, a_p))
        ]  # fmt: skip
        one_hi, one_lo, two_hi, two_lo, one_p, two_p = columns
        return cls(one_hi, one_lo, two_hi, two_lo, one_p, two_p, proto, mixed(*columns, proto))

    def same(self, rows: I64, other: Keys, others: I64) -> Bool:
        """Whether the keys of some rows are the keys of some of another's."""
        alike: Bool = self.proto[rows] == other.proto[others]
        for name in ("a_hi", "a_lo", "b_hi", "b_lo", "a_p", "b_p"):
            alike &= getattr(self, name)[rows] == getattr(other, name)[others]
        return alike

    def pair(self) -> U64:
        """Hash of the two addresses alone."""
        return mixed(self.a_hi, self.a_lo, self.b_hi, self.b_lo)


def codes(*columns: NDArray[Any]) -> tuple[I64, int]:
    """Small numbers that tell distinct rows of some columns apart, and how many there are."""
    if not len(columns[0]):
        return np.zeros(0, np.int64), 0
    code = np.zeros(len(columns[0]), np.int64)
    count = 1
    for column in columns:
        found, inverse = np.unique(column, return_inverse=True)
        code, count = code * len(found) + inverse.reshape(-1), count * len(found)
        found, code = np.unique(code, return_inverse=True)
        code, count = code.reshape(-1).astype(np.int64), len(found)
    return code, count
