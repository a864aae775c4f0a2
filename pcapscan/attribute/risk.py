"""Process risk: a program, its path, parent, arguments and signature -> points, each with its reason; the rules are data.

The highest tier's points count, modifiers are added. Unknown is not safe: a process of which only a PID is known has no points, and
that is no acquittal. A suppression needs what the program is by path or signature and where it goes; it is told, and hides a finding
only where every connection of it is so excused. The rules are :mod:`pcapscan.attribute.process_rules`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from pcapscan.attribute.hosts import host_codes
from pcapscan.attribute.keys import codes, mixed
from pcapscan.attribute.process_rules import Rules, Spot, Window, is_listed, load_rules, network
from pcapscan.attribute.processes import drive_less, record_time
from pcapscan.attribute.reference_rule import within
from pcapscan.findings import Evidence, Process, Reason
from pcapscan.tables import F64, I16, I32, I64, JOIN_OUTCOMES, NO_TIME, Attribution, Bool, FlowTable, HostEventTable

T = TypeVar("T")

FRESH_NS = 60 * 10**9
MANY = 20
"""Places of one process beyond which it is no single channel."""

_METADATA = "169.254.169.254"
_INTERPRETERS = "script-interpreter"
PRIVATE_PLACES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")
LOOPBACK, MULTICAST = ("127.0.0.0/8", "::1/128"), ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")
_PRIVATE = tuple(ip_network(n) for n in PRIVATE_PLACES)


class Spoken(Struct, frozen=True):
    """What the flows spoke, row for row: index of the protocol and of the server's name, -1 none."""

    protocol: I16
    names: Sequence[str]
    server_name: I32
    strings: Sequence[str]


class Risks(Struct, frozen=True):
    """What the judgement takes: the fields of ``judge.Processes``. Objects are made where they are asked for, columns hold the rest.

    Attributes
    ----------
    row, server : int32[n]
        For each flow an entry; -1 none.
    processes, reasons, hidden : sequence
        By entry.
    standalone, excused : bool[k]
    points, tier : float64[k]
        Sum of the reasons, and of the tier alone.
    metadata : bool[k]
        An interpreter at the cloud's metadata address.
    """

    row: I32
    server: I32
    processes: Sequence[Process]
    reasons: Sequence[tuple[Reason, ...]]
    standalone: Bool
    hidden: Sequence[tuple[str, str] | None]
    points: F64
    tier: F64
    excused: Bool
    metadata: Bool


class _Lazy(Sequence[T]):
    """A sequence whose items are made when they are asked for."""

    def __init__(self, length: int, make: Callable[[int], T]) -> None:
        self._length, self._make = length, make

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: Any) -> Any:
        if not 0 <= at < self._length:
            raise IndexError(at)
        return self._make(at)


def _address(hi: int, lo: int) -> str:
    return str(ip_address(lo & 0xFFFF_FFFF)) if hi == 0 and lo >> 32 == 0xFFFF else str(ip_address((hi << 64 | lo).to_bytes(16, "big")))


def place_of(address: str) -> str:
    """Word of :data:`PLACES`.

    >>> place_of("10.0.0.1"), place_of("fe80::1"), place_of("203.0.113.1"), place_of("::1"), place_of("224.0.0.252")
    ('private', 'private', 'public', 'loopback', 'multicast')
    """
    where = ip_address(address)
    if where.is_multicast or str(where) == "255.255.255.255":
        return "multicast"
    if where.is_loopback:
        return "loopback"
    return "private" if any(where.version == n.version and where in n for n in _PRIVATE) else "public"


