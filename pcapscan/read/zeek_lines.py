"""Lines of Zeek logs -> spans of the wanted columns: one kernel for TSV, one for JSON.

``spans[row, slot]`` is (begin, length) in the block; a length of ``ABSENT`` (:mod:`.zeek_fields`) says that the row has no such column,
``UNSET`` that it is unset (``-`` or null), 0 that it is empty. Rows are never Python objects.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, inlined, kernel
from pcapscan.kernels.wide import bits, lowest, many_like
from pcapscan.read.zeek_fields import ABSENT

OTHER_WIDTH, MALFORMED, FIRST_WIDTH, FIRST_MALFORMED = 0, 1, 2, 3
"""Places in ``stats``: rows with more or fewer columns than the header names; lines that are no row; the first of either."""


@kernel("(int64, int64, int64)(uint8[::1], int64, int64)")
def scan(data: Any, lo: Any, hi: Any) -> tuple[int, int, int]:
    """Count line ends in ``data[lo:hi]``, find the end of the last whole line, count lines that begin with ``#`` (not the first)."""
    count: Any = 0
    marks: Any = 0
    i = lo
    while i + 65 <= hi:
        ends = many_like(data, i, 10)
        count += np.int64(bits(ends))
        marks += np.int64(bits(ends & many_like(data, i + 1, 35)))
        i += 64
    while i < hi:
        line = data[i] == 10
        count += line
        marks += line and i + 1 < hi and data[i + 1] == 35
        i += 1
    last = hi
    while last > lo and data[last - 1] != 10:
        last -= 1
    return count, last, marks


@inlined
def _same(data: Any, at: Any, size: Any, word: Any) -> Any:
    if size != len(word):
        return False
    for k in range(size):  # noqa: SIM110 - numba compiles the loop, not the generator
        if data[at + k] != word[k]:
            return False
    return True


@inlined
def _ends(data: Any, base: Any, hi: Any, separator: Any) -> Any:
    """Which of the sixty-four bytes from ``base``, before ``hi``, end a column or a line."""
    found = np.uint64(0)
    if base + 64 <= len(data):
        found = many_like(data, base, np.uint8(separator)) | many_like(data, base, np.uint8(10))
        if hi - base < 64:
            found &= (np.uint64(1) << np.uint64(hi - base)) - np.uint64(1)
        return found
    for i in range(base, hi):
        if data[i] == separator or data[i] == 10:
            found |= np.uint64(1) << np.uint64(i - base)
    return found


@inlined
def split_rows(
    data: Any, lo: Any, hi: Any, separator: Any, unset: Any, empty: Any, slots: Any, spans: Any, starts: Any, lines: Any, stats: Any,
    first: Any, line: Any,
) -> Any:  # fmt: skip
    """Split as many lines as ``spans`` has rows; arguments as of :func:`split_tsv`, ``first`` and ``line`` are rows and lines before.

    Where it stopped, rows, lines.
    """
    row, at, width = 0, lo, len(slots)
    base, ends = lo, _ends(data, lo, hi, separator)
    while at < hi and row < len(spans):
        begin, column, field = at, 0, at
        within: Any = True
        while within:
            while ends == 0 and base + 64 < hi:
                base += 64
                ends = _ends(data, base, hi, separator)
            at = hi  # the last line has no line end
            if ends != 0:
                at = base + np.int64(lowest(ends))
                ends &= ends - np.uint64(1)
            within = at < hi and data[at] != 10
            if column < width and slots[column] >= 0:
                end = at
                if at < hi and not within and end > field and data[end - 1] == 13:
                    end -= 1
                size = end - field
                if size == len(unset) and _same(data, field, size, unset):
                    size = -2
                elif _same(data, field, size, empty):
                    size = 0
                spans[row, slots[column], 0] = field
                spans[row, slots[column], 1] = size
            column += 1
            field = at + 1
        if not (column == 1 and (at == begin or (at == begin + 1 and data[begin] == 13))):  # a blank line is no row
            if column != width:
                if not stats[0]:
                    stats[2] = line
                stats[0] += 1
            for k in range(column, width):
                if slots[k] >= 0:
                    spans[row, slots[k], 1] = ABSENT
            starts[first + row] = begin
            lines[first + row] = line
            row += 1
        line += 1
        at += 1
    return at, row, line


@kernel(
    "(int64, int64)(uint8[::1], int64, int64, int64, uint8[::1], uint8[::1], int16[::1], int32[:, :, ::1], int64[::1], int64[::1], int64[::1])"
)
def split_tsv(
    data: Any, lo: Any, hi: Any, separator: Any, unset: Any, empty: Any, slots: Any, spans: Any, starts: Any, lines: Any, stats: Any
) -> tuple[int, int]:
    """Split lines at a one-byte separator.

    Parameters
    ----------
    data : uint8[m]
    lo, hi : int
        Whole lines without ``#`` headers; the last may lack its line end.
    separator : int
    unset, empty : uint8[]
        What the header calls unset and empty.
    slots : int16[f]
        Slot of each column of the header, -1 not wanted.
    spans : int32[r, s, 2]
        Written, a row for every line; lengths must be ABSENT before.
    starts, lines : int64[r]
        Written: where each row begins, its line number from 0 within ``[lo, hi)``.
    stats : int64[4]

    Returns
    -------
    tuple of int
        Rows, lines.
    """
    _, row, line = split_rows(data, lo, hi, separator, unset, empty, slots, spans, starts, lines, stats, 0, 0)
    return row, line


