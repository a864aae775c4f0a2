"""Process risk: a program, its path, parent, arguments and signature -> points, each with its reason; the rules are data.

The highest tier's points count, modifiers are added. Unknown is not safe: a process of which only a PID is known has no points, and
that is no acquittal. The rules lie in ``processes.toml`` beside this file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pcapscan.attribute.processes import drive_less, record_time
from pcapscan.errors import KnowledgeError
from pcapscan.findings import Evidence, Process, Reason
from pcapscan.tables import I32, JOIN_OUTCOMES, NO_TIME, Attribution, FlowTable, HostEventTable

SHIPPED = Path(__file__).parent / "processes.toml"
FRESH_NS = 60 * 10**9
_PRIVATE = ((0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0xA9FE_0000, 16), (0x6440_0000, 10), (0x7F00_0000, 8))
_INTERPRETERS = "script-interpreter"


@dataclass(frozen=True)
class Tier:
    """One rule; absent conditions hold."""

    id: str
    points: float
    standalone: bool
    text: str
    names: frozenset[str]
    parents: frozenset[str]
    path: re.Pattern[str] | None
    not_path: re.Pattern[str] | None
    args: re.Pattern[str] | None
    ports_not: frozenset[int]
    below: int

    def holds(self, path: str, command: str | None, parent: str | None, port: int) -> bool:
        """Whether a process on a service port is of this tier."""
        if self.names and program(path) not in self.names:
            return False
        if self.path is not None and not self.path.search(path):
            return False
        if self.not_path is not None and self.not_path.search(path):
            return False
        if self.parents and (parent is None or program(parent) not in self.parents):
            return False
        if self.args is not None and (command is None or not self.args.search(command.lower())):
            return False
        return port not in self.ports_not and port < self.below


@dataclass(frozen=True)
class Rules:
    """Tiers, the most points first, and modifiers by their condition."""

    tiers: tuple[Tier, ...]
    modifiers: dict[str, tuple[float, str]]


@dataclass(frozen=True)
class Risks:
    """What the judgement takes: the fields of ``judge.Processes``."""

    row: I32
    processes: list[Process]
    reasons: list[tuple[Reason, ...]]
    standalone: list[bool]


def program(path: str) -> str:
    r"""Name of a program, lower case, without folder and ``.exe``.

    >>> program("C:\\Windows\\System32\\CMD.EXE")
    'cmd'
    """
    return re.split(r"[\\/]", path.lower())[-1].removesuffix(".exe")


def load_rules(path: Path = SHIPPED) -> Rules:
    """Read the rules; a wrong one is named."""
    try:
        text = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(str(path), "", "", str(error)) from None
    tiers = [_tier(path, entry) for entry in text.get("tier", [])]
    modifiers = {e["when"]: (float(e["points"]), str(e["text"])) for e in text.get("modifier", [])}
    return Rules(tuple(sorted(tiers, key=lambda t: -t.points)), modifiers)


def _tier(path: Path, entry: dict[str, Any]) -> Tier:
    for key in ("id", "points", "text", "source"):
        if key not in entry:
            raise KnowledgeError(str(path), "tier", key, f"is missing in {entry.get('id', '?')}")
    patterns = {}
    for key in ("path", "not_path", "args"):
        try:
            patterns[key] = re.compile(entry[key]) if key in entry else None
        except re.error as error:
            raise KnowledgeError(str(path), "tier", key, f"{entry['id']}: {error}") from None
    return Tier(
        entry["id"], float(entry["points"]), bool(entry.get("standalone")), entry["text"], frozenset(entry.get("name", ())),
        frozenset(entry.get("parent", ())), patterns["path"], patterns["not_path"], patterns["args"],
        frozenset(entry.get("ports_not", ())), int(entry.get("below", 1 << 16)),
    )  # fmt: skip


def _is_private(hi: int, lo: int) -> bool:
    if hi == 0 and lo >> 32 == 0xFFFF:
        return any((lo & 0xFFFF_FFFF) >> (32 - bits) == net >> (32 - bits) for net, bits in _PRIVATE)
    return hi >> 57 == 0x7E or hi >> 54 == 0x3FA or (hi == 0 and lo == 1)


def risks(flows: FlowTable, events: HostEventTable, found: Attribution, sources: Sequence[str], rules: Rules | None = None) -> Risks:
    """Who made each flow, and what is risky about that.

    Parameters
    ----------
    flows, events, found
        What was joined, and the answer.
    sources : sequence of str
        Input names by index.
    rules : Rules or None
        None: the shipped ones.

    Returns
    -------
    Risks
        One process for each (event's process, end, service, kind of place); a flow's client, else its server.
    """
    rules = load_rules() if rules is None else rules
    row = np.full(len(flows), -1, np.int32)
    answer = Risks(row, [], [], [])
    seen: dict[tuple[Any, ...], int] = {}
    for flow in np.flatnonzero((found.flow_event >= 0).any(axis=1)).tolist():
        side = 0 if found.flow_event[flow, 0] >= 0 else 1
        event = int(found.flow_event[flow, side])
        port = int(flows.resp_p[flow])
        private = _is_private(int(flows.resp_hi[flow]), int(flows.resp_lo[flow]))
        metadata = int(flows.resp_lo[flow]) == 0xFFFF_A9FE_A9FE and int(flows.resp_hi[flow]) == 0
        key = (
            int(events.host[event]),
            int(events.guid[event]),
            int(events.pid[event]),
            int(found.image[event]),
            side,
            port,
            private,
            metadata,
        )
        if key not in seen:
            seen[key] = len(answer.processes)
            process = _process(events, found, event, side, sources)
            answer.processes.append(process)
            reasons, alone = score(rules, process, port if side == 0 else 0, private, metadata, _fresh(events, found, event),
                                   int(events.signed[event]))  # fmt: skip
            answer.reasons.append(reasons if side == 0 else ())
            answer.standalone.append(alone and side == 0)
        row[flow] = seen[key]
    return answer


def score(
    rules: Rules, process: Process, port: int, private: bool, metadata: bool = False, fresh: bool = False, signed: int = -1
) -> tuple[tuple[Reason, ...], bool]:
    """Reasons of one process on one service port, and whether they make a finding of their own."""
    if process.image is None:
        return (), False
    path = drive_less(process.image).lower()
    tier = next((t for t in rules.tiers if t.holds(path, process.command_line, process.parent, port)), None)
    if tier is None:
        return (), False
    conditions = {"private": private and not metadata, "fresh": fresh, "unsigned": signed == 0,
                  "metadata": metadata and tier.id == _INTERPRETERS}  # fmt: skip
    reasons = [Reason("process", tier.id, tier.points, f"{process.image}: {tier.text}", evidence=process.evidence)]
    reasons += [
        Reason("process", word, points, f"{process.image}: {text}", evidence=process.evidence)
        for word, (points, text) in rules.modifiers.items()
        if conditions.get(word)
    ]  # fmt: skip
    return tuple(reasons), tier.standalone


def _process(events: HostEventTable, found: Attribution, event: int, side: int, sources: Sequence[str]) -> Process:
    start = int(found.started[event])
    image = int(found.image[event])
    told = events.text("image", event) if image < 0 else events.strings[image]

    def either(column: str) -> str | None:
        return events.text(column, event) or (events.text(column, start) if start >= 0 else None)

    return Process(
        host=events.text("host", event) or "", side=("orig", "resp")[side], image=told,
        pid=int(events.pid[event]) if events.pid[event] >= 0 else None, guid=events.text("guid", event), user=either("user"),
        command_line=either("command_line"), parent=either("parent_image"), outcome=JOIN_OUTCOMES[int(found.outcome[event])],
        evidence=tuple(
            Evidence(sources[int(events.source[r])], int(events.line[r]) if events.line[r] >= 0 else None)
            for r in (event, start)
            if r >= 0
        ),
    )  # fmt: skip


def _fresh(events: HostEventTable, found: Attribution, event: int) -> bool:
    start = int(found.started[event])
    if start < 0:
        return False
    times = record_time(events.take(np.array([start, event])))
    return bool((times != NO_TIME).all()) and 0 <= int(times[1]) - int(times[0]) < FRESH_NS
