"""Where images are kept, and under which name: one that tells every change of their sources, the compiler and the processor."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from pcapscan.cache import cache_root

PACKAGE = Path(__file__).parents[1]

SHARED = ("kernels", "tables.py")
"""What every room's kernels are made of, beside the room: these helpers, and the layouts and codes of the vocabulary."""


def _update(digest: hashlib._Hash, place: Path) -> None:
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())


def _numba() -> bytes:
    """What tells versions of numba apart, without importing it (nor the reader of packages' metadata, which takes as long as ten kernels)."""
    found = find_spec("numba")
    told = Path(found.origin).with_name("_version.py") if found is not None and found.origin else None
    if told is not None and told.exists():
        return told.read_bytes()
    from importlib.metadata import version

    return version("numba").encode()


@cache
def _shared() -> bytes:
    digest = hashlib.sha256()
    for name in SHARED:
        _update(digest, PACKAGE / name)
    digest.update(_numba())
    features = llvm.get_host_cpu_features().flatten()
    digest.update(f"{llvmlite.__version__} {llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features}".encode())
    return digest.digest()


@cache
def room_cache(room: str) -> Path:
    """Cache folder of one room."""
    digest = hashlib.sha256(_shared())
    place = PACKAGE / room
    _update(digest, place if place.is_dir() else place.with_suffix(".py"))
    return cache_root() / f"{room}-{digest.hexdigest()[:16]}"
