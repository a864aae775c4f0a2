"""Helpers of the assembler's kernel, compiled without reference counts.

numba counts a reference whenever an array is passed on. The kernel passes a dozen arrays through several helpers for every
packet, and those atomic counts took 85 % of its time. The kernel owns none of its arrays and allocates nothing, so it and its
helpers are compiled without them (numba's ``_nrt=False``, which would refuse an allocation).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def inlined(function: F) -> F:
    """Compile into its callers' own code: for what runs for every packet."""
    compiled: F = njit(nogil=True, forceinline=True, _nrt=False)(function)  # type: ignore[call-overload]  # no public name
    return compiled


def called(function: F) -> F:
    """Compile as a function of its own: for what runs now and then, or in many places."""
    compiled: F = njit(nogil=True, _nrt=False)(function)  # type: ignore[call-overload]  # no public name
    return compiled


@inlined
def i64(x: Any) -> int:
    """Widen to a signed machine integer (numba makes ``int`` of an unsigned field unsigned, and unsigned beside signed a float)."""
    return int(np.int64(x))
