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
    """Both large kernels' modules, compiled or loaded."""
    names = [f"{__package__}.half_{k}" for k in (0, 1)]
    if kernels.is_warm("identify") or getattr(sys, "frozen", False):
        return importlib.import_module(names[0]), importlib.import_module(names[1])
    with contextlib.ExitStack() as stack:
        helper = None
        with contextlib.suppress(OSError):
            helper = stack.enter_context(
                subprocess.Popen(  # noqa: S603 - our own interpreter, a constant text
                    [sys.executable, "-c", f"import {names[1]}"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        first = importlib.import_module(names[0])
        small()
        if helper is not None:
            try:
                helper.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                helper.kill()
    return first, importlib.import_module(names[1])


@cache
def small() -> tuple[ModuleType, ModuleType, ModuleType, ModuleType]:
    """The modules of the small kernels: text, fake, upgrade, spans."""
    text, fake, upgrade, spans = (importlib.import_module(f"{__package__}.{name}") for name in ("text", "fake", "upgrade", "spans"))
    return text, fake, upgrade, spans
