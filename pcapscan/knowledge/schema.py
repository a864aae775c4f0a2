"""What knowledge is made of: frozen entries, each saying why it is there, where it comes from, how sure it is, and whom it wrongs.

An entry is one TOML table. Every kind of entry carries ``id``, ``why``, ``source``, ``confidence`` (high, medium, low) and
``false_positives``; a number in ``scoring.toml`` carries ``value``, ``unit`` and ``why``. A port is written ``tcp/443`` or, for a
range with both ends included, ``udp/49152-65535``.
"""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from msgspec import Struct

from pcapscan.tables import I64

CONFIDENCES = ("high", "medium", "low")
SEVERITY_WORDS = ("info", "low", "medium", "high")
"""Severity of a (protocol, port) pair. ``critical`` is not among them: one kind of evidence alone is never critical."""


class Ports(Struct, frozen=True, order=True):
    """A port or a closed range of ports of one transport; ``proto`` is the IP protocol number."""

    proto: int
    first: int
    last: int

    def __contains__(self, place: object) -> bool:
        """Whether ``(proto, port)`` lies within."""
        return isinstance(place, tuple) and place[0] == self.proto and self.first <= place[1] <= self.last

    def __str__(self) -> str:
        word = {6: "tcp", 17: "udp", 132: "sctp"}[self.proto]
        return f"{word}/{self.first}" if self.first == self.last else f"{word}/{self.first}-{self.last}"


class Entry(Struct, frozen=True):
    """What all entries say of themselves; ``file`` is where it was read."""

    id: str
    why: str
    source: str
    confidence: str
    false_positives: str
    file: str


class Protocol(Entry, frozen=True, dict=True):
    """Where one protocol is at home.

    Attributes
    ----------
    aliases : tuple of str
        Other names of the same protocol; all that is known of it holds for them too.
    iana : tuple of Ports
        Registered with IANA for this protocol. Expected.
    application : tuple of Ports
        The usual port of an application that speaks this protocol. Expected.
    reserved : tuple of Ports
        Ports on which only the protocols expected there belong: anything else is a wrong protocol. Part of the expected ones.
    anywhere : tuple of Ports
        Ports negotiated at run time or chosen by peers: never called unexpected there, and no home either.
    answered : bool
        ``anywhere`` holds only for flows in which both sides spoke: ports are chosen by the answer, and a request that stays alone went
        to a port that somebody knew before.
    symmetric : bool
        Both ends may use the well-known port, so that either end's port may be the expected one.
    periodic : bool
        Speaks at regular intervals by design: on its own port a period is no evidence.
    zeek : bool
        Zeek names it by content or on its port. Where it does not, an empty ``service`` is no sign of an unknown protocol.
    """

    aliases: tuple[str, ...] = ()
    iana: tuple[Ports, ...] = ()
    application: tuple[Ports, ...] = ()
    reserved: tuple[Ports, ...] = ()
    anywhere: tuple[Ports, ...] = ()
    answered: bool = False
    symmetric: bool = False
    periodic: bool = False
    zeek: bool = False

    @cached_property
    def expected(self) -> tuple[Ports, ...]:
        """All ports where the protocol is at home, ascending."""
        return tuple(sorted({*self.iana, *self.application}))


class Alternate(Entry, frozen=True):
    """Ports where a vendor, a CDN or habit puts a protocol: not expected, but common. ``severity`` is that of the pair."""

    protocols: tuple[str, ...] = ()
    ports: tuple[Ports, ...] = ()
    vendor: str = ""
    severity: str = "low"


class Pair(Entry, frozen=True):
    """How much it says that these protocols are spoken on these ports.

    ``protocols`` and ``verdicts`` may be empty (any); so may ``ports``. The protocol name ``?`` stands for bytes that no
    protocol was recognised in. Of the pairs that fit, the one that names most (protocol, then port, then verdict) decides.
    """

    protocols: tuple[str, ...] = ()
    ports: tuple[Ports, ...] = ()
    verdicts: tuple[str, ...] = ()
    severity: str = "medium"


class Use(Struct, frozen=True):
    """One way in which a campaign used ports: the protocols spoken (``?`` raw bytes, ``fake`` a faked TLS; empty: any)."""

    protocols: tuple[str, ...]
    ports: tuple[Ports, ...]
    listener: bool = False


class Campaign(Entry, frozen=True):
    """Who used which protocol on which ports.

    Attributes
    ----------
    name : str
    attack_id : str
        Of the group, software or campaign in ATT&CK; empty where the report names none.
    uses : tuple of Use
        Empty where the ports are not told (then it is only listed).
    """

    name: str = ""
    attack_id: str = ""
    uses: tuple[Use, ...] = ()


