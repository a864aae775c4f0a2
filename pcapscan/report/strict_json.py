"""JSON as RFC 8259 has it: ASCII, and null where a number is none (NaN and infinities are no JSON)."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any


def dumps(value: Any, indent: int | None = None) -> str:
    """Write a value of dicts, lists, texts and numbers.

    >>> dumps({"period_s": float("nan")})
    '{"period_s": null}'
    """
    try:
        return json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
