"""Bytes of a stream -> the texts of its objects: one a line, in an array, spread over lines, or ``<Event>`` elements.

1. UTF-8 by default, UTF-16 by its byte-order mark; bytes that are neither are kept, to be shown as escapes.
2. What is longer than :data:`MAX_EVENT` is passed over and said; an object that never ends costs no more than that.
3. Lines are numbered from 1; a line that holds no object is counted by the caller.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from pcapscan.read.streams import BLOCK_BYTES, Block, Stream

MAX_EVENT = 1 << 20
"""Longest event that is read (bytes): Windows allows 64 KiB an event, exporters repeat it as text and escape it."""

_WORK = 1 << 20
_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[\s,\[\]\x1e\ufeff]*")
_WRAPPED = re.compile(r'"(?:hits|records|Records|value|results)"\s*:\s*\[\s*(?=\{)')
_WRAPPER = re.compile(r'\s*\{[^\[]*?"(?:hits|records|Records|value|results)"\s*:\s*\[\s*\{')
_SOUGHT = 1 << 16
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_EVENT = re.compile(r"<Event[\s>].*?</Event>", re.DOTALL)


class Texts:
    """The decoded text of a stream, block by block.

    Attributes
    ----------
    encoding : str
    """

    def __init__(self, stream: Stream, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream, self._block_bytes = stream, block_bytes
        self.encoding = _UTF16.get(stream.head[:2], "utf-8")

    def __iter__(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)("surrogateescape" if self.encoding == "utf-8" else "replace")
        blocks = self._stream.blocks(self._block_bytes)
        block: Block | None = None
        first = True
        while True:
            block = blocks.next(block)
            text = decoder.decode(block.data[block.lo : block.hi].tobytes(), block.last)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            if text:
                yield text
            if block.last:
                return


def is_wrapped(head: bytes) -> bool:
    """Whether one object holds the events in an array: an answer of Elasticsearch (``hits``), a batch of Azure's (``records``)."""
    text = head.decode(_UTF16.get(head[:2], "utf-8"), "backslashreplace").lstrip("\ufeff")
    return _WRAPPER.match(text) is not None


def by_line(head: bytes) -> bool:
    """Whether the first object stands alone on its line."""
    text = head.decode(_UTF16.get(head[:2], "utf-8"), "backslashreplace").lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return False
    line, newline, _ = text.partition("\n")
    if not newline:
        return len(head) >= 1 << 15 or _is_whole(line)
    return _is_whole(line)


def _is_whole(line: str) -> bool:
    try:
        _DECODER.decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def lines(texts: Texts) -> Iterator[tuple[int, str | None]]:
    """Number and text of every line that is not blank; None for one that is too long."""
    number, rest, long = 0, "", False
    for text in texts:
        *ended, last = text.split("\n")
        if ended:
            ended[0], rest = rest + ended[0], ""
        for line in ended:
            number += 1
            if long or len(line) > MAX_EVENT:
                long = False
                yield number, None
            elif line and not line.isspace():
                yield number, line
        rest += last
        if len(rest) > MAX_EVENT:
            rest, long = "", True
    if long:
        yield number + 1, None
    elif rest and not rest.isspace():
        yield number + 1, rest


def objects(texts: Texts) -> Iterator[tuple[int, Any]]:
    """Line of its beginning and value of every object of an array, or of objects spread over lines; None for a broken one."""
    number, text = 1, ""
    for more in texts:
        text += more
        at = 0
        while True:
            gap = _SPACE.match(text, at)
            begin = gap.end() if gap else at
            number, at = number + text.count("\n", at, begin), begin
            if at >= len(text):
                break
            value, end = _decode(text, at)
            if end < 0:
                if len(text) - at < MAX_EVENT:
                    break  # perhaps only its end is missing yet
                yield number, None
                end = _resume(text, at + 1)
            else:
                yield number, value
            number, at = number + text.count("\n", at, end), end
        text = text[at:]
    if text:
        yield number, None


def wrapped(texts: Texts) -> Iterator[tuple[int, Any]]:
    """Line and value of every object in the arrays of wrappers; what stands around these is passed over; None for a broken one."""
    number, text, inside = 1, "", False
    for more in texts:
        text += more
        at = 0
        while True:
            if not inside:
                found = _WRAPPED.search(text, at)
                end = found.end() if found else max(at, len(text) - _SOUGHT)
                number, at, inside = number + text.count("\n", at, end), end, found is not None
                if not found:
                    break
            gap = _BETWEEN.match(text, at)
            begin = gap.end() if gap else at
            number, at = number + text.count("\n", at, begin), begin
            if at >= len(text):
                break
            if text[at] == "]":
                inside, at = False, at + 1
                continue
            value, end = _decode(text, at)
            if end < 0:
                if len(text) - at < MAX_EVENT:
                    break  # perhaps only its end is missing yet
                yield number, None
                end = _resume(text, at + 1)
            else:
                yield number, value
            number, at = number + text.count("\n", at, end), end
        text = text[at:]
    if inside and text:
        yield number, None


_BETWEEN = re.compile(r"[\s,]*")


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, -1


def _resume(text: str, at: int) -> int:
    """Where the next object seems to begin."""
    found = text.find("\n{", at)
    return found + 1 if found >= 0 else len(text)


def elements(texts: Texts) -> Iterator[tuple[int, str | None]]:
    """Line and text of every ``<Event>`` element."""
    number, text = 1, ""
    for more in texts:
        text += more
        end = counted = 0
        for match in _EVENT.finditer(text):
            number, counted = number + text.count("\n", counted, match.start()), match.start()
            yield number, match[0] if len(match[0]) <= MAX_EVENT else None
            end = match.end()
        number += text.count("\n", counted, end)
        text = text[end:]
        if len(text) > MAX_EVENT + _WORK:
            yield number, None
            number += text.count("\n", 0, len(text) - 16)
            text = text[-16:]
