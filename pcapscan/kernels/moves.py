"""Copying bytes and mixing hashes, as kernels of several rooms do it."""

from __future__ import annotations

from typing import Any

from pcapscan.kernels.registry import inlined


@inlined
def copy(target: Any, at: int, source: Any, start: int, n: int) -> None:
    """Copy ``n`` bytes; slices, because a loop over their own indices is compiled into wide moves."""
    if n <= 0:
        return
    to, of = target[at : at + n], source[start : start + n]
    for k in range(n):
        to[k] = of[k]


@inlined
def fold(h: int, x: int) -> int:
    """Mix 32 bits into a hash of 32 bits; the product stays below 2**63, so plain Python agrees."""
    product = ((h ^ x) & 0xFFFF_FFFF) * 0x6C8E9CF5
    return (product ^ (product >> 31)) & 0xFFFF_FFFF
