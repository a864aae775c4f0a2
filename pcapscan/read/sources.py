"""Bytes as they lie on disk -> uncompressed bytes: opening, hashing, decompressing, with bounds.

A *source* answers ``readinto(view) -> int``, 0 at its end, and never raises for bad content: what went wrong stands in
``problem`` (an empty string while all is well), after every byte before the fault was given out. All of this runs on the
read-ahead thread of :mod:`pcapscan.read.streams`.
"""

from __future__ import annotations

import bz2
import lzma
import os
import select
import stat
import sys
from collections.abc import Callable
from typing import IO, Any, Protocol, cast

import lz4.frame
import zstandard
from isal import igzip_lib

from pcapscan.digest import Digest, Passing, taken
from pcapscan.errors import InputError
from pcapscan.read.inputs import STDIN, Input

COMPRESSIONS: tuple[tuple[str, bytes], ...] = (
    ("gzip", b"\x1f\x8b\x08"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("lz4", b"\x04\x22\x4d\x18"),
    ("bzip2", b"BZh"),
    ("xz", b"\xfd7zXZ\x00"),
)
"""Compressed streams by their first bytes: RFC 1952 2.3.1, RFC 8878 3.1.1, the LZ4 frame format, bzip2, the .xz format 2.1.1.1."""

FIFO_PATIENCE_S = 10.0
"""How long a named FIFO is waited for before it is said that nobody writes to it."""

BOMB_FLOOR = 1 << 30
BOMB_RATIO = 250
"""A compressed input may grow freely up to the floor (bytes), beyond it at most by this ratio. Real captures stay below 50, repetitive
logs near 100; a gzip bomb has 1000."""

_PIECE = 1 << 18
_STEP = 1 << 17
_SLICE = 1 << 15
_ISAL_ERROR: Any = igzip_lib.error


class Source(Protocol):
    """What gives out bytes."""

    @property
    def problem(self) -> str:
        """What went wrong; empty while all is well."""
        ...

    def readinto(self, view: memoryview) -> int:
        """Fill ``view`` from its start; how many bytes, 0 at the end."""
        ...


class RawSource:
    """The bytes as they lie, hashed as they pass, or by a process beside.

    Attributes
    ----------
    size : int
        Bytes given out so far.
    """

    def __init__(self, file: IO[bytes], digest: bool) -> None:
        self._file: Any = file
        self._digest: Digest | None = Passing() if digest else None
        self.size = 0
        self.problem = ""
        self.done = False
        self.abandoned = False
        self.regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)

    @property
    def hashes(self) -> bool:
        """Whether bytes are hashed as they pass."""
        return isinstance(self._digest, Passing)

    def whole(self) -> None:
        """All of it will be read: a process may hash it beside that."""
        if self._digest is not None and self.regular and (process := taken(self._file.fileno(), self.size)):
            self._digest = process

    def readinto(self, view: memoryview) -> int:
        """Fill ``view`` as far as the file goes; short only at its end."""
        got = 0
        while got < len(view) and not self.done and not self.abandoned:
            try:
                count = self._file.readinto(view[got:])
            except OSError as error:
                self.problem = f"cannot be read further: {error.strerror or error}"
                count = 0
            if not count:
                self.done = True
                break
            if self._digest is not None:
                self._digest.passed(view[got : got + count])
            got += count
            if not self.regular and got >= 1 << 16:
                break  # a live stream is passed on before a whole block has gathered
        self.size += got
        return got

    def drain(self) -> None:
        """Read a regular file to its end for the digest of the whole, though its content is no longer wanted."""
        scratch = memoryview(bytearray(1 << 20))
        while self._digest is not None and self.regular and not self.done and not self.abandoned:
            self.readinto(scratch)

    def sha256(self) -> str:
        """Hex digest; empty where none was asked for or the end was not reached."""
        return self._digest.hexdigest() if self._digest is not None and self.done and not self.problem else ""

    def close(self) -> None:
        """Close the file; its digest may still be in work where its end was reached."""
        if self._digest is not None:
            self._digest.end() if self.done and not self.problem else self._digest.abandon()
        self._file.close()


class HeadSource:
    """A source whose first bytes were looked at already."""

    def __init__(self, head: bytes, rest: Source) -> None:
        self._head, self._at, self._rest = head, 0, rest

    @property
    def problem(self) -> str:
        """The problem of the rest, once the head has been given out."""
        return self._rest.problem if self._at == len(self._head) else ""

    def readinto(self, view: memoryview) -> int:
        """Give the head, then the rest."""
        if self._at < len(self._head):
            count = min(len(view), len(self._head) - self._at)
            view[:count] = self._head[self._at : self._at + count]
            self._at += count
            return count
        return self._rest.readinto(view)


