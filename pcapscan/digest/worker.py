"""The process that hashes a file beside the one that reads it. Started as a script: it knows nothing of the package.

Descriptor 3 is the file. Orders come on standard input, each an :data:`ORDER`: how many bytes the reader has read, with :data:`ENDED`
and :data:`HURRY`. Answers go to standard output, each an :data:`ANSWER`: how many bytes are hashed, and their digest once that is all.

Hashing has the time that nobody else wants, where a thread can be told so. On a machine whose every core is wanted there is none, so
in a hurry the main thread, whose priority is as it was, goes on with it.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from contextlib import suppress

ORDER, ENDED, HURRY = struct.Struct("<qB"), 1, 2
ANSWER = struct.Struct("<q32s")

APART = 512 << 20
"""Bytes that reader and hashing may be apart: what one of them read as lately lies in the system's cache for the other. Arbitrary."""

BEHIND = 384 << 20
"""Bytes from which hashing is hurried: no core has time for it, and the report would wait the longer. Arbitrary; some tenths of a second."""

TELL = 32 << 20
"""Bytes after which either tells the other how far it is; arbitrary."""

_PIECE = 1 << 18


class Worker:
    """Hashes as it is ordered.

    Parameters
    ----------
    file, answers : int
        Descriptors.
    """

    def __init__(self, file: int, answers: int) -> None:
        import hashlib  # here, since who starts this loads it for its orders' form

        self._file, self._answers = file, answers
        self._hash = hashlib.sha256()
        self._buffer = memoryview(bytearray(_PIECE))
        self._hashed = self._told = self._read = self._flags = 0
        self._dry = self._hurried = self.over = False
        self._change = threading.Condition()
        self._turn = threading.Lock()

    def order(self, read: int, flags: int) -> None:
        """The reader is so far; in a hurry, all of that is hashed and said before anything else is done."""
        with self._change:
            self._read, self._flags, self._dry, self._hurried = read, flags, False, bool(flags & HURRY)
            self._change.notify()
        if flags & HURRY:
            while not self.over and (self._hashed < read or self._complete()):
                self._step()
            with self._turn, self._change:
                self._answer(asked=True)
                self._hurried = False
                self._change.notify()

    def follow(self) -> None:
        """Hash what may be hashed, in the time that is left; not in a hurry, when a turn of this thread could last."""
        if hasattr(os, "SCHED_IDLE"):
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # of this thread alone
        while not self.over:
            with self._change:
                self._change.wait_for(lambda: self.over or (not self._hurried and (self._room() > 0 or self._complete())))
            self._step()

    def _room(self) -> int:
        """Bytes that may be hashed: those that were read, and while more are, up to the end of the file, some beyond them."""
        return self._read - self._hashed + (0 if self._dry or self._flags & ENDED else APART)

    def _complete(self) -> bool:
        return bool(self._flags & ENDED) and self._hashed >= self._read

    def _step(self) -> None:
        """Hash a piece, where there is something to hash when the turn has come."""
        with self._turn:
            if not self.over and (most := min(self._room(), _PIECE)) > 0:
                got = os.preadv(self._file, [self._buffer[:most]], self._hashed)
                self._hash.update(self._buffer[:got])
                self._hashed += got
                self._dry = not got
            self._answer()

    def _answer(self, asked: bool = False) -> None:
        """Say how far it is, in the end with the digest; a file that has fewer bytes now than were read ends, too."""
        last = self._complete() or (self._dry and self._hashed < self._read)
        if not self.over and (last or asked or self._hashed - self._told >= TELL):
            self.over, self._told = last, self._hashed
            os.write(self._answers, ANSWER.pack(self._hashed, self._hash.digest() if last else b""))


def main() -> None:
    """Obey until the reader is gone."""
    worker = Worker(3, 1)
    threading.Thread(target=worker.follow, daemon=True).start()
    while order := os.read(0, ORDER.size):
        worker.order(*ORDER.unpack(order))


if __name__ == "__main__":
    try:
        main()
    except (OSError, KeyboardInterrupt):
        sys.exit(1)
