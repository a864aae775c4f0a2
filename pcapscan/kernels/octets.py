"""Bytes are read only through these. They answer -1 past the end, never a neighbour's byte, so a lying length cannot read outside a head.

They widen through ``np.int64``: numba makes ``int(uint8)`` unsigned, and unsigned beside -1 a float.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels.registry import helper, inlined


@inlined
def i64(x: Any) -> int:
    """Widen to a signed machine integer (numba makes ``int`` of an unsigned field unsigned, and unsigned beside signed a float)."""
    return int(np.int64(x))


@helper
def u8(b: Any, n: int, i: int) -> int:
    """Byte at ``i``, or -1 past the end ``n`` (also for a negative ``i``)."""
    if i < 0 or i >= n:
        return -1
    return int(np.int64(b[i]))


@helper
def be16(b: Any, n: int, i: int) -> int:
    """Big-endian 16 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 2 > n:
        return -1
    return (int(np.int64(b[i])) << 8) | int(np.int64(b[i + 1]))


@helper
def be24(b: Any, n: int, i: int) -> int:
    """Big-endian 24 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 3 > n:
        return -1
    return (int(np.int64(b[i])) << 16) | (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i + 2]))


@helper
def be32(b: Any, n: int, i: int) -> int:
    """Big-endian 32 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 4 > n:
        return -1
    return (int(np.int64(b[i])) << 24) | (int(np.int64(b[i + 1])) << 16) | (int(np.int64(b[i + 2])) << 8) | int(np.int64(b[i + 3]))


@helper
def le16(b: Any, n: int, i: int) -> int:
    """Little-endian 16 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 2 > n:
        return -1
    return (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i]))


@helper
def le24(b: Any, n: int, i: int) -> int:
    """Little-endian 24 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 3 > n:
        return -1
    return (int(np.int64(b[i + 2])) << 16) | (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i]))


@helper
def le32(b: Any, n: int, i: int) -> int:
    """Little-endian 32 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 4 > n:
        return -1
    return (int(np.int64(b[i + 3])) << 24) | (int(np.int64(b[i + 2])) << 16) | (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i]))


@helper
def lit(b: Any, n: int, i: int, word: bytes) -> bool:
    """Whether ``word`` stands at ``i``, wholly before the end."""
    m = len(word)
    if i < 0 or i + m > n:
        return False
    for k in range(m):  # noqa: SIM110 - numba compiles the loop, not the generator
        if b[i + k] != word[k]:
            return False
    return True


@helper
def lit_nocase(b: Any, n: int, i: int, word: bytes) -> bool:
    """Whether ``word``, given in lower case, stands at ``i`` in any case."""
    m = len(word)
    if i < 0 or i + m > n:
        return False
    for k in range(m):
        c = int(np.int64(b[i + k]))
        if 65 <= c <= 90:
            c += 32
        if c != word[k]:
            return False
    return True
