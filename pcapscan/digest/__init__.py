"""SHA-256 of an input's bytes as they lie: as they pass, or in a process of its own beside their reader.

Hashing costs more than anything else that is done to a capture, and its answer is needed last, in the report. So the command line
says which files will be read (:func:`expect`), before it loads anything else, and the large ones are hashed by a process
(:mod:`pcapscan.digest.worker`), which shares no lock with the reader and takes the time that a core has left. The next one begins when
the one before it begins to be read; whatever ended before that is waited for, so that few processes run at a time. Whoever
does not say so, and every small file and live stream, has its bytes hashed as they pass.

This is loaded first of all, and what a command would wait for with it (pathlib, signal, hashlib) where it is needed.
"""

from __future__ import annotations

import os
import select
import stat
import threading
from collections.abc import Iterable
from contextlib import suppress

from pcapscan.digest import worker
from pcapscan.digest.worker import ANSWER, APART, BEHIND, ENDED, HURRY, ORDER, TELL
from pcapscan.machine import cores, interpreter

LARGE = 64 << 20
"""Files of fewer bytes are hashed as they pass; arbitrary, some times what starting a process costs."""

PATIENCE_S = 60.0
"""How long a process that was asked may say nothing; it tells of every 32 MB. Arbitrary, for the slowest of disks."""