@helper
def _string_end(data: Any, at: Any, hi: Any) -> Any:
    """Where the closing quote of a string stands whose inside begins at ``at``; -1 where the line ends before."""
    while at < hi:
        c = data[at]
        if c == 34:
            return at
        if c == 10:
            return -1
        if c == 92:
            at += 1
            if at < hi and data[at] == 10:
                return -1
        at += 1
    return -1


@helper
def _blank(data: Any, at: Any, hi: Any) -> Any:
    while at < hi and (data[at] == 32 or data[at] == 9 or data[at] == 13):
        at += 1
    return at


@helper
def _array_end(data: Any, at: Any, hi: Any) -> Any:
    """Behind the bracket that closes the array (or object) that begins at ``at``; -1 where the line ends before."""
    depth = 0
    while at < hi:
        c = data[at]
        if c == 34:
            at = _string_end(data, at + 1, hi)
            if at < 0:
                return -1
        elif c == 91 or c == 123:
            depth += 1
        elif c == 93 or c == 125:
            depth -= 1
            if depth == 0:
                return at + 1
        elif c == 10:
            return -1
        at += 1
    return -1


@helper
def _find(value: Any, hashes: Any, slots: Any) -> Any:
    mask = np.uint64(len(hashes) - 1)
    at = value & mask
    while hashes[at] != 0:
        if hashes[at] == value:
            return np.int64(slots[at])
        at = (at + np.uint64(1)) & mask
    return np.int64(-1)


@helper
def _object(data: Any, at: Any, hi: Any, hashes: Any, slots: Any, spans: Any, row: Any, prefix: Any) -> Any:
    """Read the object whose ``{`` stands at ``at``; where it ended, -1 where it is broken."""
    depth = 0
    prefix[0] = np.uint64(14695981039346656037)
    at += 1
    while True:
        at = _blank(data, at, hi)
        if at >= hi:
            return -1
        if data[at] == 125:  # an object without keys
            if depth == 0:
                return at + 1
            depth -= 1
            at += 1
        elif data[at] == 34:
            end = _string_end(data, at + 1, hi)
            if end < 0:
                return -1
            value = prefix[depth]
            for i in range(at + 1, end):
                value = (value ^ np.uint64(data[i])) * np.uint64(1099511628211)
            at = _blank(data, end + 1, hi)
            if at >= hi or data[at] != 58:
                return -1
            at = _blank(data, at + 1, hi)
            if at >= hi:
                return -1
            c = data[at]
            if c == 123 and depth + 1 < len(prefix):
                depth += 1
                prefix[depth] = (value ^ np.uint64(46)) * np.uint64(1099511628211)
                at += 1
                continue
            begin = at
            if c == 34:
                begin = at + 1
                stop = _string_end(data, begin, hi)
                at = stop + 1
            elif c == 91 or c == 123:
                stop = _array_end(data, at, hi)
                at = stop
            else:
                while at < hi and data[at] != 44 and data[at] != 125 and data[at] != 10 and data[at] != 32 and data[at] != 13:
                    at += 1
                stop = at
                if stop == begin:
                    return -1
            if stop < 0:
                return -1
            slot = _find(value, hashes, slots)
            if slot >= 0 and spans[row, slot, 1] < 0:
                size = stop - begin
                if (c == 110 and size == 4) or (c == 34 and size == 1 and data[begin] == 45):
                    size = -2
                spans[row, slot, 0] = begin
                spans[row, slot, 1] = size
        else:
            return -1
        # behind a value: a comma and the next key, or the ends of objects
        while True:
            at = _blank(data, at, hi)
            if at < hi and data[at] == 44:
                at += 1
                break
            if at < hi and data[at] == 125:
                if depth == 0:
                    return at + 1
                depth -= 1
                at += 1
                continue
            return -1


@kernel(
    "(int64, int64)(uint8[::1], int64, int64, uint64[::1], int16[::1], int32[:, :, ::1], int64[::1], int64[::1], int64[::1], uint64[::1])"
)
def split_json(
    data: Any, lo: Any, hi: Any, hashes: Any, slots: Any, spans: Any, starts: Any, lines: Any, stats: Any, prefix: Any
) -> tuple[int, int]:
    """Split JSON objects, one a line (``[``, ``]`` and commas around them are passed over).

    Arguments as in :func:`split_tsv`; ``prefix`` is scratch, uint64[depth].
    """
    row, line, at = 0, 0, lo
    while at < hi:
        begin = at
        while at < hi and (data[at] == 32 or data[at] == 9 or data[at] == 13 or data[at] == 91 or data[at] == 44 or data[at] == 93):
            at += 1
        if at < hi and data[at] != 10:
            end = _object(data, at, hi, hashes, slots, spans, row, prefix) if data[at] == 123 else -1
            if end < 0:
                for k in range(spans.shape[1]):
                    spans[row, k, 1] = -1
                if not stats[1]:
                    stats[3] = line
                stats[1] += 1
            else:
                at = end
                starts[row] = begin
                lines[row] = line
                row += 1
        while at < hi and data[at] != 10:
            at += 1
        at += 1
        line += 1
    return row, line
