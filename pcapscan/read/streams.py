"""An input as blocks of bytes in memory: read ahead on a thread, perhaps hashed there, handed over without a copy.

1. One thread opens nothing and judges nothing: it fills buffers that rotate (the GIL is free while it reads and hashes).
2. :meth:`Blocks.next` gives a block with what the walker left of the block before in front of it, so that a record never
   spans two blocks. The :data:`HELD` newest blocks are readable; the buffer of an older one is filled again.
3. Problems travel in :attr:`Stream.problem`; nothing is raised for content.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
from msgspec import Struct

from pcapscan.read.inputs import Input
from pcapscan.read.sources import BoundedSource, HeadSource, RawSource, Source, compression_of, decompressed, open_raw
from pcapscan.tables import U8

BLOCK_BYTES = 4 << 20
"""Bytes a block; large enough that a call costs nothing, small enough to stay in the cache between reading, walking and decoding."""

HEAD_BYTES = 1 << 16
"""Bytes that are looked at to tell what an input is."""

HELD = 3
"""Blocks that stay readable, the newest included: one is walked, one waits decoded, one is being folded into flows."""

_AHEAD, _AHEAD_HASHED = 3, 9
"""Blocks that may be read ahead. A reader that hashes is the slowest of all threads, and must not wait while the others' work comes in bursts;
one that does not is always ahead, and few blocks stay in the cache. Arbitrary, measured."""

_HEADROOM = 1 << 18


class Stream:
    """An opened input: its first bytes are known, the rest is read once.

    Attributes
    ----------
    input : Input
    compression : str
        A name of :data:`pcapscan.read.sources.COMPRESSIONS`; empty where plain.
    head : bytes
        The first (uncompressed) bytes, at most :data:`HEAD_BYTES`.
    whole : bool
        Whether ``head`` is all there is.
    """

    def __init__(self, source: Input, digest: bool = True, max_bytes: int | None = None, raw: RawSource | None = None) -> None:
        self.input = source
        self._raw = open_raw(source, digest) if raw is None else raw
        magic = _first(self._raw, 18)
        self.compression = compression_of(magic)
        below = decompressed(HeadSource(magic, self._raw), self.compression)
        self._source = BoundedSource(below, self._raw, bool(self.compression), max_bytes)
        self.head = _first(self._source, HEAD_BYTES)
        self.whole = len(self.head) < HEAD_BYTES and (self._raw.done or bool(self.compression))
        self._rest: Source = HeadSource(self.head, self._source)
        self._blocks: Blocks | None = None

    @property
    def problem(self) -> str:
        """What ended the stream early; empty where it ended well (or has not ended)."""
        return self._source.problem

    @property
    def too_large(self) -> bool:
        """Whether a bound ended the stream."""
        return self._source.too_large

    @property
    def size(self) -> int:
        """Bytes as they lie, read so far."""
        return self._raw.size

    def sha256(self) -> str:
        """Digest of the bytes as they lie, once that is known; empty where the end was not reached."""
        return self._raw.sha256()

    @property
    def digest(self) -> Callable[[], str]:
        """What :meth:`sha256` says, of a stream that need not be kept."""
        return self._raw.sha256

    def blocks(self, block_bytes: int = BLOCK_BYTES, drain: bool = True) -> Blocks:
        """Start reading ahead.

        Parameters
        ----------
        block_bytes : int
            Size of a block, any positive number.
        drain : bool
            When the walker stops early, read a regular file to its end nevertheless, for its digest.
        """
        self._raw.whole()
        self._blocks = Blocks(self._rest, self._raw, block_bytes, drain)
        return self._blocks

    def close(self) -> None:
        """End the thread, if any, and close the file."""
        if self._blocks is not None:
            self._blocks.close()
            if self._blocks.busy():
                return  # blocked in a read that nobody will end; the thread dies with the process
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _first(source: Source, most: int) -> bytes:
    """Up to ``most`` first bytes; of a live stream what comes until it ends or the measure is full."""
    room = memoryview(bytearray(most))
    got = 0
    while got < most and (count := source.readinto(room[got:])):
        got += count
    return bytes(room[:got])


class Block(Struct, frozen=True):
    """Some bytes of a stream.

    Attributes
    ----------
    data : uint8[hi]
        A buffer; the block is ``data[lo:hi]``.
    lo, hi : int
    base : int
        Offset in the (uncompressed) stream of ``data[0]`` (may be negative: the headroom lies before the stream's beginning).
    last : bool
        Whether the stream ends here.
    """

    data: U8
    lo: int
    hi: int
    base: int
    last: bool


class Blocks:
    """The read-ahead thread and its rotating buffers."""

    def __init__(self, source: Source, raw: RawSource, block_bytes: int, drain: bool) -> None:
        if block_bytes < 1:
            raise ValueError("a block holds at least one byte")
        self._source, self._raw, self._drain = source, raw, drain
        self._headroom = min(_HEADROOM, max(64, 16 * block_bytes))
        self._free: queue.SimpleQueue[U8 | None] = queue.SimpleQueue()
        self._full: queue.SimpleQueue[tuple[U8 | None, int]] = queue.SimpleQueue()
        for _ in range(HELD + (_AHEAD_HASHED if raw.hashes else _AHEAD)):
            self._free.put(np.empty(self._headroom + block_bytes, np.uint8))
        self._held: deque[U8] = deque()
        self._read = 0
        self._over = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._fill, name="pcapscan-read", daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        try:
            while (buffer := self._free.get()) is not None:
                got = _fill_up(self._source, memoryview(cast("Any", buffer))[self._headroom :], self._raw.regular)
                self._full.put((buffer, got))
                if not got:
                    return
        except BaseException as failure:
            self._failure = failure
            self._full.put((None, 0))
        finally:
            if self._drain and self._failure is None:
                self._raw.drain()

    def next(self, block: Block | None = None, left: int = 0, need: int = 0, used: bool = True) -> Block:
        """Give the next block.

        Parameters
        ----------
        block : Block or None
            The block before, whose buffer may now be filled again.
        left : int
            Bytes at its end that the walker could not use yet; they stand at the beginning of the next.
        need : int
            How many bytes the walker needs from there on, if it knows: so many are gathered at once.
        used : bool
            Whether somebody may still read the block before. One that nobody reads does not age those that are read.
        """
        parts: list[U8] = [block.data[block.hi - left : block.hi]] if block is not None and left else []
        size, start = left, self._read - left
        fresh: list[U8] = []
        while not self._over:
            buffer, got = self._full.get()
            if self._failure is not None:
                self._over = True
                raise self._failure
            if buffer is None or not got:
                self._over = True
                break
            self._read += got
            if size + got >= need and not fresh and left <= self._headroom:
                return self._joined(buffer, got, parts, start, block if not used else None)
            fresh.append(buffer[self._headroom : self._headroom + got].copy())
            self._free.put(buffer)
            size += got
            if size >= need:
                break
        data = np.concatenate([*parts, *fresh]) if parts or fresh else np.empty(0, np.uint8)
        self._release(None, block if not used else None)
        return Block(data, 0, len(data), start, self._over)

    def _joined(self, buffer: U8, got: int, parts: list[U8], start: int, unused: Block | None) -> Block:
        """Copy what was left into the room in front of the fresh bytes."""
        lo = self._headroom
        if parts:
            lo -= len(parts[0])
            buffer[lo : self._headroom] = parts[0]
        self._release(buffer, unused)
        return Block(buffer, lo, self._headroom + got, start - lo, False)

    def _release(self, held: U8 | None, unused: Block | None) -> None:
        """Keep the newest buffers readable, give back the one nobody reads, else the oldest."""
        if unused is not None and self._held and self._held[-1] is unused.data:
            self._free.put(self._held.pop())
        if held is not None:
            self._held.append(held)
        if len(self._held) > HELD:
            self._free.put(self._held.popleft())

    def finish(self) -> None:
        """Nothing more is wanted: wait until the digest of a regular file is complete."""
        self._over = True
        self._free.put(None)
        if self._raw.regular:
            self._thread.join()

    def busy(self) -> bool:
        """Whether the thread still reads."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Nothing more is wanted, not even the digest."""
        self._drain = False
        self._raw.abandoned = True
        self._over = True
        self._free.put(None)
        self._thread.join(timeout=1.0)


def _fill_up(source: Source, view: memoryview, wait: bool) -> int:
    """Fill ``view``; from a live stream only what one read gives."""
    got = 0
    while got < len(view) and (count := source.readinto(view[got:])):
        got += count
        if not wait and got >= 1 << 16:
            break
    return got
