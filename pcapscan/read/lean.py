"""Helpers of the kernels for logs, compiled without reference counts.

numba counts a reference whenever an array is passed on, which took 90 % of the time of a row. These kernels own none of their
arrays and allocate nothing, so they and their helpers are compiled without counts (numba's ``_nrt=False``, which refuses an
allocation).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

LEAN = {"_nrt": False}
"""Options for a kernel of this kind."""


def lean(function: F) -> F:
    """Compile into its callers, without reference counts."""
    compiled: F = njit(nogil=True, _nrt=False)(function)  # type: ignore[call-overload]  # no public name
    return compiled
