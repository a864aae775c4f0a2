"""From TOML to :class:`~pcapscan.knowledge.schema.Knowledge`: read, check, overlay, freeze.

Contract of every reader here:

1. It takes one TOML table and says exactly which keys it knows; an unknown key is an error, never ignored.
2. It raises :class:`~pcapscan.errors.KnowledgeError` with file, table and key, and what was expected instead.
3. It reads no clock and no environment.

Overlay: a later folder's entry replaces the earlier one of the same kind and ``id``; ``disabled = true`` (with ``why``) takes it
away. Within one folder an ``id`` may stand once.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pcapscan.cache import parsed
from pcapscan.errors import KnowledgeError
from pcapscan.knowledge.schema import (
    CONFIDENCES,
    SEVERITY_WORDS,
    Alternate,
    Campaign,
    Entry,
    Knowledge,
    Mark,
    Number,
    Pair,
    Ports,
    Protocol,
    Suppression,
    SuspiciousPorts,
    Use,
)
from pcapscan.tables import SCTP, TCP, UDP, VERDICTS

SHIPPED = Path(__file__).parent
MAX_FILE_BYTES = 64 << 20
"""A knowledge file larger than this is refused: it is not one that a person wrote (indicator lists have their own reader)."""

_TRANSPORT = {"tcp": TCP, "udp": UDP, "sctp": SCTP}
_PORTS = re.compile(r"(tcp|udp|sctp)/(\d{1,5})(?:-(\d{1,5}))?")
_NAME = re.compile(r"(\*\.|\.)?(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
T = TypeVar("T")


class Reader:
    """One TOML table, read key by key; :meth:`done` refuses what nobody asked for."""

    def __init__(self, file: str, table: str, values: Any) -> None:
        self.file, self.table = file, table
        if not isinstance(values, dict):
            raise KnowledgeError(file, table, "", f"a table is expected, not {type(values).__name__}")
        self.left = dict(values)

    def wrong(self, key: str, problem: str) -> KnowledgeError:
        """The error to raise about one key."""
        return KnowledgeError(self.file, self.table, key, problem)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """A value of one type; required unless a default is given."""
        if key not in self.left:
            if default is None:
                raise self.wrong(key, f"is missing; a {kind.__name__} is expected")
            return default
        value = self.left.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(key, f"a {kind.__name__} is expected, not {value!r}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; where required, not an empty one."""
        value = self.take(key, str, default)
        if default is None and not value.strip():
            raise self.wrong(key, "must not be empty")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """An integer or a float, finite."""
        value = self.left.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value in (float("inf"), float("-inf")):
            raise self.wrong(key, f"a finite number is expected, not {value!r}")
        return float(value)

    def word(self, key: str, words: Sequence[str], default: str | None = None) -> str:
        """One of some words."""
        value = self.text(key, default)
        if value not in words:
            raise self.wrong(key, f"one of {', '.join(words)} is expected, not {value!r}")
        return value

    def list_of(self, key: str, each: Callable[[str, Any], T]) -> tuple[T, ...]:
        """A list, possibly absent; ``each(key, value)`` checks an element."""
        return tuple(each(key, v) for v in self.take(key, list, []))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, possibly absent."""

        def one(key: str, value: Any) -> str:
            if not isinstance(value, str) or not value:
                raise self.wrong(key, f"texts are expected, not {value!r}")
            return value

        return self.list_of(key, one)

    def ports(self, key: str) -> tuple[Ports, ...]:
        """A list of ports and ranges, ascending."""

        def one(key: str, value: Any) -> Ports:
            found = _PORTS.fullmatch(value) if isinstance(value, str) else None
            if not found:
                raise self.wrong(key, f"{value!r} is no port: write tcp/443 or udp/5000-5009")
            first, last = int(found[2]), int(found[3] or found[2])
            if not 0 <= first <= last <= 65535:
                raise self.wrong(key, f"{value!r}: ports lie between 0 and 65535, the first not above the last")
            return Ports(_TRANSPORT[found[1]], first, last)

        return tuple(sorted(self.list_of(key, one)))

    def common(self, name: str, own: bool = False) -> dict[str, str]:
        """What every entry must say; of a site's own decision (``own``) there is no source to name, and nobody else to doubt it."""
        return {
            "id": name,
            "file": self.file,
            "why": self.text("why"),
            "source": self.text("source", "" if own else None),
            "confidence": self.word("confidence", CONFIDENCES, "high" if own else None),
            "false_positives": self.text("false_positives", "" if own else None),
        }

    def done(self) -> None:
        """Refuse the keys that are left."""
        if self.left:
            key = sorted(self.left)[0]
            raise self.wrong(key, "is no key of this kind of table")


