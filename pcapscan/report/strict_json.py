"""JSON as RFC 8259 has it: ASCII, and null where a number is none (NaN and infinities are no JSON)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite
from typing import Any

_NESTED = (dict, list, tuple)


def dumps(value: Any, indent: int | None = None) -> str:
    """Write a value of dicts (whose keys are texts), lists, texts and numbers.

    >>> dumps({"period_s": float("nan")})
    '{"period_s": null}'
    """
    try:
        return _written(value, indent)
    except ValueError:
        return _written(_finite(value), indent)


def _written(value: Any, indent: int | None) -> str:
    if indent is None or not isinstance(value, _NESTED):
        return "".join(_encoder(", ")(value, 0))
    out: list[str] = []
    _lay_out(value, "\n", " " * indent, out)
    return "".join(out)


@cache
def _encoder(between: str) -> Callable[[Any, int], Iterable[str]]:
    """The quick encoder of :mod:`json`, which knows no indent; what stands between two items may be a line break."""
    encoder = json.JSONEncoder(allow_nan=False, separators=(between, ": "))
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # not CPython
        return lambda value, level: [encoder.encode(value)]
    made: Callable[[Any, int], Iterable[str]] = make(None, encoder.default, quoted, None, ": ", between, False, False, False)
    return made


def _lay_out(value: Any, line: str, indent: str, out: list[str]) -> None:
    """Append what ``json.dumps`` writes with an indent, in half its time.

    A dict or list that holds no other is written by the quick encoder, with line breaks between its items; ``line`` is the line
    break with the indent of this level.
    """
    named = isinstance(value, dict)
    if not value:
        out.append("{}" if named else "[]")
        return
    inner = line + indent
    for item in value.values() if named else value:
        if item and isinstance(item, _NESTED):
            break
    else:
        text = "".join(_encoder("," + inner)(value, 0))
        out.append(f"{text[0]}{inner}{text[1:-1]}{line}{text[-1]}")
        return
    single, before, between = _encoder(", "), ("{" if named else "[") + inner, "," + inner
    for key in value:
        item = value[key] if named else key
        if named:
            before = f"{before}{quoted(key)}: "
        kind = type(item)
        if kind is str:
            out.append(before + quoted(item))
        elif kind is int:
            out.append(f"{before}{item}")
        elif item is None:
            out.append(before + "null")
        elif isinstance(item, _NESTED):
            out.append(before)
            _lay_out(item, inner, indent, out)
        else:
            out.append(before)
            out += single(item, 0)
        before = between
    out.append(line + ("}" if named else "]"))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
