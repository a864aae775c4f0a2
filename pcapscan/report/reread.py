"""Findings read back from a report that :mod:`~pcapscan.report.document` wrote as JSON or NDJSON.

A report is a file like any other: what is not one is refused with a word, never guessed at. A key that this version does not know is
left out; one that it needs and that is missing is said.
"""

from __future__ import annotations

import datetime
import json
import types
import typing
from functools import cache
from typing import Any

from msgspec.structs import fields

from pcapscan.errors import UsageError
from pcapscan.findings import SCHEMA, Evidence, Finding, Process, Reason, Timing

MAX_BYTES = 256 << 20
"""A report larger than this is refused; a thousand findings take some megabytes."""

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

_fields = cache(fields)
"""Fields of a kind of record; to work out their types takes longer than to read a finding."""


def nanoseconds(text: str) -> int:
    """RFC 3339 in UTC, as :func:`~pcapscan.report.times.rfc3339` writes it, back to nanoseconds.

    >>> nanoseconds("1970-01-01T00:00:00.000000001Z")
    1
    """
    whole, _, rest = text.rstrip("Z").partition(".")
    seconds = (datetime.datetime.fromisoformat(whole + "+00:00") - _EPOCH) // datetime.timedelta(seconds=1)
    return seconds * 1_000_000_000 + int((rest or "0").ljust(9, "0")[:9])


def _fits(value: Any, kind: Any) -> bool:
    """Whether a JSON value is of a field's type: its elements are not looked into, a whole number is a float as well."""
    origin = typing.get_origin(kind)
    if kind is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in typing.get_args(kind))
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is tuple and typing.get_args(kind)[0] is int:
        return isinstance(value, list) and all(_fits(one, int) for one in value)
    wanted = list if origin is tuple else origin or kind
    return isinstance(value, wanted)


def _made(kind: Any, row: Any, where: str) -> Any:
    """A record from its keys."""
    if not isinstance(row, dict):
        raise UsageError(f"{where}: an object is expected, not {type(row).__name__}")
    values = {}
    for f in _fields(kind):
        if f.name not in row:
            if f.required:
                raise UsageError(f"{where}: {f.name} is missing")
            continue
        value = row[f.name]
        if not _fits(value, f.type):
            raise UsageError(f"{where}: {f.name} can't be {str(value)[:60]!r}")
        values[f.name] = tuple(value) if isinstance(value, list) and typing.get_origin(f.type) is tuple else value
    return kind(**values)


def _pointers(rows: Any, where: str) -> tuple[Evidence, ...]:
    return tuple(_made(Evidence, row, where) for row in rows)


def finding(row: Any, where: str = "finding") -> Finding:
    """One finding from the keys that a report gives it.

    Raises
    ------
    UsageError
        Saying what is missing or of the wrong kind.
    """
    if not isinstance(row, dict):
        raise UsageError(f"{where}: an object is expected, not {type(row).__name__}")
    row = dict(row)
    try:
        row["first_ns"], row["last_ns"] = nanoseconds(str(row.pop("first"))), nanoseconds(str(row.pop("last")))
        for key, kind in (("reasons", Reason), ("process", Process)):
            made = []
            for part in row.get(key) or []:
                part = {**part, "evidence": _pointers(part.get("evidence", ()), where)}
                made.append(_made(kind, {**part, "evidence": list(part["evidence"])}, f"{where}: {key}"))
            row[key] = made
        row["flows"] = list(_pointers(row.get("flows", ()), where))
        if row.get("timing") is not None:
            timing = dict(row["timing"])
            timing["begin_ns"], timing["end_ns"] = nanoseconds(str(timing.pop("begin"))), nanoseconds(str(timing.pop("end")))
            row["timing"] = _made(Timing, timing, f"{where}: timing")
        answer: Finding = _made(Finding, row, where)
    except KeyError as error:
        raise UsageError(f"{where}: {error.args[0]} is missing") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError(f"{where}: {error}") from error
    return answer


def findings(data: bytes, name: str) -> list[Finding]:
    """The findings of a report, in its order: ``--format json`` (those that a rule hid stand last) or ``--format ndjson``.

    Parameters
    ----------
    data : bytes
    name : str
        Of the file, for messages.

    Raises
    ------
    UsageError
        For what is no report.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name}: a report of more than {MAX_BYTES >> 20} MiB is refused")
    try:
        text = data.decode("utf-8")
        try:
            whole = json.loads(text)
        except ValueError:
            whole = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: no report in JSON or NDJSON ({str(error)[:120]})") from error
    rows = whole
    if isinstance(whole, dict) and "schema" in whole:
        if whole["schema"] != SCHEMA:
            raise UsageError(f"{name}: a report of schema {str(whole['schema'])[:60]!r}; this version reads {SCHEMA}")
        hidden = [h.get("finding") for h in whole.get("suppressed") or [] if isinstance(h, dict)]
        rows = [*(whole.get("findings") or []), *hidden]
    elif isinstance(whole, dict):
        rows = [whole]
    if not isinstance(rows, list):
        raise UsageError(f"{name}: no report: {type(rows).__name__} where findings are expected")
    return [finding(row, f"{name}: finding {number}") for number, row in enumerate(rows, 1)]


def chosen(found: list[Finding], words: tuple[str, ...], name: str) -> list[Finding]:
    """Findings by id (or the beginning of one that only it has), or by their number in the report, 1 the first; all where none is asked for.

    Raises
    ------
    UsageError
        Where a word names none, or several.
    """
    if not words:
        return found
    answer = []
    for word in words:
        here = [f for f in found if f.id.startswith(word.lower())] if word else []
        if word.isdecimal() and len(word) < 6 and 1 <= int(word) <= len(found):
            here = [found[int(word) - 1]]
        if len({f.id for f in here}) != 1:
            said = "no finding" if not here else f"{len(here)} findings"
            raise UsageError(f"{name}: {said} named {word!r}; it holds {len(found)}, from 1 ({found[0].id if found else 'none'})")
        answer.append(here[0])
    return answer
