"""Which functions are compiled into kernels, and how: noted when they are defined, looked at only by :mod:`.build`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

F = TypeVar("F", bound=Callable[..., Any])

JIT = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
"""False when ``NUMBA_DISABLE_JIT=1``: kernels are then ordinary functions."""


class Helper(Struct, frozen=True):
    """A function that kernels call, and whether it makes arrays, or is to be laid into its callers."""

    function: Callable[..., Any]
    counting: bool = False
    inline: bool = False


HELPERS: list[Helper] = []
"""All that were defined so far, in that order."""

PREPARATIONS: list[Callable[[], None]] = []
"""What has to be run before anything is compiled."""


def helper(function: F) -> F:
    """Compile into its callers: no signature, no code of its own, no memory of its own.

    It takes arrays and gives numbers. numba would count a reference at every call that passes an array, and these counts are most
    of what a small function costs; without them numba refuses whatever would need them.
    """
    HELPERS.append(Helper(function))
    return function


def allocating_helper(function: F) -> F:
    """A helper that makes arrays, and so counts references."""
    HELPERS.append(Helper(function, counting=True))
    return function


def inlined(function: F) -> F:
    """A helper that is laid into its callers' own code whatever its size: for what runs for every packet."""
    HELPERS.append(Helper(function, inline=True))
    return function


def prepares(function: Callable[[], None]) -> Callable[[], None]:
    """Run this before anything is compiled: for what numba itself has to be told."""
    PREPARATIONS.append(function)
    return function


def completes(function: Callable[[], None]) -> Callable[[], None]:
    """Run this before anything is compiled, and in plain Python at once: for functions that kernels call and that take long to gather."""
    if JIT:
        return prepares(function)
    function()
    return function