class _Member(Protocol):
    """One stream of a concatenation, as :mod:`bz2`, :mod:`lzma`, lz4 and isal decompress it."""

    eof: bool
    needs_input: bool
    unused_data: bytes | None

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most ``max_length`` bytes more."""
        ...


class MemberSource:
    """gzip, bzip2, xz or lz4, any number of streams end to end, in steps of bounded size."""

    def __init__(self, raw: Source, name: str, magic: bytes, new: Callable[[], Any]) -> None:
        self._raw, self._name, self._magic, self._new = raw, name, magic, new
        self._member: _Member | None = new()
        self._piece = memoryview(bytearray(_PIECE))
        self._at = self._end = 0
        self.problem = ""

    def readinto(self, view: memoryview) -> int:
        """Decompressed bytes; a truncated or broken stream gives what came before the fault."""
        while self._member is not None:
            member = self._member
            if member.eof:
                self._at -= len(member.unused_data or b"")
                self._next()
                continue
            data = self._slice() if member.needs_input else b""
            if not data and member.needs_input:
                self._stop(f"the {self._name} stream is cut: its end is missing")
                break
            out = self._decompress(member, data, min(len(view), _STEP))
            if out:
                view[: len(out)] = out
                return len(out)
        return 0

    def _slice(self) -> bytes:
        """Take the next compressed bytes, few enough that a stream of some bytes costs no copy of much."""
        if self._at == self._end:
            self._at, self._end = 0, self._raw.readinto(self._piece)
        data = bytes(self._piece[self._at : min(self._end, self._at + _SLICE)])
        self._at += len(data)
        return data

    def _decompress(self, member: _Member, data: bytes, most: int) -> bytes:
        try:
            return member.decompress(data, max_length=most)
        except (OSError, EOFError, ValueError, RuntimeError, MemoryError, lzma.LZMAError, _ISAL_ERROR) as error:
            self._stop(f"the {self._name} stream is broken: {error}")
            return b""

    def _next(self) -> None:
        """Start the stream that follows; padding by zeros ends the input, anything else is said."""
        rest = b""
        while len(rest) < len(self._magic) and (more := self._slice()):
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            self._stop("", bad=False)
        elif rest.startswith(self._magic):
            self._rewind(rest)
            self._member = self._new()
        else:
            self._stop(f"what follows the {self._name} stream is not {self._name}: ignored")

    def _rewind(self, rest: bytes) -> None:
        """Put bytes back in front of the piece (they may have come from two)."""
        if self._at >= len(rest):
            self._at -= len(rest)
        else:
            joined = rest + bytes(self._piece[self._at : self._end])
            self._piece = memoryview(bytearray(joined + bytes(max(0, _PIECE - len(joined)))))
            self._at, self._end = 0, len(joined)

    def _stop(self, problem: str, bad: bool = True) -> None:
        self._member = None
        self.problem = self._raw.problem or (problem if bad else "")


class ZstdSource:
    """Zstandard, any number of frames; the frame's own block headers tell whether the end was reached."""

    def __init__(self, raw: Source) -> None:
        self._walk = _FrameWalk(raw)
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        self._reader = decompressor.stream_reader(cast("Any", self._walk), read_across_frames=True, read_size=_PIECE, closefd=False)
        self._over = False
        self.problem = ""

    def readinto(self, view: memoryview) -> int:
        """Decompressed bytes; a truncated or broken frame gives what came before the fault."""
        if self._over:
            return 0
        try:
            count = self._reader.readinto(view[:_STEP])
        except (zstandard.ZstdError, MemoryError) as error:
            count = 0
            self.problem = f"the zstd stream is broken: {error}"
        if not count:
            self._over = True
            if not self.problem:
                self.problem = self._walk.verdict()
        return int(count)


