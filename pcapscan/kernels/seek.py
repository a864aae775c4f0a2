"""The next byte of a kind, many bytes at a time. As the readers of :mod:`.octets`, these never look behind the end ``n``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels.registry import helper
from pcapscan.kernels.wide import lowest, many_like, sixteen_like, sixteen_under


@helper
def next_like(b: Any, n: int, i: int, byte: int) -> int:
    """Offset of the first byte from ``i`` on that is ``byte``; -1 there is none before ``n``."""
    i = max(i, 0)
    while i + 64 <= n:
        found = many_like(b, i, np.uint8(byte))
        if found != 0:
            return i + int(np.int64(lowest(found)))
        i += 64
    while i + 16 <= n:
        found = sixteen_like(b, i, np.uint8(byte))
        if found != 0:
            return i + int(np.int64(lowest(found)))
        i += 16
    while i < n:
        if b[i] == byte:
            return i
        i += 1
    return -1


@helper
def next_either(b: Any, n: int, i: int, one: int, other: int) -> int:
    """As :func:`next_like`, of two bytes."""
    i = max(i, 0)
    while i + 64 <= n:
        found = many_like(b, i, np.uint8(one)) | many_like(b, i, np.uint8(other))
        if found != 0:
            return i + int(np.int64(lowest(found)))
        i += 64
    while i + 16 <= n:
        found = sixteen_like(b, i, np.uint8(one)) | sixteen_like(b, i, np.uint8(other))
        if found != 0:
            return i + int(np.int64(lowest(found)))
        i += 16
    while i < n:
        if b[i] == one or b[i] == other:
            return i
        i += 1
    return -1


@helper
def next_under(b: Any, n: int, i: int, byte: int) -> int:
    """As :func:`next_like`, of the bytes below ``byte``."""
    i = max(i, 0)
    while i + 16 <= n:
        found = sixteen_under(b, i, np.uint8(byte))
        if found != 0:
            return i + int(np.int64(lowest(found)))
        i += 16
    while i < n:
        if b[i] < byte:
            return i
        i += 1
    return -1
