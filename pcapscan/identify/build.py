"""The two large kernels of this room, imported when they are first needed; those that have to be compiled are, side by side."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

from pcapscan.kernels.together import compile_missing

LARGE = ("identify.half_1.weigh_half", "identify.half_0.weigh_half")
"""Names of the two that take long to compile, the longer one first."""


@cache
def halves() -> tuple[ModuleType, ModuleType]:
    """Both large kernels' modules, their kernels ready."""
    compile_missing(LARGE)
    return importlib.import_module(f"{__package__}.half_0"), importlib.import_module(f"{__package__}.half_1")