class Passing:
    """Hashes bytes as they pass."""

    def __init__(self) -> None:
        import hashlib

        self._hash = hashlib.sha256()

    def passed(self, view: memoryview) -> None:
        """Hash these."""
        self._hash.update(view)

    def end(self) -> None:
        """Nothing is left to do."""

    def hexdigest(self) -> str:
        """Of all that passed."""
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Nothing is left to do."""


class Beside:
    """Has a regular file hashed by a process beside its reader, who begins at its first byte.

    Parameters
    ----------
    descriptor : int
        Of the file; it may be closed at any time.

    Raises
    ------
    OSError
        No process can be started.
    """

    def __init__(self, descriptor: int) -> None:
        self._read = self._told = self._hashed = self._process = 0
        self._digest: str | None = None
        self.ended, self._asked = False, threading.Lock()
        self._file = self._orders = self._answers = orders = answers = -1
        self._alive = True
        try:
            self._file = os.dup(descriptor)
            self._written_ns = os.fstat(descriptor).st_mtime_ns
            orders, self._orders = os.pipe()
            self._answers, answers = os.pipe()
            self._process = _started(self._file, orders, answers)
        except BaseException:
            self.abandon()
            raise
        finally:
            for own in (orders, answers):
                if own >= 0:
                    os.close(own)

    def passed(self, view: memoryview) -> None:
        """Note these; where hashing is behind, hurry it, and where it is far behind, wait for it."""
        self.count(len(view))

    def count(self, read: int) -> None:
        """So many more bytes were read."""
        self._read += read
        if self._read - self._told < TELL:
            return
        self._order(HURRY if self._read - self._hashed > BEHIND else 0)
        while self._alive and self._read - self._hashed > APART:
            self._listen()

    def end(self) -> None:
        """No more bytes will pass."""
        self._order(ENDED)
        self.ended = True

    def hexdigest(self) -> str:
        """Wait for the process; where that died, or the file was written to meanwhile, hash here.

        Empty where the file has fewer bytes now than were read, or cannot be read any more.
        """
        with self._asked:
            if self._file >= 0:
                if self._digest is None:
                    self._order(ENDED | HURRY)
                while self._alive:
                    self._listen()
                if self._digest is None or self.changed():
                    self._digest = self._again()
                self.abandon()
        return self._digest or ""

    def changed(self) -> bool:
        """Whether the file was written to since this began."""
        return os.fstat(self._file).st_mtime_ns != self._written_ns

    def abandon(self) -> None:
        """Nobody will ask."""
        self._part()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _order(self, flags: int) -> None:
        self._told = self._read
        with suppress(OSError):  # a process that died is noticed where it should answer
            if self._alive:
                os.write(self._orders, ORDER.pack(self._read, flags))
        while self._alive and self._hears(0):
            self._listen()

    def _hears(self, seconds: float) -> bool:
        """Whether there is an answer within some seconds, or the process has died."""
        poll = select.poll()
        poll.register(self._answers, select.POLLIN | select.POLLHUP)
        return bool(poll.poll(seconds * 1000))

    def _listen(self) -> None:
        """Take an answer, when it comes; none will where the process has died, and one that says nothing for long is let go."""
        if not self._hears(PATIENCE_S):
            from signal import SIGKILL

            with suppress(OSError):
                os.kill(self._process, SIGKILL)
            self._part()
            return
        answer = os.read(self._answers, ANSWER.size)
        last = len(answer) != ANSWER.size
        if not last:
            self._hashed, digest = ANSWER.unpack(answer)
            if (last := any(digest)) and self._hashed == self._read:
                self._digest = digest.hex()
        if last:
            self._part()

    def _part(self) -> None:
        """Let the process go, which ends when its orders do."""
        if self._alive:
            self._alive = False
            for own in (self._orders, self._answers):
                if own >= 0:
                    os.close(own)
            if self._process:
                _ending.add(self._process)
            _reap()

    def _again(self) -> str:
        """Hash what was read, in this process."""
        import hashlib

        seen, left, piece = hashlib.sha256(), self._read, memoryview(bytearray(1 << 20))
        with suppress(OSError):
            while left and (got := os.preadv(self._file, [piece[: min(left, len(piece))]], self._read - left)):
                seen.update(piece[:got])
                left -= got
        return "" if left else seen.hexdigest()


Digest = Passing | Beside
"""What makes a SHA-256 of what its reader reads."""

_ending: set[int] = set()


def _reap() -> None:
    """Let the system forget processes that were let go and have ended."""
    for process in list(_ending):
        try:
            ended = os.waitpid(process, os.WNOHANG)[0] != 0
        except OSError:  # it is forgotten already
            ended = True
        if ended:
            _ending.discard(process)


def _started(file: int, orders: int, answers: int) -> int:
    """Start the process; its number."""
    if min(file, orders, answers) <= 3:
        raise OSError("a standard stream is closed")
    actions = [
        (os.POSIX_SPAWN_DUP2, orders, 0), (os.POSIX_SPAWN_DUP2, answers, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, file, 3),
    ]  # fmt: skip
    python = interpreter()
    return os.posix_spawn(python, [python, "-I", "-S", worker.__file__], os.environ, file_actions=actions)


class _Expected:
    """Files that will be read, and those of them that are hashed already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: list[str] = []
        self._begun: dict[tuple[int, int] | None, Beside] = {}
        self._known: set[tuple[int, int] | None] = set()
        self._taken: list[Beside] = []

    def expect(self, paths: Iterable[str]) -> None:
        """Begin with the first large one, if none of them has begun; let those go that are not among them."""
        with self._lock:
            self._paths = list(paths)[::-1]
            if self._begun:
                for identity in self._begun.keys() - {_identity(path) for path in self._paths}:
                    self._begun.pop(identity).abandon()
            if not self._begun:
                self._begin_next()

    def take(self, descriptor: int, read: int) -> Beside | None:
        """What hashes a file, for its one reader; the next large one begins, when those that ended before the last are done."""
        if os.fstat(descriptor).st_size < LARGE:
            return None
        with self._lock:
            if not (self._paths or self._begun):
                return None
            identity = _identity(descriptor)
            self._known.add(identity)
            found = self._begun.pop(identity, None)
            ended = [one for one in self._taken if one.ended][:-1]
            self._taken = [one for one in self._taken if one not in ended] + ([] if found is None else [found])
        for one in ended:
            one.hexdigest()
        with self._lock:
            self._begin_next()
        if found is not None and (os.lseek(descriptor, 0, os.SEEK_CUR) != read or found.changed()):
            found.abandon()  # a stream that did not begin at the file's first byte, or a file that was written to since
            return None
        if found is not None:
            found.count(read)
        return found

    def _begin_next(self) -> None:
        while self._paths:
            with suppress(OSError, ValueError):  # of the file, whose reader will say so; or no process can be started
                if self._begin(self._paths.pop()):
                    return

    def _begin(self, path: str) -> bool:
        found = os.stat(path)  # noqa: PTH116 - see above
        if not stat.S_ISREG(found.st_mode) or found.st_size < LARGE:
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if (identity := _identity(descriptor)) in self._known:
                return False
            self._known.add(identity)
            self._begun[identity] = Beside(descriptor)
            return True
        finally:
            os.close(descriptor)


def _identity(file: str | int) -> tuple[int, int] | None:
    """What tells a file from all others; None where there is none."""
    try:
        found = os.stat(file)  # noqa: PTH116 - a descriptor, too
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


_expected = _Expected()


def expect(paths: Iterable[str]) -> None:
    """Say which files are going to be read, in this order, by the process that this interpreter was started for; what was said before is void.

    Nothing happens where there is one core only, or no way to start a process that shares nothing but a file.
    """
    if cores() > 1 and interpreter() and _SPAWNS and os.path.isfile(worker.__file__):  # noqa: PTH113 - see above
        _expected.expect(paths)


_SPAWNS = hasattr(os, "posix_spawn") and hasattr(os, "preadv")


def taken(descriptor: int, read: int) -> Beside | None:
    """What hashes an open file of which so many bytes were read, all from its first; None where nothing does (any more)."""
    return _expected.take(descriptor, read)