def _protocol(name: str, r: Reader) -> Protocol:
    p = Protocol(
        **r.common(name),
        aliases=r.texts("aliases"),
        iana=r.ports("iana"),
        application=r.ports("application"),
        reserved=r.ports("reserved"),
        anywhere=r.ports("anywhere"),
        answered=r.take("answered", bool, False),
        symmetric=r.take("symmetric", bool, False),
        periodic=r.take("periodic", bool, False),
        zeek=r.take("zeek", bool, False),
    )
    for spec in p.reserved:
        if not any(e.proto == spec.proto and e.first <= spec.first and spec.last <= e.last for e in p.expected):
            raise r.wrong("reserved", f"{spec} is reserved for a protocol that is not expected there: add it to iana or application")
    if p.answered and not p.anywhere:
        raise r.wrong("answered", "says when `anywhere` holds, and there is no `anywhere`")
    return p


def _alternate(name: str, r: Reader) -> Alternate:
    return Alternate(
        **r.common(name),
        protocols=r.texts("protocols"),
        ports=r.ports("ports"),
        vendor=r.text("vendor", ""),
        severity=r.word("severity", SEVERITY_WORDS, "low"),
    )


def _pair(name: str, r: Reader) -> Pair:
    return Pair(
        **r.common(name),
        protocols=r.texts("protocols"),
        ports=r.ports("ports"),
        verdicts=r.list_of("verdicts", lambda k, v: _one_of(r, k, v, VERDICTS)),
        severity=r.word("severity", SEVERITY_WORDS),
    )


def _campaign(name: str, r: Reader) -> Campaign:
    uses = []
    for number, values in enumerate(r.take("uses", list, [])):
        u = Reader(r.file, f"{r.table}.uses[{number}]", values)
        use = Use(u.texts("protocols"), u.ports("ports"), u.take("listener", bool, False))
        if not use.ports:
            raise u.wrong("ports", "a use without ports matches nothing")
        u.done()
        uses.append(use)
    return Campaign(**r.common(name), name=r.text("name"), attack_id=r.text("attack_id", ""), uses=tuple(uses))


def _suspicious(name: str, r: Reader) -> SuspiciousPorts:
    return SuspiciousPorts(**r.common(name), ports=r.ports("ports"), benign_twin=r.text("benign_twin"))


def _mark(name: str, r: Reader) -> Mark:
    return Mark(
        **r.common(name),
        fact=r.text("fact"),
        match=r.word("match", ("contains", "equals", "prefix"), "contains"),
        any_of=tuple(t.lower() for t in r.texts("any_of")),
        points=r.number("points"),
    )


def _number(name: str, r: Reader) -> Number:
    return Number(id=name, file=r.file, value=r.number("value"), unit=r.text("unit"), why=r.text("why"))


def _one_of(r: Reader, key: str, value: Any, words: Sequence[str]) -> str:
    if value not in words:
        raise r.wrong(key, f"one of {', '.join(words)} is expected, not {value!r}")
    return str(value)


def _network(r: Reader, key: str, value: Any) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except (ValueError, TypeError) as error:
        raise r.wrong(key, f"{value!r} is no network in CIDR notation") from error


def _server_name(r: Reader, key: str, value: Any) -> str:
    name = value.lower() if isinstance(value, str) else ""
    if not _NAME.fullmatch(name):
        raise r.wrong(key, f"{value!r}: write example.com (that name), *.example.com (every name below) or .example.com (both)")
    return name.rstrip(".")


def _path(r: Reader, key: str, value: Any) -> str:
    if not isinstance(value, str) or not ("/" in value or "\\" in value):
        raise r.wrong(key, f"{value!r}: a full path is expected; a file name alone proves nothing")
    return value


def _minute(r: Reader, key: str, value: Any) -> int:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if not found:
        raise r.wrong(key, f"{value!r}: a time of day such as 22:30 (UTC) is expected")
    return int(found[1]) * 60 + int(found[2])


