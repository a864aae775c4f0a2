"""Rarity, from the evidence itself: how many hosts of the house do the same.

What it detects
    A responder, a protocol on a port, or a client fingerprint that only one host has to do with; and the reverse, what a fifth
    of the hosts do.
Why it matters
    The house's own services and the world's popular ones are used by many; an implant's server by one, at first.
How it is fooled
    By an infection that has spread, and by evidence of one host: with fewer than five originators nothing is said.
False positives
    Most websites are visited by one host, so rarity is only said of what is odd already.

References
----------
    RITA's prevalence modifier.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups, mixed
from pcapscan.judge.mismatch import is_low
from pcapscan.judge.places import OUTSIDE
from pcapscan.judge.verdict import EXPECTED, FAKE, UNKNOWN, UNKNOWN_ON_RESERVED
from pcapscan.knowledge import Knowledge
from pcapscan.tables import I64, U64


def _users(place: U64, user: U64) -> tuple[U64, I64]:
    """Distinct places, ascending, and how many distinct users each has."""
    pair = mixed(place, user)
    order = np.argsort(pair)  # any row of a pair will do, so that the order of equal ones is left open, which is fast
    pair = pair[order]
    fresh = np.ones(len(pair), np.bool_)
    fresh[1:] = pair[1:] != pair[:-1]
    places, count = np.unique(place[order[fresh]], return_counts=True)
    return places, count.astype(np.int64)


def _count(table: tuple[U64, I64], place: U64) -> I64:
    places, count = table
    at = np.minimum(np.searchsorted(places, place), max(len(places) - 1, 0))
    answer: I64 = count[at] if len(places) else np.zeros(len(place), np.int64)
    return answer


def _distinct(values: U64) -> int:
    """How many distinct values there are (``np.unique`` would load ``numpy.ma``)."""
    values = np.sort(values)
    return int(np.count_nonzero(values[1:] != values[:-1])) + bool(len(values))


def rarity(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points for what one host does alone, and off for what many do."""
    number = knowledge.number
    f, ids = groups.evidence.flows, groups.evidence.identities
    ours = np.flatnonzero(groups.evidence.orig_place != OUTSIDE)
    user = mixed(f.orig_hi[ours], f.orig_lo[ours])
    hosts = _distinct(user)
    inside = groups.orig_place != OUTSIDE
    if hosts < number("rarity.min_hosts") or not len(groups):
        return []

    def responder(rows: I64) -> U64:
        return mixed(f.resp_hi[rows], f.resp_lo[rows])

    def port(rows: I64) -> U64:
        return mixed(ids.protocol[rows].astype(np.int64) + 1, f.proto[rows], f.resp_p[rows])

    servers, ports = (_count(_users(place(ours), user), place(groups.first)) for place in (responder, port))
    odd = ~is_low(groups, knowledge) | (groups.channel >= 0)
    strange = np.isin(groups.verdict, (UNKNOWN, UNKNOWN_ON_RESERVED, FAKE))
    odd &= (groups.resp_place == OUTSIDE) | (groups.orig_place == OUTSIDE) | strange
    common = np.maximum(number("rarity.common_min"), np.ceil(number("rarity.common_share") * hosts))
    text = {"responder": (servers, "with this responder"), "port": (ports, "this protocol on this port")}

    def column(kind: str, count: I64) -> Column:
        rare, many = number(f"rarity.{kind}_rare"), number(f"rarity.{kind}_common")
        points = np.where((count == 1) & odd & inside & (kind == "responder" or groups.verdict != EXPECTED), rare, 0.0)
        points = np.where((count >= common) & inside, many, points)

        def explain(i: int) -> Spoken:
            seen = int(text[kind][0][i])
            return Spoken(seen, f"{seen} of {hosts} hosts in the evidence spoke {text[kind][1]}", "hosts", float(common))

        return Column(f"rarity_{kind}", "context", points, explain)

    return [column("responder", servers), column("port", ports)]


PRINTS = ("ja4", "ja3", "hassh")
"""Client fingerprints, the one to be told by first: JA4 sorts what JA3 leaves to chance (GREASE, the order of extensions)."""


def fingerprint_of(facts: dict[str, Any]) -> str | None:
    """``ja4 t13d1516h2_...``: the fingerprint that a client's facts are told by; None where there is none."""
    return next((f"{key} {facts[key]}" for key in PRINTS if facts.get(key)), None)


def fingerprint(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points for a client fingerprint that one host alone shows, where enough hosts show one."""
    number = knowledge.number
    f, ids = groups.evidence.flows, groups.evidence.identities
    texts: dict[str, int] = {}
    of_fact = np.array([-1 if (p := fingerprint_of(d)) is None else texts.setdefault(p, len(texts)) for d in ids.facts] + [-1], np.int64)
    shown = of_fact[ids.orig_facts]
    ours = np.flatnonzero((groups.evidence.orig_place != OUTSIDE) & (shown >= 0))
    if not len(groups) or not len(ours):
        return []
    user = mixed(f.orig_hi[ours], f.orig_lo[ours])
    hosts = _distinct(user)
    if hosts < number("rarity.min_hosts"):
        return []
    own = of_fact[groups.facts[:, 0]]
    count = np.where(own >= 0, _count(_users(mixed(shown[ours]), user), mixed(own)), 0)
    odd = ~is_low(groups, knowledge) | (groups.channel >= 0)
    odd &= groups.verdict != EXPECTED  # every mail client has a fingerprint of its own
    points = np.where((count == 1) & odd & (groups.orig_place != OUTSIDE), number("rarity.fingerprint_rare"), 0.0)
    words = list(texts)

    def explain(i: int) -> Spoken:
        return Spoken(
            words[int(own[i])], f"the client's fingerprint ({words[int(own[i])]}) is that of one host among {hosts} that show one"
        )

    return [Column("rarity_fingerprint", "context", points, explain)]


def spread(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points off for one host that does the same with very many responders: a swarm or a scan, not a channel."""
    f = groups.evidence.flows
    first = groups.first
    same = mixed(f.orig_hi[first], f.orig_lo[first], groups.protocol.astype(np.int64) + 1, groups.verdict)
    peers = _count(_users(same, mixed(f.resp_hi[first], f.resp_lo[first])), same)
    points = np.where(peers >= knowledge.number("spread.peers"), knowledge.number("spread.points"), 0.0)

    def explain(i: int) -> Spoken:
        seen = int(peers[i])
        return Spoken(
            seen, f"this host does the same with {seen} responders: a swarm or a scan", "responders", knowledge.number("spread.peers")
        )

    return [Column("spread", "context", points, explain)]
