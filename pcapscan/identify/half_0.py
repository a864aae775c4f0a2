"""The first half of the protocols, compiled as one kernel; :mod:`.engine` says what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pcapscan.kernels import completes, kernel

from .dispatch import half
from .engine import SIGNATURE, weigher

WEIGH: Callable[..., None]


@completes
def _grow() -> None:
    """Make the tree, for which every protocol's file is loaded."""
    global WEIGH
    WEIGH = weigher(half(0), 0)


@kernel(SIGNATURE, laid_in=False)
def weigh_half(
    arena: Any, start: Any, length: Any, cuts: Any, flags: Any, proto: Any, sure: Any,
    allowed: Any, base: int, scratch: Any, asked: Any, out: Any,
) -> None:  # fmt: skip
    """Weigh every flow; parameters as in :func:`.engine.weigher`."""
    WEIGH(arena, start, length, cuts, flags, proto, sure, allowed, base, scratch, asked, out)
