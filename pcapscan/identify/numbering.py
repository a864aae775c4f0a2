"""Numbers for what is told by a hash: a kernel finds those that are known, so that Python sees each but once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from pcapscan.kernels import helper, kernel
from pcapscan.tables import I32, I64

from .hashing import mix

NONE, UNKNOWN = -1, -2
LEAST_SLOTS = 1024
SECRET_BITS = 62


@helper
def slot_of(key: int, secret: int, slots: int) -> int:
    """Where to look first; by a secret, or who crafts names could have them all looked for in one place."""
    return mix(mix(secret, key >> 31), key & 0x7FFFFFFF) & (slots - 1)


@kernel("int64(int64[::1], int64, int64[::1], int32[::1], int32[::1])")
def look_up(keys: Any, secret: int, slots: Any, numbers: Any, out: Any) -> int:
    """Numbers of keys: ``NONE`` of 0, ``UNKNOWN`` of one that is not there. How many are not."""
    unknown = 0
    for row in range(len(keys)):
        key = keys[row]
        found = NONE
        if key != 0:
            at = slot_of(key, secret, len(slots))
            while slots[at] != 0 and slots[at] != key:
                at = (at + 1) & (len(slots) - 1)
            if slots[at] == key:
                found = int(np.int64(numbers[at]))
            else:
                found = UNKNOWN
                unknown += 1
        out[row] = found
    return unknown


@kernel("void(int64[::1], int32[::1], int64, int64[::1], int32[::1])")
def insert(keys: Any, given: Any, secret: int, slots: Any, numbers: Any) -> None:
    """Lay keys that are not there, and their numbers, into a table that has room; 0 is no key."""
    for row in range(len(keys)):
        key = keys[row]
        if key != 0:
            at = slot_of(key, secret, len(slots))
            while slots[at] != 0:
                at = (at + 1) & (len(slots) - 1)
            slots[at] = key
            numbers[at] = given[row]


class Numbering:
    """The numbers of hashes, which may be told but once."""

    def __init__(self) -> None:
        self._secret = secrets.randbits(SECRET_BITS)
        self._slots, self._numbers = np.zeros(LEAST_SLOTS, np.int64), np.zeros(LEAST_SLOTS, np.int32)
        self._used = 0

    def numbers(self, keys: I64, make: Callable[[int], int | None]) -> I32:
        """Number of each key.

        Parameters
        ----------
        keys : int64[n]
            0 where there is nothing to number.
        make : callable
            Gives, for the first row of a new key, the number that all its rows will have, or None: then this row has none, and the next
            is asked about again.

        Returns
        -------
        int32[n]
            ``NONE`` where there is none.
        """
        out = np.empty(len(keys), np.int32)
        if look_up(keys, self._secret, self._slots, self._numbers, out):
            new: dict[int, int] = {}
            for row in np.flatnonzero(out == UNKNOWN).tolist():
                key = int(keys[row])
                number = new.get(key)
                if number is None:
                    number = make(row)
                    if number is not None:
                        new[key] = number
                out[row] = NONE if number is None else number
            self._keep(new)
        return out

    def _keep(self, new: dict[int, int]) -> None:
        self._used += len(new)
        if 2 * self._used > len(self._slots):
            slots, numbers = self._slots, self._numbers
            size = 1 << (4 * self._used).bit_length()
            self._slots, self._numbers = np.zeros(size, np.int64), np.zeros(size, np.int32)
            insert(slots, numbers, self._secret, self._slots, self._numbers)
        insert(
            np.fromiter(new.keys(), np.int64, len(new)), np.fromiter(new.values(), np.int32, len(new)),
            self._secret, self._slots, self._numbers,
        )  # fmt: skip