class SuspiciousPorts(Entry, frozen=True):
    """Ports that a public list calls suspicious; ``benign_twin`` says who else uses them."""

    ports: tuple[Ports, ...] = ()
    benign_twin: str = ""


class Mark(Entry, frozen=True):
    """A piece of text whose presence in a fact speaks: a default certificate name, a script tool's user agent.

    ``fact`` names the key in a side's facts; ``any_of`` holds what to look for, ``match`` how (``equals``, ``contains``,
    ``prefix``; case ignored).
    """

    fact: str = ""
    match: str = "contains"
    any_of: tuple[str, ...] = ()
    points: float = 0.0


class Number(Struct, frozen=True):
    """A number that an analyst might argue with."""

    id: str
    value: float
    unit: str
    why: str
    file: str


class Suppression(Entry, frozen=True):
    """Findings that a site does not want to see in the first list. Every condition given must hold.

    Attributes
    ----------
    owner : str
        Who answers for it.
    expires : str or None
        ``YYYY-MM-DD``, its last day (UTC); None only for rules shipped with the package.
    protocols, ports, transports, verdicts, kinds : tuple
        Any of these. ``?`` stands for no recognised protocol.
    originators, responders : tuple of str
        Networks in CIDR notation; an address is a network of one.
    names : tuple of str
        Server names. ``example.com`` is that name alone; ``*.example.com`` is every name below it and not itself;
        ``.example.com`` is both. Case is ignored. No other wildcard has a meaning, and none is accepted.
    processes : tuple of str
        Full paths, case ignored; a ``*`` stands for any characters within one folder. A bare file name is refused: a name
        alone proves nothing.
    hours : tuple of int
        First and last minute of the day, UTC, within which all of the finding lies; ``days``: 0 Monday to 6 Sunday.
    after_ns, before_ns : int or None
        The finding lies wholly within.
    max_score : float
        Findings above it are shown all the same.
    """

    owner: str = ""
    expires: str | None = None
    protocols: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    transports: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    originators: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    after_ns: int | None = None
    before_ns: int | None = None
    max_score: float = 100.0


def place_key(proto: int, port: int) -> int:
    """Transport and port in one integer: the key of all port columns."""
    return proto << 16 | port


class Knowledge(Struct, frozen=True, eq=False, dict=True):
    """All that is known, from the shipped files and the user's, frozen. Compared and hashed by identity."""

    protocols: MappingProxyType[str, Protocol]
    alternates: tuple[Alternate, ...]
    pairs: tuple[Pair, ...]
    campaigns: tuple[Campaign, ...]
    suspicious: tuple[SuspiciousPorts, ...]
    marks: tuple[Mark, ...]
    numbers: MappingProxyType[str, Number]
    suppressions: tuple[Suppression, ...]
    files: tuple[str, ...] = ()

    def number(self, name: str) -> float:
        """A number of ``scoring.toml`` by ``table.key``."""
        return self.numbers[name].value

    def protocol(self, name: str) -> Protocol | None:
        """What is known of a protocol, by its name or an alias of it; None for a name without a home."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Protocol]:
        named = {alias: p for p in self.protocols.values() for alias in p.aliases}
        return named | dict(self.protocols)

    @cached_property
    def marked_facts(self) -> tuple[str, ...]:
        """Keys of the facts that a mark may be found in."""
        return tuple(dict.fromkeys(mark.fact for mark in self.marks))

    @cached_property
    def reserved_keys(self) -> I64:
        """Sorted :func:`place_key` of every port on which only the expected protocols belong (int64)."""
        return _keys(spec for p in self.protocols.values() for spec in p.reserved)

    @cached_property
    def zeek_reserved_keys(self) -> I64:
        """Those reserved ports all of whose protocols Zeek can name (int64, sorted)."""
        blind = _keys(spec for p in self.protocols.values() if not p.zeek for spec in p.reserved)
        return self.reserved_keys[~np.isin(self.reserved_keys, blind)]

    @cached_property
    def _memo(self) -> dict[int, tuple[str, ...]]:
        return {}

    def expected_at(self, proto: int, port: int) -> tuple[str, ...]:
        """Names of the protocols that are at home on a port, those that reserve it first."""
        place = place_key(proto, port)
        if place not in self._memo:
            self._memo[place] = self._at(proto, port)
        return self._memo[place]

    def _at(self, proto: int, port: int) -> tuple[str, ...]:
        here = [p for p in self.protocols.values() if any((proto, port) in spec for spec in p.expected)]
        return tuple(p.id for p in sorted(here, key=lambda p: (not any((proto, port) in s for s in p.reserved), p.id)))


def _keys(specs: Any) -> I64:
    keys = {key for s in specs for key in range(place_key(s.proto, s.first), place_key(s.proto, s.last) + 1)}
    return np.array(sorted(keys), np.int64)  # np.unique would load numpy.ma, which takes longer than all of this
