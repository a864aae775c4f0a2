"""Where images are kept, and under which name: one that tells every change of their sources, the compiler and the processor."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

import llvmlite.binding as llvm

PACKAGE = Path(__file__).parents[1]

SHARED = ("kernels", "tables.py")
"""What every room's kernels are made of, beside the room: these helpers, and the layouts and codes of the vocabulary."""


def cache_root() -> Path:
    """Folder that holds compiled kernels: ``$PCAPSCAN_CACHE``, else the user's cache folder, else a temporary one of the user's own."""
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
    user = os.getuid() if hasattr(os, "getuid") else "user"
    root = Path(tempfile.gettempdir()) / f"pcapscan-kernels-{user}"
    root.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and root.stat().st_uid != user:  # machine code of somebody else's is not run
        return Path(tempfile.mkdtemp(prefix="pcapscan-kernels-"))
    return root


def _update(digest: hashlib._Hash, place: Path) -> None:
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())


@cache
def _shared() -> bytes:
    digest = hashlib.sha256()
    for name in SHARED:
        _update(digest, PACKAGE / name)
    features = llvm.get_host_cpu_features().flatten()
    digest.update(f"{version('numba')} {version('llvmlite')} {llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features}".encode())
    return digest.digest()


@cache
def room_cache(room: str) -> Path:
    """Cache folder of one room."""
    digest = hashlib.sha256(_shared())
    place = PACKAGE / room
    _update(digest, place if place.is_dir() else place.with_suffix(".py"))
    return cache_root() / f"{room}-{digest.hexdigest()[:16]}"
