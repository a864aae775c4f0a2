"""The kernels of this room, compiled when they are first needed: the two large ones side by side.

Compiling takes longer than anything else a first run does. Half of it goes to a process of its own, which leaves its result in the cache of kernels; if that
fails for whatever reason, this process compiles it as well.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
from functools import cache
from types import ModuleType

from pcapscan import kernels

PATIENCE_S = 300.0
"""Seconds that the other process is waited for."""


@cache
def halves() -> tuple[ModuleType, ModuleType]:
    """Both large kernels' modules, their kernels ready."""
    names = [f"{__package__}.half_{k}" for k in (0, 1)]
    first, second = (importlib.import_module(name) for name in names)
    if not kernels.JIT:
        return first, second
    with contextlib.ExitStack() as stack:
        other = None
        if not second.weigh_half.path.exists() and not getattr(sys, "frozen", False):
            with contextlib.suppress(OSError):
                other = stack.enter_context(
                    subprocess.Popen(  # noqa: S603 - our own interpreter, a constant text
                        [sys.executable, "-c", f"from {names[1]} import weigh_half; weigh_half.load()"],
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                )
        first.weigh_half.load()
        if other is not None:
            for module in small():
                for made in vars(module).values():
                    if isinstance(made, kernels.Image):
                        made.load()
            try:
                other.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                other.kill()
    second.weigh_half.load()
    return first, second


@cache
def small() -> tuple[ModuleType, ModuleType, ModuleType, ModuleType]:
    """The modules of the small kernels: text, fake, upgrade, spans."""
    text, fake, upgrade, spans = (importlib.import_module(f"{__package__}.{name}") for name in ("text", "fake", "upgrade", "spans"))
    return text, fake, upgrade, spans
