"""Paths as a user names them -> a list of inputs: files, folders, globs, ``-`` for stdin.

1. The order is the order of the arguments; within a folder or glob it is sorted by name, so that a run is repeatable.
2. A folder is walked to its leaves, each real folder once, so that a loop of symbolic links ends.
3. Nothing is opened here. What cannot be an input (no such file, a FIFO or device that merely lies in a folder) becomes an
   :class:`Input` with a ``problem``, so that it is said and the rest is done.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

STDIN = "-"


class Input(Struct, frozen=True):
    """One thing to read.

    Attributes
    ----------
    path : str
        As the user named it, or as found below a folder; ``-`` is stdin.
    index : int
        Position in the list; ``FlowTable.source`` refers to it.
    problem : str
        Why it cannot be read, where that is known before opening; empty otherwise.
    """

    path: str
    index: int
    problem: str = ""


def find_inputs(paths: Sequence[str | os.PathLike[str]]) -> list[Input]:
    """Every input that the arguments name, each once, in a repeatable order.

    Parameters
    ----------
    paths : sequence of str
        Files, folders (recursive), globs (``**`` allowed), ``-`` for stdin. An explicitly named FIFO or device is read as a
        stream; one that lies in a folder is reported and skipped.

    Returns
    -------
    list of Input
        A file that two arguments reach (also through a symbolic link) stands in it once.
    """
    found: list[Input] = []
    seen: set[str] = set()
    for argument in paths:
        for path, problem in _expand(os.fspath(argument)):
            key = path if path == STDIN else os.path.realpath(path)
            if key not in seen:
                seen.add(key)
                found.append(Input(path, len(found), problem))
    return found


def _expand(argument: str) -> Iterator[tuple[str, str]]:
    if argument == STDIN:
        yield STDIN, ""
    elif os.path.lexists(argument):
        yield from _existing(argument)
    elif glob.has_magic(argument):
        matches = sorted(glob.glob(argument, recursive=True, include_hidden=True))  # noqa: PTH207 - Path.glob refuses absolute patterns
        if not matches:
            yield argument, "no file matches this pattern"
        for match in matches:
            yield from _existing(match, named=False)
    else:
        yield argument, "no such file or folder"


def _existing(path: str, named: bool = True) -> Iterator[tuple[str, str]]:
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        yield path, f"cannot be read: {error.strerror or error}"
        return
    if stat.S_ISDIR(mode):
        yield from _walk(path)
    elif stat.S_ISREG(mode) or named:
        yield path, "" if not stat.S_ISSOCK(mode) else "a socket is no evidence at rest"
    else:
        yield path, _odd_kind(mode)


def _walk(top: str) -> Iterator[tuple[str, str]]:
    """Files below a folder, sorted; each real folder once."""
    visited: set[tuple[int, int]] = set()
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            yield folder, f"folder cannot be read: {error.strerror or error}"
            continue
        below: list[str] = []
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - keeps "./" and ".." as the user wrote them
            try:
                mode = Path(path).stat().st_mode
            except OSError as error:
                yield path, f"cannot be read: {error.strerror or error}"
                continue
            if stat.S_ISDIR(mode):
                below.append(path)
            elif stat.S_ISREG(mode):
                yield path, ""
            else:
                yield path, _odd_kind(mode)
        pending.extend(reversed(below))


def _odd_kind(mode: int) -> str:
    word = next((w for test, w in _KINDS if test(mode)), "special file")
    return f"a {word}, not a file: skipped (name it on the command line to read it as a stream)"


_KINDS = (
    (stat.S_ISFIFO, "FIFO"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "character device"),
    (stat.S_ISBLK, "block device"),
)
