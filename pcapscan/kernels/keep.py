"""Where images are kept, and under which name: one that tells every change of their sources, the compiler and the processor."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

from pcapscan.cache import cache_root, keep

PACKAGE = Path(__file__).parents[1]

SHARED = ("kernels", "tables.py")
"""What every room's kernels are made of, beside the room: these helpers, and the layouts and codes of the vocabulary."""


SETTLED_NS = 2_000_000_000
"""Nanoseconds after which a file's times tell every change of it: a clock that ticks slowly could give two changes one time."""


def _digest(place: Path) -> bytes:
    """SHA-256 of the sources in a place, worked out anew only where a file of them has another time or size than when it was."""
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    seen = hashlib.sha256()
    latest = 0
    for path in paths:
        state = path.stat()
        seen.update(f"{path} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}\n".encode())
        latest = max(latest, state.st_mtime_ns, state.st_ctime_ns)
    note = cache_root() / "sources" / seen.hexdigest()[:32]
    try:
        known = bytes.fromhex(note.read_bytes().decode())  # as UTF-8, for which no thread has to import a codec
        if len(known) == 32:
            return known
    except (OSError, ValueError):
        pass
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    if latest < time.time_ns() - SETTLED_NS:
        keep(note, digest.hexdigest().encode())
    return digest.digest()


def _compiler() -> bytes:
    """Versions of what compiles, without importing it."""
    told = b""
    for name in ("numba", "llvmlite"):
        found = find_spec(name)
        try:
            told += (Path(found.origin or "").parent / "_version.py").read_bytes() if found else b""
        except OSError:
            from importlib.metadata import version

            told += version(name).encode()
    return told


def _processor() -> str:
    """What kind of processor this is: code made for one may hold instructions that another has not."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            first = list(takewhile(str.strip, file))  # each processor's lines end with an empty one
    except OSError:
        first = []
    kept = ("vendor_id", "cpu family", "model", "model name", "flags")
    lines = sorted(line for line in first if line.partition(":")[0].strip() in kept)
    if len(lines) < len(kept):  # another system, or another architecture
        import llvmlite.binding as llvm

        return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    return f"{sys.platform} {os.uname().machine} {sys.maxsize} {''.join(lines)}"


@cache
def _shared() -> bytes:
    digest = hashlib.sha256()
    for name in SHARED:
        digest.update(_digest(PACKAGE / name))
    digest.update(_compiler())
    digest.update(_processor().encode())
    return digest.digest()


@cache
def room_cache(room: str) -> Path:
    """Cache folder of one room."""
    digest = hashlib.sha256(_shared())
    place = PACKAGE / room
    digest.update(_digest(place if place.is_dir() else place.with_suffix(".py")))
    return cache_root() / f"{room}-{digest.hexdigest()[:16]}"