class _FrameWalk:
    """File for the decompressor that follows frames and blocks as they pass (RFC 8878, section 3.1.1)."""

    def __init__(self, raw: Source) -> None:
        self._raw = raw
        self._piece = memoryview(bytearray(_PIECE))
        self._skip = 0  # bytes of a block or a skippable frame still to pass
        self._part = b""  # a header that is not whole yet
        self._state = "frame"
        self._checksum = False
        self._known = True

    def read(self, size: int = -1) -> bytes:
        """Raw bytes, looked at."""
        count = self._raw.readinto(self._piece[: size if 0 < size <= _PIECE else _PIECE])
        data = bytes(self._piece[:count])
        self._follow(data)
        return data

    def verdict(self) -> str:
        """Say what is wrong at the end; empty where a frame was whole."""
        whole = self._state == "frame" and not self._part and not self._skip
        return self._raw.problem or ("" if whole or not self._known else "the zstd stream is cut: its end is missing")

    def _follow(self, data: bytes) -> None:
        at = 0
        while self._known and (at < len(data) or (self._state == "block" and self._part)):
            if self._skip:
                step = min(self._skip, len(data) - at)
                if not step:
                    return
                self._skip -= step
                at += step
                continue
            need = self._need()
            take = data[at : at + need - len(self._part)]
            self._part += take
            at += len(take)
            if len(self._part) < self._need():
                if at >= len(data):
                    return
                continue
            header, self._part = self._part, b""
            self._header(header)

    def _need(self) -> int:
        if self._state == "block":
            return 3
        if len(self._part) < 5:
            return 5
        if self._part[1:4] == b"\x2a\x4d\x18" and self._part[0] & 0xF0 == 0x50:
            return 8
        flag = self._part[4]
        fields = (1, 2, 4, 8)[flag >> 6] if flag >> 6 or flag & 0x20 else 0
        return 5 + (0 if flag & 0x20 else 1) + (0, 1, 2, 4)[flag & 3] + fields

    def _header(self, header: bytes) -> None:
        if self._state == "block":
            word = int.from_bytes(header, "little")
            self._skip = 1 if (word >> 1) & 3 == 1 else word >> 3
            if word & 1:
                self._skip += 4 if self._checksum else 0
                self._state = "frame"
        elif header[:4] == b"\x28\xb5\x2f\xfd":
            self._checksum, self._state = bool(header[4] & 4), "block"
        elif header[1:4] == b"\x2a\x4d\x18":
            self._skip = int.from_bytes(header[4:8], "little")
        else:
            self._known = False  # not a frame: the decompressor says so itself


class BoundedSource:
    """Stops an input that grows beyond its bound."""

    def __init__(self, source: Source, raw: RawSource, compressed: bool, max_bytes: int | None) -> None:
        self._source, self._raw, self._compressed, self._max = source, raw, compressed, max_bytes
        self.size = 0
        self.too_large = False
        self._word = ""

    @property
    def problem(self) -> str:
        """The bound that was hit, or the problem of what lies below."""
        return self._word or self._source.problem

    def readinto(self, view: memoryview) -> int:
        """Bytes up to the bound."""
        if self.too_large:
            return 0
        room = len(view) if self._max is None else min(len(view), self._max - self.size + 1)
        count = self._source.readinto(view[:room])
        self.size += count
        if self._max is not None and self.size > self._max:
            self.too_large, self._word = True, f"larger than the bound of {self._max} bytes"
            count -= self.size - self._max
            self.size = self._max
        elif self._compressed and self.size > BOMB_FLOOR and self.size > BOMB_RATIO * self._raw.size:
            self.too_large = True
            self._word = f"{self._raw.size} compressed bytes grew to {self.size}: taken for an archive bomb (--max-bytes to set a bound)"
        return count


def decompressed(raw: Source, compression: str) -> Source:
    """Make the source that undoes ``compression`` (a name of :data:`COMPRESSIONS`, or empty)."""
    if compression == "zstd":
        return ZstdSource(raw)
    makers: dict[str, Callable[[], Any]] = {
        "gzip": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
        "bzip2": bz2.BZ2Decompressor,
        "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=1 << 29),
        "lz4": lz4.frame.LZ4FrameDecompressor,
    }
    if compression in makers:
        return MemberSource(raw, compression, dict(COMPRESSIONS)[compression], makers[compression])
    return raw


def compression_of(head: bytes) -> str:
    """Name of the compression by the first bytes; empty where there is none."""
    if head[:1] and 0x50 <= head[0] <= 0x5F and head[1:4] == b"\x2a\x4d\x18":
        return "zstd" if b"\x28\xb5\x2f\xfd" in head or b"\x04\x22\x4d\x18" not in head else "lz4"
    return next((name for name, magic in COMPRESSIONS if head.startswith(magic)), "")


def open_raw(source: Input, digest: bool) -> RawSource:
    """Open an input read-only.

    Raises
    ------
    InputError
        It cannot be opened, is a folder, or is a FIFO that nobody writes to.
    """
    if source.problem:
        raise InputError(source.path, None, source.problem)
    try:
        if source.path == STDIN:
            return RawSource(open(sys.stdin.fileno(), "rb", buffering=0, closefd=False), digest)
        # Without O_NONBLOCK, opening a FIFO waits for a writer that may never come.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(source.path, flags)
    except (OSError, ValueError) as error:
        raise InputError(source.path, None, f"cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise InputError(source.path, None, "a folder, not a file")
        if stat.S_ISFIFO(mode) and not _written_to(descriptor):
            raise InputError(source.path, None, f"a FIFO that nobody wrote to within {FIFO_PATIENCE_S:g} s")
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        return RawSource(open(descriptor, "rb", buffering=0), digest)  # noqa: PTH123 - a descriptor, closed by the stream
    except BaseException:
        os.close(descriptor)
        raise


def _written_to(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(FIFO_PATIENCE_S * 1000))
