"""Where is kept what was made once and can be made again: machine code, knowledge as it was parsed, tables that were worked out. A folder of the user's own.

The name of everything kept tells what it was made of, so that nothing there is ever out of date.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cache_root() -> Path:
    """The folder: ``$PCAPSCAN_CACHE``, else below the user's cache folder, else a temporary one of the user's own."""
    named = os.environ.get("PCAPSCAN_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or _temporary())
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
    root = _temporary() / f"pcapscan-kernels-{user}"
    root.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and root.stat().st_uid != user:  # machine code of somebody else's is not run
        import tempfile

        return Path(tempfile.mkdtemp(prefix="pcapscan-kernels-"))
    return root


def _temporary() -> Path:
    import tempfile  # it takes long to load, and is seldom asked for

    return Path(tempfile.gettempdir())


def keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; where nothing can be written, it is made again next time."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(made).replace(path)
    except OSError:
        return


def parsed(source: bytes, name: str, parse: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    """What ``parse`` gives for ``source``, kept as JSON under ``name`` and the digest of the source.

    What JSON cannot say (dates) is not kept.
    """
    path = cache_root() / f"{name}-{hashlib.sha256(source).hexdigest()[:32]}.json"
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    except (OSError, ValueError, RecursionError):
        pass
    made = parse(source)
    with suppress(TypeError, ValueError):
        keep(path, json.dumps(made, allow_nan=False).encode())
    return made


def arrays(name: str, sources: Sequence[bytes], make: Callable[[], Sequence[NDArray[Any]]]) -> list[NDArray[Any]]:
    """The arrays that ``make`` gives, kept under ``name`` and the digest of the ``sources`` that they are made of, and of numpy's version."""
    import numpy as np
    from numpy.lib.format import read_array, write_array

    digest = hashlib.sha256(np.__version__.encode())
    for source in sources:
        digest.update(len(source).to_bytes(8, "little") + source)
    path = cache_root() / f"{name}-{digest.hexdigest()[:32]}.npy"
    with (
        suppress(Exception),
        path.open("rb") as file,
    ):  # numpy's reader raises many kinds for a file that is spoiled, and each means the same
        if count := int.from_bytes(file.read(1), "little"):
            return [read_array(file, allow_pickle=False) for _ in range(count)]
    made = list(make())
    out = BytesIO()
    out.write(len(made).to_bytes(1, "little"))
    for array in made:
        write_array(out, array, allow_pickle=False)
    keep(path, out.getvalue())
    return made
