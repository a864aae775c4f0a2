"""NDJSON straight from codes and numbers: a flow's line is put together by a kernel, from words that were rendered once.

JSON itself (quotes, escapes) is the standard library's, a word at a time; the kernel only copies, counts and dates.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.kernels import copy, helper, kernel
from pcapscan.report.columns import Coded, Column, Columns, Known, Plain, Thousandths
from pcapscan.tables import I64

WORD, INTEGER, THOUSANDTHS, TIME, TEXT = range(5)
"""What a column's numbers stand for."""

NULL = int(np.iinfo(np.int64).min)
"""An integer, share or time that is not there."""

LONGEST = {INTEGER: 20, THOUSANDTHS: 24, TIME: 32}
"""Characters that a value takes at most."""

ROWS = 4096
"""Rows put together at once; arbitrary, some megabytes of text."""

MOST_WORDS = 200_000
"""Rendered words that are remembered; beyond, all are forgotten and rendered anew where they come again. Arbitrary, some ten megabytes."""

_TRUTH = (False, True)


@helper
def put_bytes(out: Any, at: int, source: Any, begin: int, end: int) -> int:
    """Copy bytes; answer where they end."""
    copy(out, at, source, begin, end - begin)
    return at + end - begin


@helper
def put_number(out: Any, at: int, number: int) -> int:
    """Write an integer in decimal; answer where it ends."""
    if number < 0:
        out[at] = 45
        at += 1
        number = -number
    end, rest = at + 1, number
    while rest >= 10:
        rest //= 10
        end += 1
    for k in range(end - 1, at - 1, -1):
        out[k] = 48 + number % 10
        number //= 10
    return end


@helper
def put_digits(out: Any, at: int, number: int, digits: int) -> int:
    """Write exactly so many digits; answer where they end."""
    for k in range(at + digits - 1, at - 1, -1):
        out[k] = 48 + number % 10
        number //= 10
    return at + digits


