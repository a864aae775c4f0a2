"""The guard around code that parses hostile bytes in Python: whatever it raises is "no facts", never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAX_TEXT = 512
"""Characters kept of one value."""


def guarded(facts: Callable[[bytes, int], dict[str, Any]], head: bytes, side: int) -> dict[str, Any]:
    """``facts(head, side)``, cleaned: values that are not JSON-able are dropped, long ones cut. {} if it raises anything.

    dpkt leaks UnicodeDecodeError, ValueError and exceptions of its own that are no dpkt.Error; a list of what may be caught would
    be a list of what was seen so far.
    """
    try:
        found = facts(head, side)
    except Exception:  # see above
        return {}
    return {key: value for key, value in ((k, _clean(v)) for k, v in found.items()) if value is not None}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [x[:MAX_TEXT] if isinstance(x, str) else x for x in value if isinstance(x, str | int | float)][:64]
    return None
