"""Current logs of a live sensor, as they grow: through rotation, whole lines only, from where the last look ended.

1. A log is followed by its open file: when Zeek renames it and begins another one, what was still written to the old file is read to
   its end, then the new one from its beginning.
2. A line is given when its end is there; the last line of a rotated file also without one.
3. The folder is watched by zat's ``DirWatcher``, and read by a tailer of zat's kind that does what its own can't: it reads bytes (zat's
   decodes as UTF-8 and fails at the first byte that is none), keeps a line together that was written in two parts, and knows
   where it is, so that the next look begins there.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace
from zat.utils.dir_watcher import DirWatcher
from zat.utils.file_tailer import FileTailer

from pcapscan.errors import InputError
from pcapscan.read.inputs import Input
from pcapscan.read.sources import RawSource
from pcapscan.read.streams import Stream
from pcapscan.read.zeek import ZeekReader, open_zeek
from pcapscan.read.zeek_fields import LOGS
from pcapscan.tables import ZeekConnTable, ZeekLogTable

CHUNK = 32 << 20
"""Bytes read at a time."""

MAX_PART = 8 << 20
"""Longest line that is waited for (bytes); a longer one is passed over, as the reader of whole files does."""

_KINDS = "|".join(["conn", *LOGS])
_CURRENT = re.compile(rf"({_KINDS})(_red|_long)?\.log")
_ROTATED = re.compile(rf"({_KINDS})[._-].*\.log(\.(gz|zst|bz2|xz|lz4))?")


class Piece(Struct, frozen=True):
    """Whole lines that came to a log.

    Attributes
    ----------
    path : str
        The log as it is called now.
    header : bytes
        The ``#`` lines above them.
    lines : bytes
    line : int
        Lines of the file before them.
    offset : int
        Bytes of the file before them.
    """

    path: str
    header: bytes
    lines: bytes
    line: int
    offset: int

    def tables(self, source: Input) -> Iterator[ZeekConnTable | ZeekLogTable]:
        """Rows, numbered by their place in the file; what is no row is left out."""
        with tempfile.TemporaryFile() as file:
            file.write(self.header + self.lines)
            file.seek(0)
            try:
                reader = open_zeek(Stream(source, False, raw=RawSource(file, False)))
            except InputError:
                return
            yield from self._moved(reader)

    def _moved(self, reader: ZeekReader) -> Iterator[ZeekConnTable | ZeekLogTable]:
        lines, size = self.line - self.header.count(b"\n"), self.offset - len(self.header)
        for table in reader:
            yield replace(table, line=table.line + lines, offset=table.offset + size)


class Tailer(FileTailer):  # type: ignore[misc]  # zat has no types
    """Follows one log by its open file."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), tail=False)
        self.path = path
        self._file: IO[bytes] | None = None
        self._begin()

    def _begin(self) -> None:
        self._offset = self._line = 0
        self._header, self._skipping = b"", False

    def open(self) -> bool:
        """Open the log if it is there and not open yet; whether it is open now."""
        if self._file is None:
            try:
                self._file = self.path.open("rb", buffering=0)
            except OSError:
                return False
            self._begin()
        return True

    @property
    def inode(self) -> tuple[int, int] | None:
        """Device and inode of the file that is open."""
        if self._file is None:
            return None
        there = os.fstat(self._file.fileno())
        return there.st_dev, there.st_ino

    def _rotated(self) -> bool:
        """Whether the name belongs to another file by now, or to none."""
        try:
            there = self.path.stat()
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != self.inode

    def read(self) -> Iterator[Piece]:
        """What came since the last call."""
        while self.open():
            rotated = self._rotated()  # asked before reading: what is written until then is read
            yield from self._grown(rotated)
            if not rotated:
                return
            self.close()

    def _grown(self, ended: bool) -> Iterator[Piece]:
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size < self._offset:  # cut in place: a new log in the old file
            self._begin()
        while True:
            self._file.seek(self._offset)
            data = self._file.read(CHUNK)
            if not data:
                return
            all_there = len(data) < CHUNK
            if self._skipping:
                end = data.find(b"\n") + 1
                self._skipping = not end
                self._offset += end or len(data)
                self._line += bool(end)
                continue
            end = len(data) if ended and all_there else data.rfind(b"\n") + 1
            if end:
                yield from self._piece(data[:end])
            elif len(data) > MAX_PART:
                self._skipping = True
                self._offset += len(data)
            else:
                return

    def _piece(self, data: bytes) -> Iterator[Piece]:
        """Lines below one header: where another begins, another piece."""
        at = 0
        while at < len(data):
            if data[at : at + 1] == b"#":
                stop = data.find(b"\n", at) + 1 or len(data)
                line = data[at:stop]
                self._header = (
                    line if line.startswith(b"#separator") else self._header + line * (not line.startswith((b"#close", b"#open")))
                )
            else:
                mark = data.find(b"\n#", at)
                stop = mark + 1 if mark >= 0 else len(data)
                yield Piece(str(self.path), self._header, data[at:stop], self._line, self._offset)
            self._offset += stop - at
            self._line += data.count(b"\n", at, stop) + (stop == len(data) and not data.endswith(b"\n"))
            at = stop

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Follower:
    """Follows the current logs of a sensor's folder (and of its ``current/``), those that appear later too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tailers: dict[Path, Tailer] = {}
        self._stirred = threading.Event()
        self._watching = False

    def _places(self) -> list[Path]:
        here = [p for p in (self.folder, self.folder / "current") if p.is_dir()]
        return sorted({p for place in here for p in place.glob("*.log") if _CURRENT.fullmatch(p.name) and p.is_file()})

    def read(self) -> Iterator[Piece]:
        """What came to any log since the last call: conn logs last, when what the others say is known."""
        for path in self._places():
            self._tailers.setdefault(path, Tailer(path))
        for path in sorted(self._tailers, key=lambda p: (p.name.startswith("conn"), p)):
            yield from self._tailers[path].read()

    def archived(self, since_s: float) -> list[Path]:
        """Rotated logs changed since then (seconds of the epoch), none of those that are followed."""
        for path in self._places():
            tailer = self._tailers.setdefault(path, Tailer(path))
            tailer.open()
        open_now = {t.inode for t in self._tailers.values()}
        found = []
        for path in sorted(self.folder.rglob("*.log*")):
            if not _ROTATED.fullmatch(path.name) or path in self._tailers:
                continue
            try:
                there = path.stat()
            except OSError:
                continue
            if there.st_mtime >= since_s and (there.st_dev, there.st_ino) not in open_now:
                found.append(path)
        return found

    def wait(self, seconds: float) -> None:
        """Until something stirs in the folder, at most so long."""
        if not self._watching:
            self._watching = True
            for place in {self.folder, self.folder / "current"}:
                if place.is_dir():
                    DirWatcher(str(place), self._stir)
        self._stirred.wait(seconds)
        self._stirred.clear()

    def _stir(self, path: str) -> None:
        self._stirred.set()

    def close(self) -> None:
        """Let all files go."""
        for tailer in self._tailers.values():
            tailer.close()


__all__ = ["Follower", "Piece", "Tailer"]
