"""Doors of rooms that are entered in part: a name is loaded, with the file where it lives, when it is first asked for.

No name may be that of a file: once the file is loaded, Python gives it where the name was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def opened(room: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make a package's ``__getattr__``.

    Parameters
    ----------
    room : str
        The package's name.
    homes : dict of str to str
        Name to the file it lives in; ``file.name`` where it has another name there.
    """

    def __getattr__(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        file, _, own = homes[name].partition(".")
        return getattr(import_module(f"{room}.{file}"), own or name)

    return __getattr__
