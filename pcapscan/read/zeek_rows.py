"""A run of lines -> tables: kernels called in order, on a thread; and the ledger of what became of every line.

The kernels are imported where they are called: who reads captures only waits for none of them to be compiled.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from pcapscan.read.zeek_fields import (
    ABSENT,
    ALIASES,
    CONN_SLOTS,
    LOGS,
    SLOT_NAMES,
    SLOTS,
    TELLTALES,
    key_table,
    log_name,
)
from pcapscan.tables import I16, I32, I64, U8, ZeekConnTable, ZeekLogTable, zeek_text

MAX_SERVICES = 1 << 16
"""Distinct words of ``service`` that are kept apart in one file; what comes beyond is ``(other)``."""


_DEPTH = 12
"""Nested JSON objects that are looked into; deeper ones are passed over."""

_AT_A_TIME = 64
"""Rows of conn.log that are split before their values are read: some kilobytes of spans."""


class Segment(Struct, frozen=True):
    """Whole lines of a block, below one header.

    Attributes
    ----------
    data : uint8[m]
    lo, hi : int
    base : int
        Offset in the stream of ``data[0]``.
    line : int
        Lines before.
    rows : int
        Lines in it.
    json : bool
    log : str
    fields : tuple of str
    separator : int
    unset, empty : bytes
    """

    data: U8
    lo: int
    hi: int
    base: int
    line: int
    rows: int
    json: bool
    log: str
    fields: tuple[str, ...]
    separator: int
    unset: bytes
    empty: bytes


class Parsed(Struct):
    """What a segment held."""

    conn: ZeekConnTable | None = None
    words: list[str] = field(default_factory=list)
    others: list[ZeekLogTable] = field(default_factory=list)
    logs: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    first_line: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str, count: int, line: int) -> None:
        """Count lines for a reason, remember the first."""
        if count:
            self.skipped[reason] += count
            self.first_line.setdefault(reason, line)


class Ledger:
    """What became of every line of a file."""

    def __init__(self) -> None:
        self.logs: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self._first_line: dict[str, int] = {}

    def add(self, parsed: Parsed) -> None:
        """Take the counts of a segment; segments come in the order of the file."""
        self.logs.update(parsed.logs)
        self.skipped.update(parsed.skipped)
        for reason, line in parsed.first_line.items():
            self._first_line.setdefault(reason, line)
        for table in (parsed.conn, *parsed.others):
            if table is not None and len(table):
                times = table.ts_ns[table.ts_ns > zc_bad()]
                if len(times):
                    first, last = int(times.min()), int(times.max())
                    self.first_ns = first if self.first_ns is None else min(first, self.first_ns)
                    self.last_ns = last if self.last_ns is None else max(last, self.last_ns)

    def errors(self) -> list[str]:
        """One sentence a reason, with its first line."""
        return [f"line {line}: {reason} ({self.skipped[reason]} in all)" for reason, line in self._first_line.items()]


class Services:
    """The words of ``service`` of one file; tables of one file share the list."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._codes: dict[str, int] = {}

    def place(self, table: ZeekConnTable, words: list[str]) -> ZeekConnTable:
        """Renumber the services of a block to those of the file."""
        lookup = np.arange(-3, len(words), dtype=np.int32)  # place 0 is -3: too many words in one block
        lookup[3:] = [self._code(word) for word in words]
        if (table.service == -3).any():
            lookup[0] = self._code("(other)")
        table.service[:] = lookup[table.service + 3]
        return replace(table, services=self.words)

    def _code(self, word: str) -> int:
        if word not in self._codes and len(self.words) >= MAX_SERVICES:
            word = "(other)"
        if word not in self._codes:
            self._codes[word] = len(self.words)
            self.words.append(word)
        return self._codes[word]


def zc_bad() -> int:
    """Time of rows that have none."""
    return -(1 << 63)


@cache
def _keys() -> tuple[Any, Any]:
    return key_table()


def _slots(segment: Segment) -> I16:
    """Slot of each column; only those that the log needs, a name that comes twice counts once."""
    wanted = set(SLOT_NAMES[:CONN_SLOTS]) if segment.log == "conn" else {"ts", "uid", *LOGS.get(segment.log, ())}
    slots = np.full(len(segment.fields), -1, np.int16)
    taken: set[str] = set()
    for place, name in enumerate(segment.fields):
        known = ALIASES.get(name, name) if name not in SLOTS else name
        if known in wanted and known not in taken:
            taken.add(known)
            slots[place] = SLOTS[known]
    return slots


def parse(segment: Segment) -> Parsed:
    """Read the lines of a segment."""
    with np.errstate(over="ignore"):  # hashes wrap around; compiled code does so without a word
        return _parse(segment)


