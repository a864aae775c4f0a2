"""Compile many kernels at once, in as many processes as help.

One process takes as long as all kernels together. Here they are handed out one by one, the longest first: to this process, and to others that
leave their images in the cache. If another process fails for whatever reason, this one compiles what it did not.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pcapscan.kernels import JIT
from pcapscan.kernels.keep import room_cache
from pcapscan.machine import cores, interpreter

MOST = 3
"""Processes that help: the longest kernel takes a third of the time of all."""

_LOCK = threading.Lock()


def load(name: str) -> None:
    """Load a kernel, or compile it.

    Parameters
    ----------
    name : str
        Room, module and kernel: ``decode.walk.walk_block``.
    """
    module, _, kernel = name.rpartition(".")
    made: Any = getattr(importlib.import_module(f"pcapscan.{module}"), kernel)
    made.load()


def path(name: str) -> Path:
    """Where the image of a kernel is kept, without importing the kernel."""
    room, module, kernel = name.split(".")
    return room_cache(room) / f"{module}.{kernel}.image"


def compile_missing(names: Iterable[str], told: Callable[[int], None] | None = None) -> None:
    """Compile those that the cache does not hold.

    Parameters
    ----------
    names : iterable of str
        The longest should come first.
    told : callable or None
        Told their number, where there are any.
    """
    if not JIT:
        return
    with _LOCK:  # who comes later waits, and finds them
        missing = deque(name for name in names if not path(name).exists())
        if missing:
            if told is not None:
                told(len(missing))
            with contextlib.ExitStack() as stack:
                for _ in range(min(len(missing), cores() if interpreter() else 1, MOST) - 1):
                    stack.enter_context(_another(missing))
                while (name := _next(missing)) is not None:
                    load(name)


def serve() -> None:
    """What another process does: compile what standard input names, line by line, and answer when it is there."""
    for line in sys.stdin:
        load(line.strip())
        os.write(1, b"\n")  # to the pipe, whatever Python made of standard output


def _next(names: deque[str]) -> str | None:
    try:
        return names.popleft()
    except IndexError:
        return None


@contextlib.contextmanager
def _another(names: deque[str]) -> Iterator[None]:
    """Another process, which takes part until the names are used up; left when it has ended."""
    import subprocess  # loaded only where something has to be compiled

    try:
        process = subprocess.Popen(  # noqa: S603 - this Python, on this package
            [interpreter(), "-c", "from pcapscan.kernels.together import serve; serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
    except OSError:
        yield
        return

    def feed() -> None:
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError):
            while (name := _next(names)) is not None:
                process.stdin.write(name + "\n")
                process.stdin.flush()
                if not process.stdout.readline():  # it is gone; who needs this kernel compiles it
                    return

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        yield
        feeder.join()
    except BaseException:
        process.kill()
        raise
    finally:
        with contextlib.suppress(OSError):
            process.communicate()