@helper
def put_thousandths(out: Any, at: int, number: int) -> int:
    """Write a number of thousandths with one to three decimals."""
    at = put_number(out, at, number // 1000)
    out[at] = 46
    rest = number % 1000
    digits = 3 if rest % 10 else 2 if rest % 100 else 1
    put_digits(out, at + 1, rest, 3)
    return at + 1 + digits


@helper
def put_time(out: Any, at: int, ns: int) -> int:
    """Write nanoseconds since 1970 as RFC 3339 in UTC, quoted; the date as in https://howardhinnant.github.io/date_algorithms.html."""
    seconds = ns // 1_000_000_000
    days = seconds // 86_400
    within = seconds - days * 86_400
    z = days + 719_468
    era = z // 146_097
    of_era = z - era * 146_097
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march = (5 * of_year + 2) // 153
    month = march + 3 if march < 10 else march - 9
    out[at] = 34
    at = put_digits(out, at + 1, year_of_era + era * 400 + (1 if month <= 2 else 0), 4)
    out[at] = 45
    at = put_digits(out, at + 1, month, 2)
    out[at] = 45
    at = put_digits(out, at + 1, of_year - (153 * march + 2) // 5 + 1, 2)
    out[at] = 84
    at = put_digits(out, at + 1, within // 3600, 2)
    out[at] = 58
    at = put_digits(out, at + 1, within // 60 % 60, 2)
    out[at] = 58
    at = put_digits(out, at + 1, within % 60, 2)
    out[at] = 46
    at = put_digits(out, at + 1, ns - seconds * 1_000_000_000, 9)
    out[at], out[at + 1] = 90, 34
    return at + 2


@kernel(
    "int64(int64[:, ::1], int64, int64, int64[:, ::1], uint8[::1], int64[::1], uint8[::1], int64[::1], uint8[:, ::1], uint8[::1])",
)
def write_lines(values: Any, begin: int, end: int, columns: Any, names: Any, name_at: Any, words: Any, word_at: Any, texts: Any,
                out: Any) -> int:  # fmt: skip
    """Write rows ``begin`` to ``end`` as JSON lines.

    Parameters
    ----------
    values : int64[c, n]
        By column: numbers of words, integers, thousandths, nanoseconds; of texts nothing.
    columns : int64[c, 3]
        What the numbers stand for; of a text the first column of ``texts`` and how many are its own.
    names, name_at : uint8[m], int64[c + 1]
        What stands before each value that is no word.
    words, word_at : uint8[m], int64[w + 1]
        Rendered words, each behind its column's name.
    texts : uint8[n, width]
        Zeros behind each text's end.
    out : uint8[...]
        Large enough.

    Returns
    -------
    int
        Bytes written.
    """
    at = 0
    for row in range(begin, end):
        for c in range(len(columns)):
            what, value = columns[c, 0], values[c, row]
            if what == WORD:
                at = put_bytes(out, at, words, word_at[value], word_at[value + 1])
                continue
            at = put_bytes(out, at, names, name_at[c], name_at[c + 1])
            if what == TEXT:
                out[at] = 34
                at += 1
                first = columns[c, 1]
                for k in range(first, first + columns[c, 2]):
                    if texts[row, k] == 0:
                        break
                    out[at] = texts[row, k]
                    at += 1
                out[at] = 34
                at += 1
            elif value == NULL:
                out[at], out[at + 1], out[at + 2], out[at + 3] = 110, 117, 108, 108
                at += 4
            elif what == INTEGER:
                at = put_number(out, at, value)
            elif what == THOUSANDTHS:
                at = put_thousandths(out, at, value)
            else:
                at = put_time(out, at, value)
        out[at], out[at + 1] = 125, 10
        at += 2
    return at


def takes(columns: Columns) -> bool:
    """Whether these columns are of the kinds that are written here: no list of objects, and no numbers with any decimals."""
    return all(
        _is_number(c.values) if isinstance(c, Known) else isinstance(c, Coded | Thousandths | Plain) or _is_number(c)
        for c in columns.values()
    )


def _is_number(column: Column) -> bool:
    return isinstance(column, np.ndarray) and column.dtype.kind in "iub"


def rows_of(columns: Columns) -> int:
    """Rows of columns that :func:`takes` takes."""
    return next((len(_numbers(column)) for column in columns.values()), 0)


class LineWriter:
    """Batches of columns to NDJSON; remembers the words that it rendered."""

    def __init__(self, times: Sequence[str]) -> None:
        self._times = frozenset(times)
        self._out = np.empty(0, np.uint8)
        self._forget()

    def _forget(self) -> None:
        self._words = bytearray()
        self._word_at = array("q", (0,))
        self._numbers: dict[str, tuple[Sequence[Any], I64]] = {}
        self._longest: dict[str, int] = {}

    def lines(self, columns: Columns) -> Iterator[memoryview]:
        """The rows as bytes, some thousand rows a piece; a piece is overwritten by the next."""
        if len(self._word_at) > MOST_WORDS:
            self._forget()
        size = rows_of(columns)
        values = np.zeros((len(columns), size), np.int64)
        kinds = np.zeros((len(columns), 3), np.int64)
        texts: list[NDArray[np.uint8]] = []
        longest = 2
        names = [(b"," if c else b"{") + json.dumps(name).encode() + b":" for c, name in enumerate(columns)]
        for c, (name, column) in enumerate(columns.items()):
            kinds[c, 0] = what = self._fill(name, names[c], column, values[c])
            if isinstance(column, Plain):
                kinds[c, 1] = sum(t.shape[1] for t in texts)
                texts.append(_letters(column.values))
                kinds[c, 2] = texts[-1].shape[1]
            longest += int(kinds[c, 2]) + 2 if what == TEXT else self._longest.get(name, 0) if what == WORD else LONGEST[what]
        name_at = np.cumsum([0, *map(len, names)], dtype=np.int64)
        wide = np.concatenate(texts, axis=1) if texts else np.zeros((size, 0), np.uint8)
        room = min(size, ROWS) * (longest + int(name_at[-1]))
        if len(self._out) < room:
            self._out = np.empty(room, np.uint8)
        named = np.frombuffer(b"".join(names), np.uint8)
        words, word_at = np.frombuffer(self._words, np.uint8), np.frombuffer(self._word_at, np.int64)
        for begin in range(0, size, ROWS):
            n = write_lines(values, begin, min(begin + ROWS, size), kinds, named, name_at, words, word_at, wide, self._out)
            yield memoryview(self._out)[:n]  # type: ignore[arg-type]

    def _fill(self, name: str, before: bytes, column: Column, out: I64) -> int:
        """Write a column's numbers; answer what they stand for."""
        if isinstance(column, Plain):
            return TEXT
        if isinstance(column, Coded):
            out[:] = self._rendered(name, before, column.codes, column.words)
            return WORD
        if isinstance(column, Thousandths):
            known = ~np.isnan(column.values)
            out[:] = NULL
            out[known] = np.rint(column.values[known].astype(np.float64) * 1000)
            return THOUSANDTHS
        numbers = _numbers(column)
        if numbers.dtype == np.bool_:
            out[:] = self._rendered(name, before, numbers.astype(np.int64), _TRUTH)
            return WORD
        out[:] = numbers
        if isinstance(column, Known):
            out[~column.known] = NULL
        return TIME if name in self._times else INTEGER

    def _rendered(self, name: str, before: bytes, codes: NDArray[Any], words: Sequence[Any]) -> I64:
        """Numbers of the words of these codes; what was not rendered before is now."""
        known = self._numbers.get(name)
        if known is None or known[0] is not words or len(known[1]) <= len(words):
            numbers = np.full(len(words) + len(words) // 2 + 1, -1, np.int64)
            if known is not None and known[0] is words:
                numbers[: len(known[1])] = known[1]
            known = self._numbers[name] = (words, numbers)
        numbers = known[1]
        places = np.maximum(codes.astype(np.int64), -1) + 1
        found: I64 = numbers[places]
        if len(found) and int(found.min()) < 0:
            for place in sorted(set(places[found < 0].tolist())):  # np.unique would load numpy.ma
                word = words[place - 1] if place else None
                raw = before + json.dumps(word, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
                numbers[place] = len(self._word_at) - 1
                self._words += raw
                self._word_at.append(len(self._words))
                self._longest[name] = max(self._longest.get(name, 0), len(raw))
            found = numbers[places]
        return found


def _numbers(column: Column) -> NDArray[Any]:
    """The array that has a column's rows."""
    if isinstance(column, Coded):
        return column.codes
    if isinstance(column, Known | Thousandths | Plain):
        return column.values
    assert isinstance(column, np.ndarray)
    return column


def _letters(texts: NDArray[np.str_]) -> NDArray[np.uint8]:
    """ASCII texts as a row of bytes each."""
    width = texts.dtype.itemsize // 4
    return np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), width).astype(np.uint8)
