"""Names from the wire are hostile: made harmless for the medium they go to.

A name may hold terminal escape sequences, spreadsheet formulas, bidirectional overrides or line breaks. Each function names its
medium; JSON needs none of them, its encoder escapes.
"""

from __future__ import annotations

import unicodedata

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KEEP = frozenset(" ")


def for_terminal(text: str) -> str:
    r"""Control, format and unassigned characters become ``\xNN`` or ``\uNNNN``; everything prints on one line.

    >>> for_terminal("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in _KEEP or unicodedata.category(c)[0] not in "CZ" else _escaped(c) for c in text)


def _escaped(c: str) -> str:
    code = ord(c)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def for_csv(text: str) -> str:
    """A cell that a spreadsheet would run as a formula gets a leading apostrophe; line breaks are escaped.

    https://owasp.org/www-community/attacks/CSV_Injection

    >>> for_csv("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    """
    text = for_terminal(text)
    return "'" + text if text.startswith(_FORMULA) else text
