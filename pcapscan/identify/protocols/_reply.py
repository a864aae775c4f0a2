"""Numbered replies and command lines, which SMTP, LMTP, FTP and NNTP share (RFC 5321 section 4.2, RFC 959 section 4.2, RFC 3977 section 3.2)."""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8

from ._text import line_end, listed_nocase

MAX_LINES = 8
"""Lines of a head that are looked at."""


@helper
def code(b: Any, n: int, i: int) -> int:
    """Three-digit code of the reply line at ``i``, first digit 1 to 6, followed by a blank, a hyphen or the line's end; -1 none, -2 cut."""
    c = u8(b, n, i)
    if c == -1:
        return -2
    if c < 49 or c > 54:
        return -1
    value = c - 48
    for k in range(1, 3):
        c = u8(b, n, i + k)
        if c == -1:
            return -2
        if c < 48 or c > 57:
            return -1
        value = value * 10 + c - 48
    c = u8(b, n, i + 3)
    if c == -1:
        return -2
    return value if c == 32 or c == 45 or c == 13 or c == 10 else -1


@helper
def next_line(b: Any, n: int, i: int) -> int:
    """Offset of the line behind the one at ``i``; -1 a control byte stands in it, -2 it has no end."""
    end = line_end(b, n, i)
    return end + 1 if end >= 0 else end


@helper
def commands(b: Any, n: int, words: bytes, strong: bytes) -> int:
    """Bits of lines that begin with one of ``words``, in any case, a blank or the line's end behind it.

    9 for the first, 5 for each other, 10 more for one of ``strong``; - where the head ends within the first; 0 where the first line is none.
    """
    bits = 0
    i = 0
    for k in range(MAX_LINES):
        if i >= n or i < 0:
            return bits
        m = listed_nocase(b, n, i, strong)
        strength = 10 if m > 0 else 0
        if m == 0:
            m = listed_nocase(b, n, i, words)
        if m == -1:
            return bits if bits else -min(2 * (n - i), 6)
        if m == 0:
            return bits if k > 0 else 0
        c = u8(b, n, i + m)
        if c == -1:
            return bits if bits else -8
        if c != 32 and c != 13 and c != 10 and u8(b, n, i + m - 1) != 58:
            return bits if k > 0 else 0
        i = next_line(b, n, i)
        if i == -1:
            return bits if k > 0 else 0
        bits += (9 if k == 0 else 5) + strength
    return bits
