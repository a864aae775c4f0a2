"""The door for host events: an input -> tables of events, then an account of what was read.

1. Which exporter wrote an object is told by its keys (:mod:`pcapscan.read.host_shapes`), object by object: a file may mix them.
2. Nothing ends in an exception once the stream was opened: what cannot be read is counted, its first line said.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pcapscan.errors import InputError
from pcapscan.findings import InputReport
from pcapscan.read import host_evtx
from pcapscan.read.host_lines import Texts, by_line, elements, is_wrapped, lines, objects, wrapped
from pcapscan.read.host_shapes import read_object, xml_row
from pcapscan.read.host_values import AT, Row, Strings, Values, table
from pcapscan.read.inputs import Input
from pcapscan.read.sniff import HOST, sniff
from pcapscan.read.streams import Stream
from pcapscan.tables import NO_TIME, HostEventTable

ROWS = 1 << 15
"""Events a table."""

_DECODE = json.JSONDecoder(strict=False).decode
_EVENT_ID = re.compile(r'\\?"(?:EventID|event_id|code)\\?"\s*:\s*\\?"?(\d+)')
_WANTED = {"1", "3", "5", "13", "22", "5156"}


class HostReader:
    """Iterates over the events of one input, once.

    Attributes
    ----------
    stream : Stream
    kind : str
        A word of :data:`pcapscan.read.sniff.HOST`.
    events : int
        Rows given.
    """

    def __init__(self, stream: Stream, kind: str, strings: Strings) -> None:
        self.stream, self.kind = stream, kind
        self.events = 0
        self._values = Values(strings)
        self._skipped: Counter[str] = Counter()
        self._errors: list[str] = []
        self._span: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[HostEventTable]:
        rows: list[Row] = []
        source = AT["source"], self.stream.input.index
        for row in self._rows():
            row[source[0]] = source[1]
            rows.append(row)
            if len(rows) >= ROWS:
                yield self._table(rows)
                rows = []
        if rows:
            yield self._table(rows)
        self.stream.close()

    def _table(self, rows: list[Row]) -> HostEventTable:
        events = table(rows, self._values.strings)
        self.events += len(events)
        known = events.clock_ns[events.clock_ns != NO_TIME]
        if len(known):
            low, high = int(known.min()), int(known.max())
            self._span = (low, high) if self._span is None else (min(low, self._span[0]), max(high, self._span[1]))
        return events

    def _rows(self) -> Iterator[Row]:
        try:
            if self.kind == "evtx":
                yield from self._records()
            elif self.kind == "xml":
                yield from self._elements()
            elif is_wrapped(self.stream.head):
                yield from self._objects(wrapped(Texts(self.stream)))
            elif by_line(self.stream.head):
                yield from self._lines()
            else:
                yield from self._objects(objects(Texts(self.stream)))
        except InputError as error:
            self._errors.append(str(error))

    def _keep(self, found: tuple[Row | None, str], line: int) -> Row | None:
        row, word = found
        if row is None:
            self._skip(word, line)
            return None
        row[AT["line"]] = line
        return row

    def _skip(self, word: str, line: int) -> None:
        if word not in ("other events", "no host event") and word not in self._skipped:
            self._errors.append(f"{self.stream.input.path}: {'record' if self.kind == 'evtx' else 'line'} {line}: {word}")
        self._skipped[word] += 1

    def _object(self, value: Any, line: int) -> Row | None:
        if not isinstance(value, dict):
            self._skip("no JSON object", line)
            return None
        try:
            return self._keep(read_object(value, self._values), line)
        except (RecursionError, OverflowError, ValueError) as error:
            self._skip(f"unreadable event ({type(error).__name__})", line)
            return None

    def _lines(self) -> Iterator[Row]:
        for number, text in lines(Texts(self.stream)):
            if text is None:
                self._skip("longer than is read", number)
                continue
            stated = _EVENT_ID.findall(text)
            if stated and _WANTED.isdisjoint(stated):
                self._skip("other events", number)
                continue
            try:
                value = _DECODE(text.lstrip("\ufeff\x1e"))
            except (ValueError, RecursionError):
                self._skip("broken JSON", number)
                continue
            if (row := self._object(value, number)) is not None:
                yield row

    def _objects(self, found: Iterator[tuple[int, Any]]) -> Iterator[Row]:
        for number, value in found:
            if value is None:
                self._skip("broken JSON", number)
            elif (row := self._object(value, number)) is not None:
                yield row

    def _elements(self) -> Iterator[Row]:
        for number, text in elements(Texts(self.stream)):
            if text is None:
                self._skip("longer than is read", number)
            elif (row := self._keep(xml_row(text, self._values), number)) is not None:
                yield row

    def _records(self) -> Iterator[Row]:
        for number, value in host_evtx.records(self.stream):
            if value is None:
                self._skip("broken record", number)
            elif (row := self._object(value, number)) is not None:
                yield row

    def report(self) -> InputReport:
        """Account of what was read; complete once the reader was iterated to its end."""
        problem = (f"{self.stream.input.path}: {self.stream.problem}",) if self.stream.problem else ()
        first, last = self._span or (None, None)
        return InputReport(
            self.stream.input.path, self.kind, self.stream.compression, self.stream.sha256(), self.stream.size, first, last, self.events,
            dict(sorted(self._skipped.items())), (*self._errors, *problem),
        )  # fmt: skip


def open_host(source: Input | Stream, strings: Strings) -> HostReader:
    """Open an input that holds host events.

    Parameters
    ----------
    source : Input or Stream
    strings : Strings
        One for all inputs of a run, so that their tables can be joined.

    Raises
    ------
    NotRecognised
        The input is none of :data:`pcapscan.read.sniff.HOST`.
    """
    stream = source if isinstance(source, Stream) else Stream(source)
    try:
        kind = sniff(stream)
    except InputError:
        stream.close()
        raise
    if kind not in HOST:
        stream.close()
        raise InputError(stream.input.path, None, f"{kind} input holds no host events")
    return HostReader(stream, kind, strings)
