"""What the files of text protocols share: words of a vocabulary, ends of lines, printable spans.

Lists of words are one bytes constant, ``b"GET |PUT "``: the kernel loops over it, so that a vocabulary costs no compile time. A long one that
is asked about every flow is made a :func:`vocabulary`, which tells by one bit that no word begins so.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, next_either, next_like, next_under, u8

from ._contract import PLACED

BAR = 124
MAP = 32
"""Bytes of a vocabulary before its words: a bit for each byte that one begins with."""


def vocabulary(words: bytes, nocase: bool = False) -> bytes:
    """Put a map of first bytes before ``words``, for :func:`listed`; with ``nocase`` for :func:`listed_nocase`.

    >>> vocabulary(b"GET |PUT ")[MAP:]
    b'GET |PUT '
    """
    bits = bytearray(MAP)
    for first in {word[0] for word in words.split(b"|") if word}:
        for c in {first, bytes([first]).upper()[0]} if nocase else {first}:
            bits[c >> 3] |= 1 << (c & 7)
    return bytes(bits) + words


def spelled(words: bytes, nocase: bool = False) -> dict[int, bytes]:
    """Which bytes ``words`` have at each of their places, as far as the shortest goes: for ``PLACES`` of the contract.

    >>> spelled(b"GET |PUT |GO ")
    {0: b'GP', 1: b'EOU', 2: b' T'}
    """
    each = [word for word in words.split(b"|") if word]
    each += [word.upper() for word in each] if nocase else []
    return {place: bytes(sorted({word[place] for word in each})) for place in range(min(PLACED, *map(len, each)))}


TEXT = bytes([9, 13, *range(32, 256)])
"""What stands in a line of text before its LF."""


@helper
def word(b: Any, n: int, i: int, words: bytes) -> int:
    """Length of the first of ``words`` (separated by ``|``) that stands at ``i``; 0 none; -1 the head ends within a possible one."""
    return _word(b, n, i, words, 0)


@helper
def word_nocase(b: Any, n: int, i: int, words: bytes) -> int:
    """As :func:`word`, for ``words`` in lower case that stand in any case."""
    return _word_nocase(b, n, i, words, 0)


@helper
def may_begin(b: Any, n: int, i: int, words: bytes) -> bool:
    """Whether a word of a :func:`vocabulary` begins with the byte at ``i``; also where the head has ended."""
    c = u8(b, n, i)
    return c < 0 or (int(words[c >> 3]) >> (c & 7)) & 1 == 1


@helper
def listed(b: Any, n: int, i: int, words: bytes) -> int:
    """As :func:`word`, for a :func:`vocabulary`."""
    return _word(b, n, i, words, MAP) if may_begin(b, n, i, words) else 0


@helper
def listed_nocase(b: Any, n: int, i: int, words: bytes) -> int:
    """As :func:`word_nocase`, for a :func:`vocabulary` made for it."""
    return _word_nocase(b, n, i, words, MAP) if may_begin(b, n, i, words) else 0


@helper
def _word(b: Any, n: int, i: int, words: bytes, start: int) -> int:
    """Compare with the words from ``start`` on."""
    j = 0
    alive = True
    short = 0
    for k in range(start, len(words)):
        c = int(words[k])
        if c == BAR:
            if alive:
                return j
            j = 0
            alive = True
        elif alive:
            x = u8(b, n, i + j)
            if x == -1:
                short = -1
                alive = False
            elif x != c:
                alive = False
            j += 1
    return j if alive and j > 0 else short


@helper
def _word_nocase(b: Any, n: int, i: int, words: bytes, start: int) -> int:
    """Compare with the words from ``start`` on, in any case."""
    j = 0
    alive = True
    short = 0
    for k in range(start, len(words)):
        c = int(words[k])
        if c == BAR:
            if alive:
                return j
            j = 0
            alive = True
        elif alive:
            x = u8(b, n, i + j)
            if 65 <= x <= 90:
                x += 32
            if x == -1:
                short = -1
                alive = False
            elif x != c:
                alive = False
            j += 1
    return j if alive and j > 0 else short


@helper
def line_end(b: Any, n: int, i: int) -> int:
    """Offset of the LF that ends the line at ``i``; -1 a control byte that no text line holds; -2 no end before ``n``."""
    k = next_under(b, n, i, 32)
    while k >= 0:
        c = u8(b, n, k)
        if c == 10:
            return k
        if c != 13 and c != 9:
            return -1
        k = next_under(b, n, k + 1, 32)
    return -2


@helper
def digits(b: Any, n: int, i: int) -> int:
    """How many decimal digits stand at ``i``, at most 12."""
    k = 0
    while k < 12 and 48 <= u8(b, n, i + k) <= 57:
        k += 1
    return k


@helper
def printable(b: Any, n: int, i: int, stop: int) -> bool:
    """Whether the bytes from ``i`` to ``stop`` (or ``n``) are printable ASCII."""
    for k in range(i, min(n, stop)):  # noqa: SIM110 - numba compiles the loop, not the generator
        if not 32 <= u8(b, n, k) < 127:
            return False
    return True


@helper
def find(b: Any, n: int, i: int, stop: int, needle: bytes) -> int:
    """Offset of ``needle``, in lower case and matching any case, that begins from ``i`` on and before ``stop``; -1 not there."""
    m = len(needle)
    first = int(needle[0])
    large = first - 32 if 97 <= first <= 122 else first
    last = min(n - m + 1, stop)
    k = next_either(b, last, i, first, large)
    while k >= 0:
        j = 1
        while j < m:
            x = u8(b, n, k + j)
            if 65 <= x <= 90:
                x += 32
            if x != int(needle[j]):
                break
            j += 1
        if j == m:
            return k
        k = next_either(b, last, k + 1, first, large)
    return -1


@helper
def same(b: Any, n: int, i: int, p: Any, pn: int, j: int, count: int) -> bool:
    """Whether ``count`` bytes at ``i`` of one side stand at ``j`` of the other, all of them within both heads."""
    if i < 0 or j < 0 or i + count > n or j + count > pn:
        return False
    for k in range(count):  # noqa: SIM110 - numba compiles the loop, not the generator
        if u8(b, n, i + k) != u8(p, pn, j + k):
            return False
    return True


@helper
def netbios_name(b: Any, n: int, i: int) -> bool:
    """Whether a first-level encoded NetBIOS name begins at ``i``: a length of 32 and as many letters A to P (RFC 1002 section 4.1)."""
    if u8(b, n, i) != 32:
        return False
    for k in range(i + 1, i + 33):  # noqa: SIM110 - numba compiles the loop, not the generator
        if not 65 <= u8(b, n, k) <= 80:
            return False
    return True


@helper
def find_exact(b: Any, n: int, i: int, stop: int, needle: bytes) -> int:
    """As :func:`find`, byte for byte."""
    m = len(needle)
    last = min(n - m + 1, stop)
    k = next_like(b, last, i, int(needle[0]))
    while k >= 0:
        j = 1
        while j < m and u8(b, n, k + j) == int(needle[j]):
            j += 1
        if j == m:
            return k
        k = next_like(b, last, k + 1, int(needle[0]))
    return -1
