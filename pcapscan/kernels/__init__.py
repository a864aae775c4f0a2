"""How kernels are declared, kept and called. numba compiles them, once; what it made is kept as machine code and called without it.

A *kernel* is declared with a signature::

    @kernel("int64(PACKET[::1], uint8[::1], int64)", PACKET=PACKET)

When it is first called its *image* is loaded from the user's cache; where there is none, :mod:`.build` compiles one. Only that module
imports numba, so that a run with a warm cache does without it: importing numba takes longer than loading every kernel there is. A *helper*
is compiled into the kernels that call it; called from Python it is Python. The cache folder of a room is named by a hash of
that room's sources, of what is shared, and of the compiler and the processor: a stale kernel cannot be loaded.

Everything here also runs as plain Python (``NUMBA_DISABLE_JIT=1``), which is how the tests hold a kernel to its source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from pcapscan.kernels.image import Image, parse
from pcapscan.kernels.keep import room_cache
from pcapscan.kernels.moves import copy, fold
from pcapscan.kernels.octets import be16, be24, be32, i64, le16, le24, le32, lit, lit_nocase, u8
from pcapscan.kernels.registry import JIT, allocating_helper, completes, helper, inlined, prepares
from pcapscan.kernels.seek import next_either, next_like, next_under

__all__ = [
    "JIT",
    "Image",
    "allocating_helper",
    "be16",
    "be24",
    "be32",
    "completes",
    "copy",
    "fold",
    "helper",
    "i64",
    "inlined",
    "kernel",
    "le16",
    "le24",
    "le32",
    "lit",
    "lit_nocase",
    "next_either",
    "next_like",
    "next_under",
    "prepares",
    "room_cache",
    "u8",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


def kernel(
    signature: str, *, counting: bool = False, laid_in: bool = True, lasting: bool = False, **records: np.dtype[Any]
) -> Callable[[F], F]:
    """Declare a kernel: compiled once, kept in the cache of the room that defines it, called without the GIL.

    Parameters
    ----------
    signature : str
        See :func:`.image.parse`.
    counting : bool
        Whether it, or a helper that it calls, makes arrays.
    laid_in : bool
        Not for kernels of thousands of lines, which would take minutes.
    lasting : bool
        For what is called by the thousand with the same arrays, none of which is ever resized in place.
    records : dtype
        The structured types that the signature names.
    """

    def decorate(function: F) -> F:
        if not JIT:
            return function
        room = function.__module__.split(".")[1]
        made: F = cast(Any, Image(function, parse(signature, records), lambda: room_cache(room), counting, laid_in, lasting))
        return made

    return decorate