def _port_number(r: Reader, key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise r.wrong(key, f"{value!r} is no port number")
    return value


def _day(r: Reader, key: str, value: Any) -> int:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return days.index(_one_of(r, key, value, days))


def _moment(r: Reader, key: str) -> int | None:
    if key not in r.left:
        return None
    when = r.take(key, datetime.datetime)
    if when.tzinfo is None:
        raise r.wrong(key, f"{when} has no zone: write 2026-01-31T22:00:00Z")
    return (when - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(microseconds=1) * 1000


def _expiry(r: Reader, shipped: bool) -> str | None:
    if "expires" not in r.left:
        if shipped:
            return None
        raise r.wrong("expires", "is missing: a rule that hides findings has a last day, such as 2026-12-31")
    value = r.left.pop("expires")
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise r.wrong("expires", f"{value!r} is no date such as 2026-12-31") from error


def _suppression(name: str, r: Reader) -> Suppression:
    shipped = Path(r.file).parent == SHIPPED
    hours = r.list_of("hours", lambda k, v: _minute(r, k, v))
    if hours and len(hours) != 2:
        raise r.wrong("hours", "two times of day are expected: the first and the last minute")
    rule = Suppression(
        **r.common(name, own=not shipped),
        owner=r.text("owner"),
        expires=_expiry(r, shipped),
        protocols=r.texts("protocols"),
        ports=r.list_of("ports", lambda k, v: _port_number(r, k, v)),
        transports=r.list_of("transports", lambda k, v: _one_of(r, k, v, ("tcp", "udp", "sctp", "icmp"))),
        verdicts=r.list_of("verdicts", lambda k, v: _one_of(r, k, v, VERDICTS)),
        kinds=r.texts("kinds"),
        originators=r.list_of("originators", lambda k, v: _network(r, k, v)),
        responders=r.list_of("responders", lambda k, v: _network(r, k, v)),
        names=r.list_of("names", lambda k, v: _server_name(r, k, v)),
        processes=r.list_of("processes", lambda k, v: _path(r, k, v)),
        hours=hours,
        days=r.list_of("days", lambda k, v: _day(r, k, v)),
        after_ns=_moment(r, "after"),
        before_ns=_moment(r, "before"),
        max_score=r.number("max_score", 100.0),
    )
    given = (
        rule.protocols,
        rule.ports,
        rule.originators,
        rule.responders,
        rule.names,
        rule.processes,
        rule.hours,
        rule.days,
        rule.verdicts,
    )
    if not any(given) and rule.after_ns is None and rule.before_ns is None:
        raise r.wrong("", "the rule has no condition: it would hide everything")
    if rule.after_ns is not None and rule.before_ns is not None and rule.after_ns >= rule.before_ns:
        raise r.wrong("before", "does not lie behind `after`: the rule would never hide anything")
    if rule.max_score < 0:
        raise r.wrong("max_score", f"{rule.max_score:g}: no finding scores less than 0, so the rule would never hide anything")
    if set(rule.transports) == {"icmp"} and rule.ports:
        raise r.wrong("ports", "ICMP has no ports: the rule would never hide anything")
    return rule


_KINDS: dict[str, tuple[str, Callable[[str, Reader], Any]]] = {
    "protocol": ("ports.toml", _protocol),
    "alternate": ("ports.toml", _alternate),
    "pair": ("pairs.toml", _pair),
    "campaign": ("campaigns/", _campaign),
    "list": ("suspicious_ports.toml", _suspicious),
    "mark": ("marks.toml", _mark),
    "suppress": ("suppress.toml", _suppression),
}
"""Top-level table of a knowledge file, where it is kept, and its reader. Entries are ``[protocol.tls]``, ``[pair.http-on-ssh]`` ..."""


def _toml(source: bytes) -> dict[str, Any]:
    import tomllib  # loaded only where something has to be parsed

    return tomllib.loads(source.decode("utf-8"))


def _parse(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise KnowledgeError(str(path), "", "", f"{size} bytes is too large for a knowledge file")
        source = path.read_bytes()
        return parsed(source, path.stem, _toml) if SHIPPED in path.parents else _toml(source)
    except OSError as error:
        raise KnowledgeError(str(path), "", "", f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # tomllib's own, and what is no UTF-8
        raise KnowledgeError(str(path), "", "", f"is no TOML: {error}") from error


PROCESSES = "processes.toml"
"""Of a user's folder the file that belongs to another room: what is risky about processes."""


def _files(overlay: Path) -> list[Path]:
    if overlay.is_file():
        return [] if overlay.name == PROCESSES else [overlay]
    if not overlay.is_dir():
        raise KnowledgeError(str(overlay), "", "", "no such folder or file")
    return sorted(p for p in [*overlay.glob("*.toml"), *overlay.glob("campaigns/*.toml")] if p.name != PROCESSES)


def _layer(files: Sequence[Path]) -> tuple[dict[tuple[str, str], Any], dict[str, Number]]:
    """Entries of one folder by (kind, id), a disabled one as None; and the numbers."""
    entries: dict[tuple[str, str], Any] = {}
    numbers: dict[str, Number] = {}
    for path in files:
        for kind, tables in _parse(path).items():
            if not isinstance(tables, dict):
                raise KnowledgeError(str(path), "", kind, "a table is expected here")
            for name, values in tables.items():
                reader = Reader(str(path), f"{kind}.{name}", values)
                if path.name == "scoring.toml":
                    numbers[f"{kind}.{name}"] = _number(f"{kind}.{name}", reader)
                elif kind not in _KINDS:
                    raise KnowledgeError(str(path), kind, "", f"no such kind of entry; known: {', '.join(_KINDS)}")
                elif (kind, name) in entries:
                    raise KnowledgeError(str(path), f"{kind}.{name}", "", "stands twice in this folder")
                elif reader.take("disabled", bool, False):
                    reader.text("why")
                    entries[kind, name] = None
                    continue
                else:
                    entries[kind, name] = _KINDS[kind][1](name, reader)
                reader.done()
    return entries, numbers


def load(overlays: Sequence[Path] = ()) -> Knowledge:
    """Read the shipped knowledge, then each overlay in turn (a folder, or one file).

    Returns
    -------
    Knowledge
        Frozen. The shipped knowledge alone is read once per process.

    Raises
    ------
    KnowledgeError
        Naming file, table and key.
    """
    return _load(tuple(Path(o) for o in overlays)) if overlays else _shipped()


@cache
def _shipped() -> Knowledge:
    return _load(())


def _load(overlays: tuple[Path, ...]) -> Knowledge:
    layers = [_files(SHIPPED), *(_files(o) for o in overlays)]
    entries: dict[tuple[str, str], Any] = {}
    numbers: dict[str, Number] = {}
    for depth, files in enumerate(layers):
        new, counted = _layer(files)
        if depth:
            for name, number in counted.items():
                if name not in numbers:
                    raise KnowledgeError(number.file, name, "", "no such number: nothing asks for it")
        entries.update(new)
        numbers.update(counted)

    def of(kind: str) -> list[Any]:
        return [e for (k, _), e in entries.items() if k == kind and e is not None]

    knowledge = Knowledge(
        protocols=MappingProxyType({p.id: p for p in of("protocol")}),
        alternates=tuple(of("alternate")),
        pairs=tuple(of("pair")),
        campaigns=tuple(of("campaign")),
        suspicious=tuple(of("list")),
        marks=tuple(of("mark")),
        numbers=MappingProxyType(numbers),
        suppressions=tuple(of("suppress")),
        files=tuple(str(f) for files in layers for f in files),
    )
    _check(knowledge)
    return knowledge


def _check(k: Knowledge) -> None:
    """What one entry says must not contradict another."""
    seen: dict[str, Entry] = {}
    for p in k.protocols.values():
        for name in (p.id, *p.aliases):
            if name in seen:
                raise KnowledgeError(p.file, f"protocol.{p.id}", "aliases", f"{name!r} is already a name of [protocol.{seen[name].id}]")
            seen[name] = p
    known = {*seen, "?", "fake"}
    kinds: tuple[tuple[str, tuple[Alternate, ...] | tuple[Pair, ...]], ...] = (("alternate", k.alternates), ("pair", k.pairs))
    for kind, group in kinds:
        for entry in group:
            for name in entry.protocols:
                if name not in known:
                    raise KnowledgeError(entry.file, f"{kind}.{entry.id}", "protocols", f"{name!r} has no [protocol.{name}] in ports.toml")
    for campaign in k.campaigns:
        for use in campaign.uses:
            for name in use.protocols:
                if name not in known:
                    raise KnowledgeError(campaign.file, f"campaign.{campaign.id}", "protocols", f"{name!r} has no table in ports.toml")
    _check_pairs(k.pairs)


def _check_pairs(pairs: tuple[Pair, ...]) -> None:
    """Two pairs that name the very same thing with two severities contradict each other."""
    said: dict[tuple[object, ...], Pair] = {}
    for pair in pairs:
        for protocol in pair.protocols or ("*",):
            for spec in pair.ports or (None,):
                for verdict in pair.verdicts or ("*",):
                    other = said.setdefault((protocol, spec, verdict), pair)
                    if other.severity != pair.severity:
                        where = f"{protocol} on {spec or 'any port'}"
                        raise KnowledgeError(pair.file, f"pair.{pair.id}", "severity", f"{where} is {other.severity} in [pair.{other.id}]")
