"""The door for captures: an input -> an iterator of :class:`~pcapscan.tables.RecordTable`, then an account of what was read.

A problem never ends in an exception once a header was read: what was read before it is kept, and
:meth:`CaptureReader.report` says what, where and how much.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pcapscan.errors import InputError
from pcapscan.findings import InputReport
from pcapscan.read.inputs import Input
from pcapscan.read.pcap import PcapWalker
from pcapscan.read.pcapng import PcapngWalker
from pcapscan.read.sniff import CAPTURES, sniff
from pcapscan.read.streams import Block, Blocks, Stream
from pcapscan.tables import RECORD, U8, RecordTable

BLOCK_BYTES = 2 << 20
"""Bytes a block: some thousand packets, a table of which is in work at each stage. Half as much hands over too often, twice as much holds more."""

_ROWS = 1 << 16


class Walker(Protocol):
    """What knows one capture format."""

    begin: int
    passing: int
    need: int
    broken: str

    @property
    def skipped(self) -> dict[str, int]:
        """Reason to count."""
        ...

    def walk(self, data: U8, lo: int, hi: int, base: int, number: int, rows: NDArray[np.void]) -> tuple[int, int, bool]:
        """Rows filled, where the next record stands, whether there may be more in these bytes."""
        ...

    def partial(self, data: U8, at: int, hi: int) -> str:
        """Say what a record that the end of the file cuts would have needed."""
        ...


class CaptureReader:
    """Iterates over the records of one capture, once.

    Attributes
    ----------
    stream : Stream
    kind : str
        ``pcap`` or ``pcapng``.
    """

    def __init__(self, stream: Stream, kind: str, block_bytes: int) -> None:
        self.stream, self.kind = stream, kind
        self._walker: Walker = PcapWalker(stream.head) if kind == "pcap" else PcapngWalker(stream.head)
        self._block_bytes = block_bytes
        self._records = 0
        self._first: int | None = None
        self._last: int | None = None
        self._errors: list[str] = []
        self._started = False

    def __iter__(self) -> Iterator[RecordTable]:
        """Tables of records in the order of the file; a table is readable until :data:`~pcapscan.read.streams.HELD` more are asked for."""
        if self._started:
            raise RuntimeError("a capture is read once")
        self._started = True
        blocks = self.stream.blocks(self._block_bytes)
        try:
            yield from self._tables(blocks)
            blocks.finish()
        finally:
            self.stream.close()

    def _tables(self, blocks: Blocks) -> Iterator[RecordTable]:
        block: Block | None = None
        at = hi = 0
        skip = self._walker.begin
        used = True
        while block is None or not block.last:
            block = blocks.next(block, hi - at, self._walker.need, used)
            at, hi = block.lo, block.hi
            step = min(skip, hi - at)
            at, skip = at + step, skip - step
            more, used = True, False
            while more and not self._walker.broken:
                rows = np.empty(min(_ROWS, (hi - at) // 16 + 1), RECORD)
                count, at, more = self._walker.walk(block.data, at, hi, block.base, self._records, rows)
                if count:
                    used = True
                    self._count(rows[:count])
                    yield RecordTable(rows[:count], block.data)
            if self._walker.broken:
                self._say(block.base + at, f"{self._walker.broken}; {self._kept()}, the rest of the file is not read")
                return
        if block.hi > at or self._walker.passing:
            self._say(block.base + at, f"{self._walker.partial(block.data, at, hi)}; {self._kept()}")

    def _count(self, rows: NDArray[np.void]) -> None:
        self._records += len(rows)
        times = rows["time_ns"]
        first, last = int(times.min()), int(times.max())
        self._first = first if self._first is None else min(first, self._first)
        self._last = last if self._last is None else max(last, self._last)

    def _kept(self) -> str:
        return f"{self._records} record{'' if self._records == 1 else 's'} kept"

    def _say(self, offset: int, problem: str) -> None:
        self._errors.append(f"record {self._records + 1} at byte {offset}: {problem}")

    def report(self, digest: bool = True) -> InputReport:
        """Account for what was read, what was not, and why; complete once the iteration has ended.

        Without ``digest`` nothing waits for the SHA-256, which ``stream.digest()`` tells later.
        """
        errors = list(self._errors)
        if self.stream.problem:
            errors.insert(0, f"{self.stream.problem}; {self._kept()}")
        return InputReport(
            path=self.stream.input.path,
            kind=self.kind,
            compression=self.stream.compression,
            sha256=self.stream.sha256() if digest else "",
            size=self.stream.size,
            first_ns=self._first,
            last_ns=self._last,
            records=self._records,
            skipped=self._walker.skipped,
            errors=tuple(errors),
        )

    def close(self) -> None:
        """Stop reading (before the end no digest is told)."""
        self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_capture(
    source: Input | Stream, *, block_bytes: int = BLOCK_BYTES, digest: bool = True, max_bytes: int | None = None
) -> CaptureReader:
    """Open a pcap or pcapng file, plain or compressed.

    Parameters
    ----------
    source : Input or Stream
        A :class:`Stream` was opened (and sniffed) by the caller; ``digest`` and ``max_bytes`` are then its own.
    block_bytes : int
        Bytes read at a time. Changes no answer.
    digest : bool
        Compute the SHA-256 of the bytes as they lie.
    max_bytes : int or None
        Bound on the uncompressed size. None: compressed inputs are bounded by their ratio only.

    Raises
    ------
    NotRecognised
        The bytes are no capture.
    InputError
        Nothing can be read at all.
    """
    stream = source if isinstance(source, Stream) else Stream(source, digest, max_bytes)
    try:
        kind = sniff(stream)
        if kind not in CAPTURES:
            raise InputError(stream.input.path, None, f"a {kind} input, not a capture")
        return CaptureReader(stream, kind, block_bytes)
    except BaseException:
        stream.close()
        raise
