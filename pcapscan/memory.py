"""What the system is told of memory between the stages of a long run."""

from __future__ import annotations

import ctypes
from contextlib import suppress

MMAP_THRESHOLD, TRIM_THRESHOLD = 128 << 20, 512 << 20
"""Bytes of a block that the system is asked for by itself, and of freed memory at which some is given back; arbitrary, beyond any array of ours."""


def keep_freed() -> None:
    """Let glibc keep what is freed for what is asked next: tables of a megabyte come and go by the thousand, and each would be fresh pages."""
    with suppress(AttributeError, OSError, TypeError):  # no glibc
        tune = ctypes.CDLL(None).mallopt
        tune(-3, MMAP_THRESHOLD)  # M_MMAP_THRESHOLD
        tune(-1, TRIM_THRESHOLD)  # M_TRIM_THRESHOLD
        tune(-8, 1)  # M_ARENA_MAX: what one thread frees is there for the others


def give_back() -> None:
    """Give what is free back to the system: the next stage asks for other sizes, and would be laid beside it."""
    with suppress(AttributeError, OSError, TypeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)