def risks(
    flows: FlowTable, events: HostEventTable, found: Attribution, sources: Sequence[str], rules: Rules | None = None,
    spoken: Spoken | None = None,
) -> Risks:  # fmt: skip
    """Who made each flow, and what is risky about that.

    Parameters
    ----------
    flows, events, found
        What was joined, and the answer.
    sources : sequence of str
        Input names by index.
    rules : Rules or None
        None: the shipped ones.
    spoken : Spoken or None
        Row for row with the flows; None: nothing is known of that.

    Returns
    -------
    Risks
        One process for each (event's process, end, service, place); of a flow its client, and its server beside.
    """
    rules = load_rules() if rules is None else rules
    n = len(flows)
    host, _ = host_codes(events)
    marks = _Marks(flows, events, found, host, rules, spoken)
    slots = [np.full(n, -1, np.int32), np.full(n, -1, np.int32)]
    entry_event, entry_code = [], []
    scored: list[tuple[tuple[Reason, ...], bool, tuple[str, str] | None]] = [((), False, None)]
    count = 0
    for side in (0, 1):
        rows = np.flatnonzero(found.flow_event[:, side] >= 0) if n else np.zeros(0, np.int64)
        event = found.flow_event[rows, side]
        what = marks.columns(rows, event)
        where = (flows.resp_hi[rows], flows.resp_lo[rows])
        kind, _ = codes(mixed(host[event], events.guid[event], events.pid[event], found.started[event], *where, *what))
        _, first = np.unique(kind, return_index=True)
        slots[side][rows] = kind + count
        count += len(first)
        entry_event.append(event[first])
        if side:
            entry_code.append(np.zeros(len(first), np.int64))
            continue
        code, _ = codes(mixed(*(column[first] for column in what)))
        _, example = np.unique(code, return_index=True)
        entry_code.append(code + len(scored))
        for at in first[example].tolist():
            process = _process(events, found, int(event[at]), 0, sources)
            scored.append(score(rules, process, marks.spot(int(rows[at]), int(event[at]))))
    only = (slots[0] < 0) & (slots[1] >= 0)
    slots[0][only] = slots[1][only]
    slots[1][only] = -1
    at_event, at_code = np.concatenate(entry_event), np.concatenate(entry_code)
    clients = len(entry_event[0])

    def process_of(k: int) -> Process:
        return _process(events, found, int(at_event[k]), int(k >= clients), sources)

    def reasons_of(k: int) -> tuple[Reason, ...]:
        evidence = process_of(k).evidence
        return tuple(replace(r, evidence=evidence) for r in scored[at_code[k]][0])

    def column(of: Callable[[Any], Any], dtype: Any) -> Any:
        return np.array([of(s) for s in scored], dtype)[at_code]

    tiers = {t.id for t in rules.tiers}
    return Risks(
        slots[0], slots[1], _Lazy(count, process_of), _Lazy(count, reasons_of), column(lambda s: s[1], np.bool_),
        _Lazy(count, lambda k: scored[at_code[k]][2]), column(lambda s: sum(r.points for r in s[0]), np.float64),
        column(lambda s: sum(r.points for r in s[0] if r.value in tiers), np.float64), column(lambda s: s[2] is not None, np.bool_),
        column(lambda s: any(r.value == "metadata" for r in s[0]), np.bool_),
    )  # fmt: skip