def _parse(segment: Segment) -> Parsed:
    parsed, stats = Parsed(), np.zeros(4, np.int64)
    starts, lines = np.empty(segment.rows, np.int64), np.empty(segment.rows, np.int64)
    if segment.log == "conn" and not segment.json:
        _conn(segment, parsed, None, starts, lines, stats)
        parsed.skip(_OTHER_WIDTH, int(stats[0]), segment.line + int(stats[2]) + 1)
        return parsed
    spans = _spans(segment, segment.rows)
    if segment.json:
        from pcapscan.read.zeek_lines import split_json

        hashes, slots = _keys()
        rows, _ = split_json(segment.data, segment.lo, segment.hi, hashes, slots, spans, starts, lines, stats, np.empty(_DEPTH, np.uint64))
    else:
        from pcapscan.read.zeek_lines import split_tsv

        rows, _ = split_tsv(*_lines_of(segment), spans, starts, lines, stats)
    parsed.skip(_OTHER_WIDTH, int(stats[0]), segment.line + int(stats[2]) + 1)
    parsed.skip("no JSON object", int(stats[1]), segment.line + int(stats[3]) + 1)
    for log, chosen in _by_log(segment, spans[:rows]):
        part = spans[:rows] if chosen is None else np.ascontiguousarray(spans[chosen])
        where: Any = slice(rows) if chosen is None else chosen
        if log == "conn":
            _conn(segment, parsed, part, starts[where], lines[where], stats)
        elif log in LOGS:
            _other(segment, parsed, log, part, lines[where] + segment.line + 1, starts[where] + segment.base)
        else:
            parsed.logs[log or "unknown"] += len(part)
    return parsed


_OTHER_WIDTH = "rows with more or fewer columns than #fields names, read as far as they go"


def _spans(segment: Segment, rows: int) -> I32:
    """Spans of no row yet."""
    spans = np.empty((rows, len(SLOT_NAMES) if segment.json or segment.log != "conn" else CONN_SLOTS, 2), np.int32)
    spans[:, :, 1] = ABSENT
    return spans


def _lines_of(segment: Segment) -> tuple[U8, int, int, int, U8, U8, I16]:
    """What kernels are told of the lines of TSV."""
    unset, empty = (np.frombuffer(word, np.uint8).copy() for word in (segment.unset, segment.empty))
    return segment.data, segment.lo, segment.hi, segment.separator, unset, empty, _slots(segment)


