"""Events that are more than memory should hold: in a temporary file, first as they come, then shared out by who asks for them.

The file lies in the system's folder for such, never beside the evidence, has no name there, and is gone with whoever holds it.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable, Iterator
from io import RawIOBase

import numpy as np

from pcapscan.kernels import kernel
from pcapscan.tables import I64

WIDTH = 5
"""Numbers of an event: its kind, then what it is of its channel."""

_PART = 1 << 16
"""Events that are read at a time; they stay near."""

_BYTES = 8 * WIDTH


class Spill:
    """A file of events.

    Attributes
    ----------
    count : int
        How many it holds.
    """

    def __init__(self) -> None:
        self.count = 0
        self._file: RawIOBase = tempfile.TemporaryFile(prefix="pcapscan-", buffering=0)  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)

    def put(self, events: I64, at: int | None = None) -> None:
        """Write events behind the others, or where others would be."""
        at = self.count if at is None else at
        self._file.seek(at * _BYTES)
        rest = events.data.cast("B")
        while rest:  # an unbuffered file may take less than all
            rest = rest[self._file.write(rest) :]
        self.count = max(self.count, at + len(events))

    def parts(self, first: int = 0, count: int | None = None) -> Iterator[I64]:
        """Events from a place on; the array that was given is filled again with the next."""
        left = self.count - first if count is None else count
        buffer = np.empty((min(_PART, max(left, 1)), WIDTH), np.int64)
        view = buffer.data.cast("B")
        while left > 0:
            size, got = min(len(buffer), left) * _BYTES, 0
            self._file.seek(first * _BYTES)
            while got < size and (count_read := self._file.readinto(view[got:size])):
                got += count_read
            yield buffer[: got // _BYTES]
            if got < size:
                return
            first, left = first + got // _BYTES, left - got // _BYTES


@kernel("void(int64[:, ::1], int64[::1], int64[::1], int64[::1], int64[:, ::1])")
def share_out(events: I64, one: I64, other: I64, start: I64, laid: I64) -> None:
    """Lay events side by side that go to the same share, in the order in which they come.

    Parameters
    ----------
    events : int64[n, WIDTH]
        Column 0 is the kind.
    one, other : int64[g]
        Shares of each kind, -1 none; never the same.
    start : int64[s + 1]
        Filled: share ``i`` is ``laid[start[i]:start[i + 1]]``.
    laid : int64[2 * n, WIDTH]
        Filled.
    """
    start[:] = 0
    for i in range(events.shape[0]):
        a, b = one[events[i, 0]], other[events[i, 0]]
        if a >= 0:
            start[a + 1] += 1
        if b >= 0:
            start[b + 1] += 1
    for s in range(1, start.size):
        start[s] += start[s - 1]
    for i in range(events.shape[0]):
        for k in range(2):
            share = one[events[i, 0]] if k == 0 else other[events[i, 0]]
            if share >= 0:
                at = start[share]
                start[share] = at + 1
                for c in range(WIDTH):
                    laid[at, c] = events[i, c]
    for s in range(start.size - 1, 0, -1):  # each begin was moved to its end
        start[s] = start[s - 1]
    start[0] = 0


def shared(parts: Iterable[I64], one: I64, other: I64, sizes: I64) -> tuple[Spill, I64]:
    """Events by their shares, each whole in one place of a new file, and where it begins.

    Parameters
    ----------
    one, other
        As of :func:`share_out`.
    sizes : int64[s]
        Events of each share.
    """
    spill, begin = Spill(), np.append(0, np.cumsum(sizes)).astype(np.int64)
    at, start, laid = begin[:-1].copy(), np.empty(len(sizes) + 1, np.int64), np.empty((0, WIDTH), np.int64)
    for events in parts:
        if len(laid) < 2 * len(events):
            laid = np.empty((2 * len(events), WIDTH), np.int64)
        share_out(events, one, other, start, laid)
        for s in np.flatnonzero(np.diff(start)):
            some = laid[start[s] : start[s + 1]]
            spill.put(some, int(at[s]))
            at[s] += len(some)
    return spill, begin