class _Marks:
    """What is known of flows and their clients beyond the process itself, as columns."""

    def __init__(
        self, flows: FlowTable, events: HostEventTable, found: Attribution, host: I64, rules: Rules, spoken: Spoken | None
    ) -> None:
        self.flows, self.events, self.found, self.spoken = flows, events, found, spoken
        n = len(flows)
        client = found.flow_event[:, 0] if n else np.zeros(0, np.int64)
        rows = np.flatnonzero(client >= 0)
        event = client[rows]
        self.fresh = np.zeros(n, np.bool_)
        started = found.started[event]
        times = record_time(events)
        begun = np.where(started >= 0, times[started], NO_TIME)
        age = np.where((begun != NO_TIME) & (times[event] != NO_TIME), times[event] - np.where(begun == NO_TIME, 0, begun), -1)
        self.fresh[rows] = (age >= 0) & (age < FRESH_NS)
        process, _ = codes(host[event], events.guid[event], np.where(events.guid[event] >= 0, -1, events.pid[event]))
        place = mixed(flows.resp_hi[rows], flows.resp_lo[rows], flows.resp_p[rows])
        self.many = np.zeros(n, np.bool_)
        self.many[rows] = _distinct(process, place) > MANY
        service, _ = codes(found.image[event], flows.resp_p[rows])
        self.peers = np.ones(n, np.int64)
        self.peers[rows] = _distinct(service, host[event].astype(np.uint64))
        most = max([MANY, *(e.common for e in rules.excuses)])
        self.peers = np.minimum(self.peers, most + 1)
        self.raw = np.zeros(n, np.bool_)
        self.raw[rows] = _unasked(events, host, host[event], flows.resp_hi[rows], flows.resp_lo[rows])
        if spoken is not None and n:
            self.raw &= spoken.server_name < 0
        self.authorized = np.zeros(n, np.bool_)
        for window in rules.windows:
            self.authorized |= _inside(flows, window)
        self.place = _places(flows, rules)
        self.named = np.full(n, -1, np.int64)
        if spoken is not None and n:
            self.named = _names(spoken, rules)

    def columns(self, rows: I64, event: I64) -> tuple[Any, ...]:
        """All that a score depends on: the program, its parent and arguments, and the place as far as any rule asks."""
        e, flows, start = self.events, self.flows, self.found.started[event]

        def either(column: I32) -> Any:
            return np.where(column[event] >= 0, column[event], np.where(start >= 0, column[start], -1))

        image = np.where(self.found.image[event] >= 0, self.found.image[event], e.image[event])
        program_ = (image, either(e.command_line), either(e.parent_image), either(e.original_name), e.signed[event], e.signer[event])
        place = (flows.resp_p[rows], flows.proto[rows], self.place[rows], self.fresh[rows], self.many[rows], self.peers[rows],
                 self.raw[rows], self.authorized[rows])  # fmt: skip
        told = () if self.spoken is None else (self.spoken.protocol[rows], self.named[rows])
        return (*program_, *place, *told)

    def spot(self, row: int, event: int) -> Spot:
        flows, events, start = self.flows, self.events, int(self.found.started[event])
        address = _address(int(flows.resp_hi[row]), int(flows.resp_lo[row]))
        protocol, name = "", None
        if self.spoken is not None:
            code, index = int(self.spoken.protocol[row]), int(self.spoken.server_name[row])
            protocol, name = self.spoken.names[code] if code >= 0 else "", self.spoken.strings[index] if index >= 0 else None
        original = events.text("original_name", event) or (events.text("original_name", start) if start >= 0 else None)
        return Spot(
            int(flows.resp_p[row]), place_of(address), int(flows.proto[row]), address, protocol, name, bool(self.fresh[row]),
            bool(self.raw[row]), bool(self.many[row]), int(events.signed[event]), events.text("signer", event), int(self.peers[row]),
            original, bool(self.authorized[row]),
        )  # fmt: skip


def _places(flows: FlowTable, rules: Rules) -> I64:
    """A code for what any rule can ask of an address: its class, the addresses and networks that are listed."""
    hi, lo = flows.resp_hi, flows.resp_lo
    nets: list[tuple[str, ...]] = [PRIVATE_PLACES, LOOPBACK, MULTICAST]
    nets += [(f"{a}/32",) for a in sorted({_METADATA, *(a for e in rules.excuses for a in e.addresses)})]
    nets += [(str(net),) for entries in rules.lists.values() for entry in entries if (net := network(str(entry))) is not None]
    code = np.zeros(len(flows), np.uint64)
    for group in nets:
        code = mixed(code, within(hi, lo, group))
    answer: I64 = code.view(np.int64)
    return answer


def _names(spoken: Spoken, rules: Rules) -> I64:
    """For each flow -1 without a server's name, its index where a list holds it, else -2."""
    wanted = [str(entry) for entries in rules.lists.values() for entry in entries if network(str(entry)) is None]
    known = np.unique(spoken.server_name[spoken.server_name >= 0]).tolist()
    table = np.full(len(spoken.strings) + 1, -2, np.int64)
    table[-1] = -1
    for index in known:
        if any(is_listed(entry, Spot(0, server_name=spoken.strings[index])) for entry in wanted):
            table[index] = index
    return table[spoken.server_name]


