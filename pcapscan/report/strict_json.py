"""JSON as RFC 8259 has it: ASCII, and null where a number is none (NaN and infinities are no JSON)."""

from __future__ import annotations

import codecs
import json
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite
from typing import Any

import orjson

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""Two spaces a level; records and times are refused, as :mod:`json` refuses them."""

_LINE = json.JSONEncoder(allow_nan=False, check_circular=False)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What is written for a run of letters that are no ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return quoted(error.object[error.start : error.end])[1:-1], error.end


_ESCAPED = "pcapscan.escaped"
codecs.register_error(_ESCAPED, _escaped)


def dumps(value: Any, indented: bool = False) -> str:
    """Write a value of dicts (whose keys are texts), lists, tuples, texts and numbers.

    >>> dumps({"period_s": float("nan")})
    '{"period_s": null}'
    """
    if indented:
        try:
            text = orjson.dumps(value, _plain, _OPTIONS).decode().encode("ascii", _ESCAPED).decode("ascii")
            return text.replace("\x7f", "\\u007f")  # DEL, which json escapes, too
        except TypeError:  # an integer beyond 64 bits, half of a surrogate pair: json writes them
            return json.dumps(_finite(value), indent=2)
    try:
        return _LINE.encode(value)
    except ValueError:
        return _LINE.encode(_finite(value))


def _plain(value: Any) -> Any:
    """What orjson leaves to its caller: kinds of float (numpy's) and of tuple."""
    if isinstance(value, float):
        return float(value)
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"no JSON: {type(value).__name__}")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
