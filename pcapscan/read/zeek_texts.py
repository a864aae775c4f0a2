"""Values of Zeek's other logs as text: escapes undone, sets split, absence kept.

The text comes from the wire: hostile until a renderer escapes it.
"""

from __future__ import annotations

import json
import re

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(\\))")


def tsv_text(raw: bytes) -> str:
    r"""Undo Zeek's escapes (``\x09``, ``\\``); bytes that are no UTF-8 stay visible as escapes."""
    if b"\\" in raw:
        raw = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]) if match[1] else b"\\", raw)
    return raw.decode("utf-8", "backslashreplace")


def json_text(raw: bytes) -> str:
    """Undo JSON's escapes in the inside of a string; other values stay as they are written."""
    text = raw.decode("utf-8", "backslashreplace")
    if "\\" in text:
        try:
            value = json.loads(f'"{text}"', strict=False)
        except ValueError:
            return text
        return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return text