def _distinct(owner: I64, member: Any) -> I64:
    """For each row how many distinct members its owner has."""
    if not len(owner):
        return np.zeros(0, np.int64)
    _, at = np.unique(mixed(owner, member), return_index=True)
    answer: I64 = np.bincount(owner[at], minlength=int(owner.max()) + 1)[owner]
    return answer


def _unasked(events: HostEventTable, host: I64, who: I64, hi: Any, lo: Any) -> Bool:
    """Which (host, address) no DNS answer of that host named, where any of its questions is known."""
    asked = np.flatnonzero((events.kind == 4) & (events.details >= 0))
    known: list[tuple[int, int, int]] = []
    for h, index in sorted({(int(h), int(i)) for h, i in zip(host[asked].tolist(), events.details[asked].tolist(), strict=True)}):
        for text in events.strings[index].split(";"):
            try:
                address = ip_address(text.strip())
            except ValueError:
                continue
            number = int(address) if address.version == 6 else 0xFFFF_0000_0000 | int(address)
            known.append((h, number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF))
    talkers = np.unique(host[asked])
    if not known:
        return np.isin(who, talkers)
    columns = [np.array(c, np.uint64) for c in zip(*known, strict=True)]
    answer: Bool = np.isin(who, talkers) & ~np.isin(mixed(who, hi, lo), mixed(*columns))
    return answer


def _inside(flows: FlowTable, window: Window) -> Bool:
    inside = (flows.first_ns >= window.start_ns) & (flows.last_ns <= window.end_ns)
    for side, nets in (("orig", window.sources), ("resp", window.targets)):
        hit = np.zeros(len(flows), np.bool_)
        for row in np.flatnonzero(inside).tolist():
            where = ip_address(_address(int(getattr(flows, f"{side}_hi")[row]), int(getattr(flows, f"{side}_lo")[row])))
            hit[row] = any(where.version == n.version and where in n for n in nets)
        inside &= hit
    return inside


def score(rules: Rules, process: Process, spot: Spot) -> tuple[tuple[Reason, ...], bool, tuple[str, str] | None]:
    """Reasons of one process at one place, whether they make a finding of their own, and the rule that hides it (id, why)."""
    if process.image is None:
        return (), False, None
    path = drive_less(process.image).lower()
    tier = next((t for t in rules.tiers if t.holds(path, process.command_line, process.parent, spot)), None)
    reasons: list[Reason] = []

    def add(word: str, points: float, text: str) -> None:
        if points:
            reasons.append(Reason("process", word, points, f"{process.image}: {text}", evidence=process.evidence))

    hidden: tuple[str, str] | None = None
    excuses = [e for e in rules.excuses if e.fits(path, spot)]
    if tier is not None and not any(e.effect == "acquit" and rules.listed(e, spot) for e in excuses):
        metadata = spot.address == _METADATA
        conditions = {
            "private": spot.place in ("private", "loopback") and not metadata, "fresh": spot.fresh, "unsigned": spot.signed == 0,
            "metadata": metadata and tier.id == _INTERPRETERS, "raw": spot.raw and spot.place == "public", "many": spot.many,
        }  # fmt: skip
        add(tier.id, tier.points, tier.text)
        for word, (points, text) in rules.modifiers.items():
            if conditions.get(word):
                add(word, points, text)
    else:
        tier = None
    for excuse in excuses:
        if excuse.effect == "suppress" and rules.listed(excuse, spot):
            hidden = hidden or (excuse.id, excuse.text)
        elif excuse.effect == "suppress":
            add(excuse.id, excuse.otherwise, excuse.text + ", but not one that is listed")
        elif excuse.effect == "points" and rules.listed(excuse, spot):
            add(excuse.id, excuse.points, excuse.text)
    return tuple(reasons), tier is not None and tier.standalone, hidden


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
