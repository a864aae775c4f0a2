"""How kernels are compiled, kept and read: the one place that talks to numba.

A *kernel* is compiled once, eagerly, from an explicit signature, and kept in the user's cache. A *helper* is compiled into
the kernels that call it. numba does not notice when a helper in another file changed, so the cache folder of a room is named
by a hash of that room's sources: a stale kernel cannot be loaded.

Everything here also runs as plain Python (``NUMBA_DISABLE_JIT=1``), which is how the tests hold a kernel to its source.

Bytes are read only through :func:`u8`, :func:`be16` and their kin. They answer -1 past the end, never a neighbour's byte, so
a lying length cannot read outside a head. (They widen through ``np.int64``: numba makes ``int(uint8)`` unsigned, and unsigned
beside -1 a float.)
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

JIT = not numba.config.DISABLE_JIT
"""False when ``NUMBA_DISABLE_JIT=1``: kernels are then ordinary functions."""

_PACKAGE = Path(__file__).parent


def cache_root() -> Path:
    """Folder that holds compiled kernels: ``$PCAPSCAN_CACHE``, else the user's cache folder, else a temporary one."""
    named = os.environ.get("PCAPSCAN_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    root = base / "pcapscan" / "kernels"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if os.access(root, os.W_OK):
            return root
    except OSError:
        pass
    return Path(tempfile.gettempdir()) / f"pcapscan-kernels-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


@cache
def room_cache(room: str) -> Path:
    """Cache folder of one room, named by the hash of the room's sources and of this file."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    place = _PACKAGE / room
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return cache_root() / f"{room}-{digest.hexdigest()[:16]}"


def is_warm(room: str) -> bool:
    """Whether this room's kernels were compiled before (else the first use takes some seconds, and is said)."""
    return not JIT or any(room_cache(room).rglob("*.nbc"))


def kernel(signature: str | list[str], **options: Any) -> Callable[[F], F]:
    """Compile with an explicit signature, without the GIL, into the cache of the room that defines it."""

    def decorate(function: F) -> F:
        if not JIT:
            return function
        room = function.__module__.split(".")[1]
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(room_cache(room))
        try:
            compiled: F = njit(signature, cache=True, nogil=True, **options)(function)
        finally:
            numba.config.CACHE_DIR = before
        return compiled

    return decorate


def helper(function: F) -> F:
    """Compile into its callers: no signature, no cache of its own."""
    compiled: F = njit(nogil=True)(function)
    if JIT:
        _compile_once(compiled)
    return compiled


def _compile_once(dispatcher: Any) -> None:
    """One compiled version of a helper for all integers it is called with.

    numba would compile it anew for every constant argument and every width of integer: some hundred versions of :func:`u8`.
    """
    choose = dispatcher.get_call_template

    def widened(args: Any, kws: Any) -> Any:
        return choose(tuple(_widen(a) for a in args), {key: _widen(a) for key, a in kws.items()})

    dispatcher.get_call_template = widened


def _widen(kind: Any) -> Any:
    kind = numba.types.unliteral(kind)
    if isinstance(kind, numba.types.Integer) and kind.signed and kind.bitwidth < 64:
        return numba.types.int64
    return kind


@helper
def u8(b: Any, n: int, i: int) -> int:
    """Byte at ``i``, or -1 past the end ``n`` (also for a negative ``i``)."""
    if i < 0 or i >= n:
        return -1
    return int(np.int64(b[i]))


@helper
def be16(b: Any, n: int, i: int) -> int:
    """Big-endian 16 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 2 > n:
        return -1
    return (int(np.int64(b[i])) << 8) | int(np.int64(b[i + 1]))


@helper
def be24(b: Any, n: int, i: int) -> int:
    """Big-endian 24 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 3 > n:
        return -1
    return (int(np.int64(b[i])) << 16) | (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i + 2]))


@helper
def be32(b: Any, n: int, i: int) -> int:
    """Big-endian 32 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 4 > n:
        return -1
    return (int(np.int64(b[i])) << 24) | (int(np.int64(b[i + 1])) << 16) | (int(np.int64(b[i + 2])) << 8) | int(np.int64(b[i + 3]))


@helper
def le16(b: Any, n: int, i: int) -> int:
    """Little-endian 16 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 2 > n:
        return -1
    return (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i]))


@helper
def le24(b: Any, n: int, i: int) -> int:
    """Little-endian 24 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 3 > n:
        return -1
    return (int(np.int64(b[i + 2])) << 16) | (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i]))


@helper
def le32(b: Any, n: int, i: int) -> int:
    """Little-endian 32 bits at ``i``, or -1 past the end."""
    if i < 0 or i + 4 > n:
        return -1
    return (int(np.int64(b[i + 3])) << 24) | (int(np.int64(b[i + 2])) << 16) | (int(np.int64(b[i + 1])) << 8) | int(np.int64(b[i]))


@helper
def lit(b: Any, n: int, i: int, word: bytes) -> bool:
    """Whether ``word`` stands at ``i``, wholly before the end."""
    m = len(word)
    if i < 0 or i + m > n:
        return False
    for k in range(m):  # noqa: SIM110 - numba compiles the loop, not the generator
        if b[i + k] != word[k]:
            return False
    return True


@helper
def lit_nocase(b: Any, n: int, i: int, word: bytes) -> bool:
    """Whether ``word``, given in lower case, stands at ``i`` in any case."""
    m = len(word)
    if i < 0 or i + m > n:
        return False
    for k in range(m):
        c = int(np.int64(b[i + k]))
        if 65 <= c <= 90:
            c += 32
        if c != word[k]:
            return False
    return True