def _by_log(segment: Segment, spans: I32) -> list[tuple[str, NDArray[np.intp] | None]]:
    """Tell logs and their rows; None: all rows. JSON rows say themselves what they are, or their columns do."""
    if not segment.json:
        return [(segment.log, None)]
    length = spans[:, :, 1]
    kinds = np.full(len(spans), -1, np.int64)
    names: list[str] = []
    for slot in (SLOTS["_path"], SLOTS["event.dataset"]):
        for row in np.flatnonzero((length[:, slot] > 0) & (kinds < 0))[:1]:
            word = _bytes(segment, spans[row, slot])
            same = (length[:, slot] == len(word)) & (kinds < 0)
            if all(_bytes(segment, spans[r, slot]) == word for r in np.flatnonzero(same)[:: max(1, len(spans) // 16)]) and same.all():
                names.append(log_name(word.decode("utf-8", "replace")))
                kinds[same] = len(names) - 1
            else:
                kinds, names = _each(segment, spans, slot, kinds, names)
    for log, telltales in TELLTALES:
        open_rows = kinds < 0
        if not open_rows.any():
            break
        found = open_rows & (length[:, [SLOTS[t] for t in telltales]] != ABSENT).any(axis=1)
        if found.any():
            names.append(log)
            kinds[found] = len(names) - 1
    if len(names) == 1 and (kinds == 0).all():
        return [(names[0], None)]
    merged: dict[str, list[NDArray[np.intp]]] = {}
    for code, name in [*enumerate(names), (-1, "")]:
        rows = np.flatnonzero(kinds == code)
        if len(rows):
            merged.setdefault(name, []).append(rows)
    return [(name, np.sort(np.concatenate(parts))) for name, parts in merged.items()]


def _each(segment: Segment, spans: I32, slot: int, kinds: I64, names: list[str]) -> tuple[I64, list[str]]:
    """Rows of several logs in one stream: each row's own word."""
    codes: dict[bytes, int] = {}
    for row in np.flatnonzero((spans[:, slot, 1] > 0) & (kinds < 0)):
        word = _bytes(segment, spans[row, slot])
        if word not in codes:
            codes[word] = len(names)
            names.append(log_name(word.decode("utf-8", "replace")))
        kinds[row] = codes[word]
    return kinds, names


def _bytes(segment: Segment, span: NDArray[Any]) -> bytes:
    return segment.data[int(span[0]) : int(span[0]) + int(span[1])].tobytes()


def _conn(segment: Segment, parsed: Parsed, spans: I32 | None, starts: I64, lines: I64, stats: I64) -> None:
    """Rows of conn.log; without ``spans`` the lines are split on the way."""
    from pcapscan.read import zeek_conn as zc

    rows = len(starts)
    ints, words = np.empty((zc.INTS, rows), np.int64), np.empty((zc.WORDS, rows), np.uint64)
    kept, uids = np.empty(rows, np.uint8), np.empty((rows, 3), np.dtype("<u8"))
    size = max(1024, 1 << min(16, 2 * rows).bit_length()) if rows < 512 else 1 << 13
    keys, codes, told = np.zeros(size, np.uint64), np.zeros(size, np.int32), np.zeros((size // 2, 2), np.int64)
    wrong = np.zeros(len(SLOT_NAMES), np.int64)
    filled = (zc.STATES, ints, words, kept, uids, keys, codes, told, wrong)
    if spans is None:
        rows, good = zc.conn_lines(*_lines_of(segment), _spans(segment, _AT_A_TIME), starts, lines, stats, *filled)
        starts, lines, kept = starts[:rows], lines[:rows], kept[:rows]
    else:
        good = zc.conn_columns(segment.data, rows, spans, *filled)
    line, offset = lines + segment.line + 1, starts + segment.base
    for code in range(1, len(zc.COLUMN_WORDS)):
        bad = np.flatnonzero(kept == code)
        if len(bad):
            parsed.skip(f"conn row without a readable {zc.COLUMN_WORDS[code]}, left out", len(bad), int(line[bad[0]]))
    for slot in np.flatnonzero(wrong):
        parsed.skip(f"{SLOT_NAMES[slot]} is not of its type, taken as unset", int(wrong[slot]), int(line[0]) if rows else 0)
    pick: Any = slice(rows) if good == rows else np.flatnonzero(kept == 0)
    parsed.words = [_service(segment, span) for span in told[1 : 1 + int(told[0, 0])]]
    parsed.logs["conn"] += good
    parsed.conn = ZeekConnTable(
        ts_ns=ints[zc.TS_NS][pick], duration_ns=ints[zc.DURATION_NS_OUT][pick],
        orig_hi=words[zc.ORIG_HI_OUT][pick], orig_lo=words[zc.ORIG_LO_OUT][pick],
        resp_hi=words[zc.RESP_HI_OUT][pick], resp_lo=words[zc.RESP_LO_OUT][pick],
        orig_p=ints[zc.ORIG_P_OUT][pick].astype(np.uint16), resp_p=ints[zc.RESP_P_OUT][pick].astype(np.uint16),
        proto=ints[zc.PROTO_OUT][pick].astype(np.uint8), service=ints[zc.SERVICE_OUT][pick].astype(np.int32),
        orig_bytes=ints[zc.ORIG_BYTES_OUT][pick], resp_bytes=ints[zc.RESP_BYTES_OUT][pick],
        orig_pkts=ints[zc.ORIG_PKTS_OUT][pick], resp_pkts=ints[zc.RESP_PKTS_OUT][pick],
        state=ints[zc.STATE_OUT][pick].astype(np.int8), vlan=ints[zc.VLAN_OUT][pick].astype(np.uint16),
        parent=words[zc.PARENT_OUT][pick], uid=uids.view("S24").ravel()[pick], uid_hash=words[zc.UID_OUT][pick],
        line=line[pick], offset=offset[pick], services=[],
    )  # fmt: skip


def _service(segment: Segment, span: I64) -> str:
    """Give a word of ``service`` as text; an array of JSON as Zeek's comma-separated set."""
    text = zeek_text(_bytes(segment, span), segment.json)
    return text.replace('"', "").strip("[]").replace(" ", "") if segment.json else text


def _other(segment: Segment, parsed: Parsed, log: str, spans: I32, line: I64, offset: I64) -> None:
    from pcapscan.read import zeek_conn as zc

    fields, rows = LOGS[log], len(spans)
    wanted = np.array([SLOTS[name] for name in fields], np.int16)
    size = int(np.maximum(spans[:, wanted, 1], 0).sum())
    arena, start = np.empty(max(size, 1), np.uint8), np.empty((rows, len(fields)), np.int64)
    length, times = np.empty((rows, len(fields)), np.int32), np.empty(rows, np.int64)
    uids, hashes, contents = np.empty((rows, 3), np.dtype("<u8")), np.empty(rows, np.uint64), np.empty(rows, np.uint64)
    zc.gather(segment.data, rows, spans, wanted, arena, start, length, times, uids, hashes, contents)
    parsed.logs[log] += rows
    parsed.others.append(
        ZeekLogTable(
            ts_ns=times,
            uid=uids.view("S24").ravel(),
            uid_hash=hashes,
            line=line,
            offset=offset,
            start=start,
            length=length,
            content=contents,
            log=log,
            fields=fields,
            json=segment.json,
            arena=arena,
        )
    )
