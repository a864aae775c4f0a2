"""The door for Zeek logs: an input -> tables of conn rows and of rows of other logs, then an account of what was read.

1. Headers are read where they stand: a file may hold several, of one log or of many, with columns in any order.
2. Whole lines go to two threads that run kernels; the order of the tables is the order of the file.
3. Nothing ends in an exception once the stream was opened: what cannot be read is counted, its first line said.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pcapscan.errors import InputError
from pcapscan.findings import InputReport
from pcapscan.read.inputs import Input
from pcapscan.read.sniff import ZEEK, sniff
from pcapscan.read.streams import BLOCK_BYTES, HELD, Block, Blocks, Stream
from pcapscan.read.zeek_fields import log_name, log_of_fields
from pcapscan.read.zeek_rows import Ledger, Parsed, Segment, Services, parse
from pcapscan.tables import U8, ZeekConnTable, ZeekLogTable

if TYPE_CHECKING:
    from concurrent.futures import Future

MAX_LINE = 8 << 20
"""Longest line that is read (bytes); a longer one is said and passed over."""

_THREADS = 2
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")


class Header(Struct):
    """What the ``#`` lines of a TSV log said last."""

    separator: bytes = b"\t"
    unset: bytes = b"-"
    empty: bytes = b"(empty)"
    path: str = ""
    fields: tuple[str, ...] = ()

    @property
    def log(self) -> str:
        """Name of the log."""
        return log_name(self.path) or log_of_fields(set(self.fields))


class ZeekReader:
    """Iterates over the tables of one log file, once.

    Attributes
    ----------
    stream : Stream
    kind : str
        ``zeek-tsv`` or ``zeek-json``.
    logs : dict
        Rows read of each log.
    """

    def __init__(self, stream: Stream, kind: str, block_bytes: int) -> None:
        self.stream, self.kind, self._block_bytes = stream, kind, block_bytes
        self._header = Header()
        self._ledger = Ledger()
        self._services = Services()
        self._line = 0
        self._block = 0
        self._pending: deque[tuple[int, Future[Parsed]]] = deque()
        self._started = False
        self._errors: list[str] = []
        self._headless: tuple[int, int] | None = None

    @property
    def logs(self) -> dict[str, int]:
        """Rows read of each log."""
        return dict(self._ledger.logs)

    def __iter__(self) -> Iterator[ZeekConnTable | ZeekLogTable]:
        """Tables of rows in the order of the file; they share nothing with the reader's buffers."""
        if self._started:
            raise RuntimeError("a log is read once")
        self._started = True
        from concurrent.futures import ThreadPoolExecutor  # who reads captures does not wait for it

        blocks = self.stream.blocks(self._block_bytes)
        try:
            with ThreadPoolExecutor(_THREADS, "pcapscan-zeek") as pool:
                for segment in self._segments(blocks):
                    self._pending.append((self._block, pool.submit(parse, segment)))
                    while len(self._pending) > _THREADS:
                        yield from self._done(self._pending.popleft()[1])
                while self._pending:
                    yield from self._done(self._pending.popleft()[1])
            blocks.finish()
        finally:
            self.stream.close()

    def _done(self, future: Future[Parsed]) -> Iterator[ZeekConnTable | ZeekLogTable]:
        parsed = future.result()
        self._ledger.add(parsed)
        if parsed.conn is not None:
            yield self._services.place(parsed.conn, parsed.words)
        yield from parsed.others

    def _segments(self, blocks: Blocks) -> Iterator[Segment]:
        """Cut runs of whole lines below one header.

        A block is not asked for before the rows of the block whose buffer it may take are done.
        """
        from concurrent.futures import wait

        from pcapscan.read.zeek_lines import scan  # compiled only where a log is read

        block: Block | None = None
        left = need = 0
        skipping = False
        while block is None or not block.last:
            self._block += 1
            wait(future for number, future in self._pending if number <= self._block - HELD)
            block = blocks.next(block, left, need)
            lo = block.lo
            count, end, marks = scan(block.data, lo, block.hi)
            if block.last:
                end = self._last_line(block, end, skipping)
                count += end == block.hi > lo and block.data[end - 1] != 10
            if end == lo:
                left = block.hi - lo
                need = 2 * left + 1
                if left > MAX_LINE:
                    if not skipping:
                        self._errors.append(f"line {self._line + 1}: longer than {MAX_LINE} bytes, passed over")
                    skipping, left, need = True, 0, 0
                continue
            left, need = block.hi - end if not block.last else 0, 0
            if skipping:
                lo = _after_line(block.data, lo, end)
                self._line += 1
                skipping = False
                count, _, marks = scan(block.data, lo, end)
                count += lo < end and block.data[end - 1] != 10
            yield from self._runs(block, lo, end, bool(marks), int(count))

    def _last_line(self, block: Block, end: int, skipping: bool) -> int:
        """Where the last line ends: one without a line end is read unless the stream was cut or a line is passed over."""
        if end == block.hi or skipping:
            return end
        if self.stream.problem:
            self._errors.append(f"line {self._line + 1} or later, at byte {block.base + end}: cut by the end of the stream, left out")
            return end
        return block.hi

    def _runs(self, block: Block, lo: int, end: int, marks: bool, lines: int) -> Iterator[Segment]:
        data = block.data
        if self.kind == "zeek-json" or not (marks or (lo < end and data[lo] == 35) or self._bom(data, lo)):
            yield from self._segment(block, lo, end, lines)
            return
        if self._bom(data, lo):
            lo += 3
        at = lo
        while at < end:
            if data[at] == 35:
                stop = _after_line(data, at, end)
                self._take_header(data[at:stop].tobytes())
                self._line += 1
            else:
                stop = _next_mark(data, at, end)
                lines = int(np.count_nonzero(data[at:stop] == 10)) + (data[stop - 1] != 10)
                yield from self._segment(block, at, stop, lines)
            at = stop

    def _bom(self, data: U8, lo: int) -> bool:
        return self._line == 0 and data[lo : lo + 3].tobytes() == b"\xef\xbb\xbf"

    def _segment(self, block: Block, lo: int, hi: int, count: int) -> Iterator[Segment]:
        if lo >= hi:
            return
        first, self._line = self._line, self._line + count
        header = self._header
        if self.kind == "zeek-tsv":
            if not header.fields:
                lines, since = self._headless or (0, first + 1)
                self._headless = (lines + count, since)
                return
            if len(header.separator) != 1:
                return
        yield Segment(
            data=block.data, lo=lo, hi=hi, base=block.base, line=first, rows=count, json=self.kind == "zeek-json", log=header.log,
            fields=header.fields, separator=header.separator[0], unset=header.unset, empty=header.empty,
        )  # fmt: skip

    def _take_header(self, line: bytes) -> None:
        """One ``#`` line. ``#separator`` is split at a blank, whatever the separator is; the others at the separator."""
        line = line.rstrip(b"\r\n")
        header = self._header
        if line.startswith(b"#separator"):
            value = _unescape(line[len(b"#separator") :].lstrip(b" \t").rstrip(b" \t") or b"\\x09")
            self._header = Header(separator=value)
            if len(value) != 1:
                self._errors.append(f"line {self._line + 1}: a separator of {len(value)} bytes is not read")
            return
        parts = line.split(header.separator)
        if len(parts) == 1:
            parts = re.split(rb"[ \t]+", line.rstrip())
        word, values = parts[0].rstrip(), parts[1:]
        if word == b"#unset_field" and values:
            header.unset = _unescape(values[0])
        elif word == b"#empty_field" and values:
            header.empty = _unescape(values[0])
        elif word == b"#path" and values:
            header.path, header.fields = _text(values[0]), ()
        elif word == b"#fields":
            while values and not values[-1].strip():
                values.pop()
            header.fields = tuple(_text(value) for value in values)

    def report(self, digest: bool = True) -> InputReport:
        """Account for what was read, what was not, and why; complete once the iteration has ended.

        Without ``digest`` nothing waits for the SHA-256, which ``stream.digest()`` tells later.
        """
        errors = list(self._errors)
        if self.stream.problem:
            errors.insert(0, f"{self.stream.problem}; every whole line before it was kept")
        skipped = dict(self._ledger.skipped)
        if self._headless is not None:
            lines, since = self._headless
            skipped["no #fields header above it"] = lines
            errors.append(f"line {since}: rows without a #fields line above them")
        errors.extend(self._ledger.errors())
        return InputReport(
            path=self.stream.input.path,
            kind=self.kind,
            compression=self.stream.compression,
            sha256=self.stream.sha256() if digest else "",
            size=self.stream.size,
            first_ns=self._ledger.first_ns,
            last_ns=self._ledger.last_ns,
            records=sum(self._ledger.logs.values()),
            skipped=skipped,
            errors=tuple(errors),
        )

    def close(self) -> None:
        """Stop reading (before the end no digest is told)."""
        self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _after_line(data: U8, at: int, end: int) -> int:
    """Behind the next line end."""
    step = 256
    while at < end:
        found = np.flatnonzero(data[at : min(end, at + step)] == 10)
        if len(found):
            return at + int(found[0]) + 1
        at += step
        step *= 4
    return end


