"""Rows that are more than memory should hold, in a temporary file: as they come, or shared out so that each share is read by itself.

The file lies in the system's folder for such, never beside the evidence, has no name there, and is gone with whoever holds it.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Iterator
from io import RawIOBase

import numpy as np

from pcapscan.kernels import kernel
from pcapscan.tables import I32, I64

_PART = 1 << 16
"""Rows that are read at a time; they stay near."""


class Spill:
    """A file of rows of so many 64-bit words; threads may read it at once, when all is written.

    Attributes
    ----------
    count : int
        How many rows it holds.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self._width, self._lock = width, threading.Lock()
        self._file: RawIOBase = tempfile.TemporaryFile(prefix="pcapscan-", buffering=0)  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)

    def put(self, rows: I64) -> None:
        """Write rows behind the others."""
        if not len(rows):
            return  # nothing has no bytes that could be looked at
        rest = rows.data.cast("B")
        with self._lock:
            self._file.seek(self.count * 8 * self._width)
            while rest:  # an unbuffered file may take less than all
                rest = rest[self._file.write(rest) :]
        self.count += len(rows)

    def parts(self, first: int = 0, count: int | None = None) -> Iterator[I64]:
        """Rows from a place on; the array that was given is filled again with the next."""
        left = self.count - first if count is None else count
        buffer = np.empty((min(_PART, max(left, 1)), self._width), np.int64)
        while left > 0 and (got := self._read(first, buffer[: min(len(buffer), left)])):
            yield buffer[:got]
            first, left = first + got, left - got

    def _read(self, first: int, rows: I64) -> int:
        view, got = rows.data.cast("B"), 0
        with self._lock:
            self._file.seek(first * 8 * self._width)
            while got < len(view) and (some := self._file.readinto(view[got:])):
                got += some
        return got // (8 * self._width)


@kernel("void(int64[:, ::1], int32[::1], int32[::1], int64[::1], int64[:, ::1])")
def share_out(rows: I64, one: I32, other: I32, start: I64, laid: I64) -> None:
    """Lay rows side by side that go to the same share, in the order in which they come.

    Parameters
    ----------
    rows : int64[n, w]
        Column 0 is the kind.
    one, other : int32[g]
        Shares of each kind, -1 none; never the same. Without a length, ``other`` is of no kind.
    start : int64[s + 1]
        Filled: share ``i`` is ``laid[start[i]:start[i + 1]]``.
    laid : int64[m, w]
        Filled; with room for every row twice, or where there is no ``other`` once.
    """
    start[:] = 0
    twice = other.size > 0
    for i in range(rows.shape[0]):
        a = one[rows[i, 0]]
        b = other[rows[i, 0]] if twice else -1
        if a >= 0:
            start[a + 1] += 1
        if b >= 0:
            start[b + 1] += 1
    for s in range(1, start.size):
        start[s] += start[s - 1]
    for i in range(rows.shape[0]):
        for k in range(2 if twice else 1):
            share = one[rows[i, 0]] if k == 0 else other[rows[i, 0]]
            if share >= 0:
                at = start[share]
                start[share] = at + 1
                for c in range(rows.shape[1]):
                    laid[at, c] = rows[i, c]
    for s in range(start.size - 1, 0, -1):  # each begin was moved to its end
        start[s] = start[s - 1]
    start[0] = 0


class Shares:
    """Rows by the shares of their kinds: each share lies in as many pieces as rows were put.

    Parameters
    ----------
    width : int
        Words of a row; the first is its kind.
    shares : int
    """

    def __init__(self, width: int, shares: int) -> None:
        self._spill, self._width, self._shares = Spill(width), width, shares
        self._starts: list[I64] = []
        self._laid = np.empty((0, width), np.int64)

    def put(self, rows: I64, one: I32, other: I32 | None = None) -> None:
        """Share out some rows; ``one`` and ``other`` as of :func:`share_out`."""
        room = len(rows) if other is None else 2 * len(rows)
        if len(self._laid) < room:
            self._laid = np.empty((room, self._width), np.int64)
        start = np.empty(self._shares + 1, np.int64)
        share_out(rows, one, np.zeros(0, np.int32) if other is None else other, start, self._laid)
        self._starts.append(start + self._spill.count)
        self._spill.put(self._laid[: start[-1]])

    def done(self) -> None:
        """No more rows are put: what that needed is let go."""
        self._laid = np.empty((0, self._width), np.int64)

    def parts(self, first: int, last: int) -> Iterator[I64]:
        """Rows of the shares from ``first`` to before ``last``, those of each in the order in which they were put."""
        for start in self._starts:
            yield from self._spill.parts(int(start[first]), int(start[last] - start[first]))
