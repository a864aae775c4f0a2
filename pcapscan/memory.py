"""What the system is told of memory between the stages of a long run."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give what is free back to the system: the next stage asks for other sizes, and would be laid beside it."""
    with suppress(AttributeError, OSError, TypeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)
