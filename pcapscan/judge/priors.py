"""What is known beforehand of a port: lists that call it suspicious, campaigns that used it.

What it detects
    The port on a public list; protocol and port of one of the named campaigns of ATT&CK T1571.
Why it matters
    Tools keep their defaults, and campaigns keep their habits for years.
How it is fooled
    By any other port.
False positives
    Every list says its benign twins. Campaigns that used habitual alternates (8080, 2083) or reserved ports count half.

References
----------
    ``suspicious_ports.toml``, ``campaigns/``; https://attack.mitre.org/techniques/T1571/
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups
from pcapscan.judge.mismatch import distinct, is_low, spoken_name
from pcapscan.judge.verdict import EXPECTED, NONE, UNKNOWN_ON_RESERVED, WRONG_PROTOCOL
from pcapscan.knowledge import Campaign, Knowledge, SuspiciousPorts, place_key
from pcapscan.tables import I64, Bool

_RANK = {"high": 2, "medium": 1, "low": 0}


@lru_cache(maxsize=16)
def _lists(knowledge: Knowledge) -> dict[int, list[SuspiciousPorts]]:
    table: dict[int, list[SuspiciousPorts]] = {}
    for entry in sorted(knowledge.suspicious, key=lambda e: (-_RANK[e.confidence], e.id)):
        for spec in entry.ports:
            for port in range(spec.first, spec.last + 1):
                table.setdefault(place_key(spec.proto, port), []).append(entry)
    return table


@lru_cache(maxsize=16)
def _campaigns(knowledge: Knowledge) -> dict[int, list[tuple[tuple[str, ...], Campaign]]]:
    table: dict[int, list[tuple[tuple[str, ...], Campaign]]] = {}
    for entry in sorted(knowledge.campaigns, key=lambda e: e.id):
        for use in entry.uses:
            for spec in use.ports:
                for port in range(spec.first, spec.last + 1):
                    table.setdefault(place_key(spec.proto, port), []).append((use.protocols, entry))
    return table


def _judged(groups: Groups) -> Bool:
    answer: Bool = ~np.isin(groups.verdict, (EXPECTED, NONE))
    return answer


@lru_cache(maxsize=4096)
def _matching(knowledge: Knowledge, name: str, place: int) -> tuple[Campaign, ...]:
    """Campaigns that spoke this protocol on this port."""
    known = knowledge.protocol(name)
    names = {name} if known is None else {known.id, *known.aliases}
    here = _campaigns(knowledge).get(place, [])
    return tuple({c.id: c for protocols, c in here if not protocols or names & set(protocols)}.values())


def _among(values: I64, keys: I64) -> Bool:
    """Which values are among some ascending keys (``np.isin`` would load ``numpy.ma``, which takes longer than all of this)."""
    found: Bool = np.append(keys, -1)[np.searchsorted(keys, values)] == values  # beyond the last key stands what no place is
    return found


def priors(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points of the surest list, and of a campaign's match."""
    judged = _judged(groups)
    place = groups.proto.astype(np.int64) << 16 | groups.resp_p
    lists = _lists(knowledge)
    listed = np.zeros(len(groups))
    for entry in {id(e): e for e in (entries[0] for entries in lists.values())}.values():
        own = np.array(sorted(key for key, entries in lists.items() if entries[0] is entry), np.int64)
        listed[judged & _among(place, own)] = knowledge.number(f"port.{entry.confidence}")

    def matching(i: int) -> tuple[Campaign, ...]:
        return _matching(knowledge, spoken_name(groups, i), int(place[i]))

    low = is_low(groups, knowledge)
    reserved = np.isin(groups.verdict, (WRONG_PROTOCOL, UNKNOWN_ON_RESERVED)) | _among(place, knowledge.reserved_keys)
    at, kind = distinct(groups, knowledge)
    named = np.array([bool(matching(i)) for i in at.tolist()], np.bool_)[kind] if len(groups) else judged
    worth = [knowledge.number(f"campaign.{word}") for word in ("reserved", "alternate", "match")]
    matched = np.where(judged & named, np.where(reserved, worth[0], np.where(low, worth[1], worth[2])), 0.0)

    share = np.where(groups.attempt, knowledge.number("pair.attempt_share"), 1.0)
    listed, matched = np.round(listed * share, 1), np.round(matched * share, 1)

    def by_list(i: int) -> Spoken:
        entries = lists[int(place[i])]
        names = ", ".join(e.id for e in entries[:3])
        return Spoken(int(groups.resp_p[i]), f"port on {names}: {entries[0].why} Others there: {entries[0].benign_twin}", "port")

    def by_campaign(i: int) -> Spoken:
        found = matching(i)
        names = ", ".join(f"{c.name} ({c.attack_id})" for c in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return Spoken(found[0].attack_id, f"protocol and port as {names}{more} used them: {found[0].why}")

    return [Column("suspicious_port", "prior", listed, by_list), Column("campaign", "prior", matched, by_campaign)]
