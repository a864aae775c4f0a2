"""Protocol against port: the first addend of a finding.

What it detects
    How grave the pair of protocol and port is, by ``pairs.toml`` and the alternates of ``ports.toml``.
Why it matters
    TLS on 8443 is a habit, HTTP on 22 is not: a list of ports can't tell them apart, a list of pairs can.
How it is fooled
    A channel that takes a habitual alternate gets few points here; period, rarity and facts have to tell.
False positives
    Each pair says its own.

References
----------
    https://attack.mitre.org/techniques/T1571/ ; ntop/ntopng issues 5863 and 8849.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups
from pcapscan.judge.verdict import FAKE, UNKNOWN, UNKNOWN_ON_RESERVED
from pcapscan.knowledge import Alternate, Knowledge, Pair, place_key
from pcapscan.tables import FAKES, I64, TRANSPORTS, VERDICTS, Bool

_JUDGED = ("unexpected_port", "wrong_protocol", "unknown_on_reserved", "fake", "unknown")

FAKE_TEXT = {
    "hello_malformed": "a hello whose inner lengths contradict each other",
    "hello_empty": "a hello without content",
    "no_hello": "records without any hello",
    "no_handshake": "records that never follow a handshake",
    "impossible_length": "record lengths that cannot be",
    "impossible_choice": "a server's choice that the client never offered",
    "answered_by_junk": "a good hello answered by junk",
}


@lru_cache(maxsize=65536)
def pair_of(knowledge: Knowledge, name: str, proto: int, port: int, verdict: str) -> Pair | Alternate | None:
    """The entry that decides how grave a pair is.

    Parameters
    ----------
    name : str
        Protocol; ``?`` for none recognised, ``fake`` for a faked TLS.
    verdict : str
        One of :data:`pcapscan.tables.VERDICTS`.
    """
    best: tuple[int, int] = (-1, 0)
    decides: Pair | Alternate | None = None
    for entry, weight in _entries(knowledge, name, verdict):
        width = 1 << 17
        if entry.ports:
            here = [spec.last - spec.first + 1 for spec in entry.ports if spec.proto == proto and spec.first <= port <= spec.last]
            if not here:
                continue
            width = min(here)
        if (weight, -width) > best:
            best, decides = (weight, -width), entry
    return decides


@lru_cache(maxsize=4096)
def _entries(knowledge: Knowledge, name: str, verdict: str) -> tuple[tuple[Pair | Alternate, int], ...]:
    """Entries that may decide for a protocol and a verdict, and how much each names."""
    if verdict not in _JUDGED:
        return ()
    known = knowledge.protocol(name)
    names = {name} if known is None else {known.id, *known.aliases}
    entries: list[Pair | Alternate] = [*knowledge.pairs]
    entries += knowledge.alternates if verdict == "unexpected_port" else ()
    fitting = []
    for entry in entries:
        verdicts = entry.verdicts if isinstance(entry, Pair) else ("unexpected_port",)
        if (entry.protocols and not names & set(entry.protocols)) or (verdicts and verdict not in verdicts):
            continue
        weight = 8 * bool(entry.protocols) + 4 * bool(entry.ports) + 2 * isinstance(entry, Pair) * bool(entry.ports) + bool(verdicts)
        fitting.append((entry, weight))
    return tuple(fitting)


def spoken_name(groups: Groups, i: int) -> str:
    """Protocol name as the pairs know it."""
    if groups.verdict[i] == FAKE:
        return "fake"
    return groups.name(i) or "?"


@lru_cache(maxsize=4)
def _edges(knowledge: Knowledge) -> I64:
    """Where, in :func:`place_key` order, places begin of which a pair, an alternate or a campaign speaks, and where they have ended."""
    entries: list[Any] = [*knowledge.pairs, *knowledge.alternates, *(use for c in knowledge.campaigns for use in c.uses)]
    specs = [spec for entry in entries for spec in entry.ports]
    return np.array(sorted({edge for s in specs for edge in (place_key(s.proto, s.first), place_key(s.proto, s.last) + 1)}), np.int64)


def distinct(groups: Groups, knowledge: Knowledge) -> tuple[I64, I64]:
    """Find what is distinct to pairs and campaigns: a group that is each (protocol, place, verdict), and for every group which one it is.

    Ports between which no pair and no campaign tells a difference are one place: of a log with ten thousand odd ports few are asked about.
    """
    if "distinct" not in groups.memo:
        verdict = groups.verdict.astype(np.int64)
        proto = groups.proto.astype(np.int64)
        place = np.searchsorted(_edges(knowledge), proto << 16 | groups.resp_p, "right")
        key = ((groups.protocol.astype(np.int64) + 1) << 40 | place << 8 | proto) << 4 | verdict
        _, at, back = np.unique(key, return_index=True, return_inverse=True)
        groups.memo["distinct"] = at, back
    answer: tuple[I64, I64] = groups.memo["distinct"]
    return answer


def pairs(groups: Groups, knowledge: Knowledge) -> tuple[list[Pair | Alternate | None], I64]:
    """Find the entry that decides for each distinct (protocol, transport, port, verdict), and which of them every group has."""
    if "pairs" not in groups.memo:
        at, back = distinct(groups, knowledge)
        table = [
            pair_of(knowledge, spoken_name(groups, i), int(groups.proto[i]), int(groups.resp_p[i]), VERDICTS[groups.verdict[i]]) for i in at
        ]
        groups.memo["pairs"] = (table, back)
    answer: tuple[list[Pair | Alternate | None], I64] = groups.memo["pairs"]
    return answer


def is_low(groups: Groups, knowledge: Knowledge) -> Bool:
    """Groups whose pair is ordinary (info or low) for a protocol that is known: a habitual alternate, or expected."""
    table, back = pairs(groups, knowledge)
    low = np.array([p is None or p.severity in ("info", "low") for p in table], np.bool_)
    answer = low[back] if len(table) else np.zeros(0, np.bool_)
    return answer & ~np.isin(groups.verdict, (UNKNOWN, UNKNOWN_ON_RESERVED, FAKE))


@lru_cache(maxsize=4096)
def _own_ports(knowledge: Knowledge, name: str, proto: int) -> str:
    """The first ports where a protocol is at home, as a text."""
    known = knowledge.protocol(name)
    own = [str(s) for s in dict.fromkeys((*known.iana, *known.application)) if s.proto == proto] if known else []
    return ", ".join(own[:3])


def mismatch(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points of the pair; only a share of them where only one side spoke."""
    table, back = pairs(groups, knowledge)
    worth = np.array([knowledge.number(f"pair.{p.severity}") if p else 0.0 for p in table], np.float64)
    full = worth[back] if len(table) else np.zeros(0)
    share = knowledge.number("pair.attempt_share")
    points = np.where(groups.attempt, np.round(full * share), full)

    def explain(i: int) -> Spoken:
        entry = table[back[i]]
        port = int(groups.resp_p[i])
        word = TRANSPORTS.get(int(groups.proto[i]), "?")
        name = groups.name(i)
        home = knowledge.expected_at(int(groups.proto[i]), port)
        if groups.verdict[i] == FAKE:
            text = f"looks like TLS on {word} {port} and is not: {FAKE_TEXT.get(FAKES[groups.fake[i]], 'it fails as TLS')}"
        elif name is None:
            text = f"bytes of no known protocol on {word} {port}" + (f", which belongs to {', '.join(home[:3])}" if home else "")
        else:
            own = _own_ports(knowledge, name, int(groups.proto[i]))
            text = f"{name} on {word} {port}" + (f"; it is at home on {own}" if own else "")
            if home and VERDICTS[groups.verdict[i]] == "wrong_protocol":
                text += f"; the port belongs to {', '.join(home[:3])}"
        if groups.attempt[i]:
            text += "; only the originator spoke, an attempt"
        return Spoken(entry.severity, f"{text}. {entry.why}", "severity")

    return [Column("pair", "mismatch", points, explain)]
