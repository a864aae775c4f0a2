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

import numpy as np

# numba loads scipy, where there is one, for linear algebra that no kernel of ours uses: 80 ms of every start. It is prepared for its absence.
_HIDE_SCIPY = "scipy" not in sys.modules
if _HIDE_SCIPY:
    sys.modules["scipy"] = None  # type: ignore[assignment]  # an import of it fails now
try:
    import numba
    import numba.core.compiler_lock
    import numba.core.sigutils
    import numba.np.arraymath
finally:
    if _HIDE_SCIPY:
        del sys.modules["scipy"]

F = TypeVar("F", bound=Callable[..., Any])

# numba's own annotations cover what it exports, not what is reached for here.
_numba: Any = numba
njit: Any = numba.njit

JIT = not _numba.config.DISABLE_JIT
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
        before = _numba.config.CACHE_DIR
        _numba.config.CACHE_DIR = str(room_cache(room))
        try:
            compiled: F = njit(signature, cache=True, nogil=True, **options)(function)
        finally:
            _numba.config.CACHE_DIR = before
        return compiled

    return decorate


def helper(function: F) -> F:
    """Compile into its callers: no signature, no cache of its own, no memory of its own.

    It takes arrays and gives numbers. numba would count a reference at every call that passes an array, and these counts are most
    of what a small function costs; without them (``_nrt=False``) numba refuses whatever would need them.
    """
    return _helper(function, False)


def allocating_helper(function: F) -> F:
    """A helper that makes arrays, and so counts references."""
    return _helper(function, True)


def _helper(function: F, counting: bool) -> F:
    compiled = njit(nogil=True)(function)
    if JIT:
        inner = _Inner(function, counting)
        compiled.get_call_template, compiled.get_overload = inner.get_call_template, inner.get_overload
    result: F = compiled
    return result


class _Inner:
    """How a helper is compiled when a kernel calls it: once for all integers, and as no more than code to be linked into the caller.

    numba by itself would compile it anew for every constant argument and every width of integer (some hundred versions of
    :func:`u8`), and each version with two wrappers for Python and machine code of its own, which nobody calls: three
    quarters of the time. Called from Python, as tests do, a helper is compiled in numba's own way.
    """

    def __init__(self, function: Any, counting: bool) -> None:
        self._dispatcher = dispatcher = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=counting)(function)
        self._choose = dispatcher.get_call_template
        self._compiler = dispatcher._compiler
        self._compiler._customize_flags = _link_only
        dispatcher.compile = self._compile

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self._choose(tuple(_widen(a) for a in args), {key: _widen(a) for key, a in kws.items()})

    def get_overload(self, signature: Any) -> Any:
        return self._dispatcher.get_overload(signature)

    def _compile(self, signature: Any) -> Any:
        args, returns = _numba.core.sigutils.normalize_signature(signature)
        known = self._dispatcher.overloads.get(tuple(args))
        if known is not None:
            return known.entry_point
        with _numba.core.compiler_lock.global_compiler_lock, self._dispatcher._compiling_counter:
            # What stands for the code's address is only a key, by which the caller finds what to link.
            made = self._compiler.compile(args, returns)._replace(entry_point=_Key())
        self._dispatcher.targetctx.insert_user_function(made.entry_point, made.fndesc, [made.library])
        self._dispatcher.overloads[tuple(made.signature.args)] = made
        return made.entry_point


class _Key:
    """An object that is equal to itself only."""


def _link_only(flags: Any) -> Any:
    flags.no_compile = True
    return flags


def _widen(kind: Any) -> Any:
    kind = _numba.types.unliteral(kind)
    if isinstance(kind, _numba.types.Integer) and kind.signed and kind.bitwidth < 64:
        return _numba.types.int64
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
