"""Findings of a live sensor as they appear: beside the pipeline, whose rooms it uses on logs that grow.

1. Each look reads what came to the current logs, adds it to the evidence of the window, and judges that evidence as a scan would.
2. A finding is told when it is new, or graver than it was told. What was told is kept in a small state file.
3. After a restart the evidence of the window is read again, from the rotated logs too, so that nothing that came meanwhile is lost and no
   period is forgotten; the state file keeps what was told from being told again.

The evidence held is bounded by the window and by :data:`MOST_FLOWS`, the state file by the findings of the window and :data:`MOST_TOLD`.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from pcapscan.errors import InputError, UsageError
from pcapscan.findings import SEVERITIES, Finding
from pcapscan.first import FOR_LOGS
from pcapscan.kernels.together import compile_missing
from pcapscan.pipeline import Batch, Run, Settings, scan
from pcapscan.read import Input, open_zeek
from pcapscan.read.zeek_follow import Follower
from pcapscan.tables import ZeekConnTable, ZeekLogTable

MOST_FLOWS = 2_000_000
"""Flows of the window that are held, the newest; some 600 MB."""

MOST_TOLD = 100_000
"""Findings remembered as told, the latest; some 6 MB of state."""

_VERSION = 1


class Watch:
    """Follows one folder of logs.

    Parameters
    ----------
    folder : Path
    settings : Settings
    state : Path or None
        Where to remember what was told; None: nowhere.
    window_s : float
        Seconds of evidence that are judged together.
    compiling : callable or None
        Told how many kernels have to be compiled first, where any have.

    Attributes
    ----------
    dropped : int
        Flows let go because there were more than :data:`MOST_FLOWS` in the window.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        state: Path | None = None,
        window_s: float = 86_400.0,
        compiling: Callable[[int], None] | None = None,
    ) -> None:
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder of logs")
        compile_missing(FOR_LOGS, compiling)
        self.run = Run([], settings)
        self.dropped = 0
        self._follower = Follower(folder)
        self._state, self._window_ns = state, int(window_s * 1e9)
        self._told: dict[str, tuple[int, int]] = self._remembered()
        self._batches: deque[Batch] = deque()
        self._inputs: dict[str, Input] = {}
        self._newest = 0
        self._begun = False

    def look(self, now_s: float | None = None) -> list[Finding]:
        """Read what came, and give the findings that are new, the gravest first; they are told once they were :meth:`told`."""
        fresh = 0
        now = time.time() if now_s is None else now_s
        self.run.settings = replace(self.run.settings, now_ns=int(now * 1e9))
        for table in self._rows(now):
            batch = self.run.told(self._inputs[self._path], table)
            if len(batch):
                self._newest = max(self._newest, int(batch.flows.first_ns.max()))
                self._batches.append(batch)
                fresh += len(batch)
        self._forget()
        if not fresh:
            return []
        document = scan(self.run, iter(self._batches))
        return [f for f in document.findings if SEVERITIES.index(f.severity) > self._told.get(f.id, (-1, 0))[0]]

    def told(self, findings: list[Finding]) -> None:
        """Remember that these were told."""
        for finding in findings:
            self._told.pop(finding.id, None)
            self._told[finding.id] = (SEVERITIES.index(finding.severity), finding.last_ns)
        oldest = self._newest - self._window_ns
        kept = [(name, said) for name, said in self._told.items() if said[1] >= oldest][-MOST_TOLD:]
        changed = len(kept) != len(self._told) or bool(findings)
        self._told = dict(kept)
        if changed:
            self._remember()

    def wait(self, seconds: float) -> None:
        """Until something stirs in the folder, at most so long."""
        self._follower.wait(seconds)

    def close(self) -> None:
        """Let all files go."""
        self._follower.close()

    def _rows(self, now: float) -> Iterator[ZeekConnTable]:
        """Rows of conn logs; what other logs say goes into the facts."""
        if not self._begun:
            self._begun = True
            archived = self._follower.archived(now - self._window_ns / 1e9)
            for path in sorted(archived, key=lambda p: p.name.startswith("conn")):
                yield from self._conn(str(path), self._archived(path))
        for piece in self._follower.read():
            yield from self._conn(piece.path, piece.tables(self._input(piece.path)))
        # a connection's other logs come before its conn row, or with it: what was said of those that ended is let go
        self.run.zeek.forget(MOST_FLOWS)

    def _archived(self, path: Path) -> Iterator[ZeekConnTable | ZeekLogTable]:
        try:
            reader = open_zeek(self._input(str(path)), digest=False)
        except InputError:
            return
        yield from reader

    def _conn(self, path: str, tables: Iterator[ZeekConnTable | ZeekLogTable]) -> Iterator[ZeekConnTable]:
        self._path = path
        for table in tables:
            if isinstance(table, ZeekConnTable):
                yield table
            else:
                self.run.zeek.add(table)

    def _input(self, path: str) -> Input:
        if path not in self._inputs:
            self._inputs[path] = Input(path, len(self._inputs))
            self.run.inputs.append(self._inputs[path])
        return self._inputs[path]

    def _forget(self) -> None:
        """Let go of batches that lie before the window, and of the oldest beyond the bound."""
        oldest = self._newest - self._window_ns
        while self._batches and int(self._batches[0].flows.first_ns.max()) < oldest:
            self._batches.popleft()
        held = sum(map(len, self._batches))
        while len(self._batches) > 1 and held > MOST_FLOWS:
            gone = len(self._batches.popleft())
            held -= gone
            self.dropped += gone

    def _remembered(self) -> dict[str, tuple[int, int]]:
        if self._state is None or not self._state.exists():
            return {}
        try:
            data = json.loads(self._state.read_text(encoding="utf-8"))
            if data["version"] != _VERSION:
                raise ValueError(f"of version {data['version']}")
            return {str(name): (int(severity), int(last)) for name, (severity, last) in data["told"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{self._state} is no state file of pcapscan watch ({error}); remove it to begin anew") from error

    def _remember(self) -> None:
        if self._state is None:
            return
        try:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            part = self._state.with_name(self._state.name + ".part")
            part.write_text(json.dumps({"version": _VERSION, "told": self._told}, separators=(",", ":")), encoding="utf-8")
            part.replace(self._state)
        except OSError as error:
            raise UsageError(f"{self._state} cannot be written: {error.strerror}") from error