def _next_mark(data: U8, at: int, end: int) -> int:
    """Where the next line begins that starts with ``#``."""
    window: NDArray[np.bool_] = (data[at : end - 1] == 10) & (data[at + 1 : end] == 35)
    found = int(window.argmax()) if len(window) else 0
    return at + found + 1 if len(window) and window[found] else end


def _unescape(value: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), value)


def _text(value: bytes) -> str:
    return _unescape(value).decode("utf-8", "backslashreplace").strip()


def open_zeek(source: Input | Stream, *, block_bytes: int = BLOCK_BYTES, digest: bool = True, max_bytes: int | None = None) -> ZeekReader:
    """Open a Zeek log, TSV or JSON, plain or compressed.

    Parameters
    ----------
    source : Input or Stream
        A :class:`Stream` was opened (and sniffed) by the caller; ``digest`` and ``max_bytes`` are then its own.
    block_bytes : int
        Bytes read at a time. Changes no answer but how rows are grouped in tables.
    digest : bool
        Compute the SHA-256 of the bytes as they lie.
    max_bytes : int or None
        Bound on the uncompressed size. None: compressed inputs are bounded by their ratio only.

    Raises
    ------
    NotRecognised
        The bytes are no Zeek log.
    InputError
        Nothing can be read at all.
    """
    stream = source if isinstance(source, Stream) else Stream(source, digest, max_bytes)
    try:
        kind = sniff(stream)
        if kind not in ZEEK:
            raise InputError(stream.input.path, None, f"a {kind} input, not a Zeek log")
        return ZeekReader(stream, kind, block_bytes)
    except BaseException:
        stream.close()
        raise
