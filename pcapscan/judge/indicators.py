"""The user's own lists: an address, a name or a fingerprint that somebody already knows.

What it detects
    A responder's (or an outside originator's) address or network, a server name, a JA3, JA3S, JA4, HASSH or certificate hash on a
    list given with the evidence.
Why it matters
    What is known to be bad needs no other sign.
How it is fooled
    By a new address.
False positives
    Shared hosting, content networks, fingerprints of common libraries: a list is as good as its keeper.

References
----------
    The list itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Evidence, Groups
from pcapscan.judge.places import text_of
from pcapscan.knowledge import Knowledge
from pcapscan.knowledge.indicators import Indicators
from pcapscan.tables import Bool

FINGERPRINTS = ("ja3", "ja3s", "ja4", "hassh", "hassh_server", "sha256", "sha1")


def _listed_print(facts: dict[str, Any], indicators: Indicators) -> tuple[str, str] | None:
    for key in FINGERPRINTS:
        value = str(facts.get(key, "")).lower()
        if value and value in indicators.fingerprints:
            return key, value
    return None


def hits(evidence: Evidence, indicators: Indicators | None) -> Bool:
    """Flows that touch a list, each distinct name and dict of facts looked up once (bool[n])."""
    f, ids = evidence.flows, evidence.identities
    if indicators is None or not len(indicators):
        return np.zeros(len(f), np.bool_)
    found = indicators.has_addresses(f.resp_hi, f.resp_lo) | indicators.has_addresses(f.orig_hi, f.orig_lo)
    if indicators.names or indicators.suffixes:
        found |= np.array([*map(indicators.has_name, ids.strings), False], np.bool_)[ids.server_name]
    if indicators.fingerprints:
        listed = np.array([*(_listed_print(d, indicators) is not None for d in ids.facts), False], np.bool_)
        found |= listed[ids.orig_facts] | listed[ids.resp_facts]
    return found


def indicators(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points for each kind of list that names the place."""
    lists = context.indicators
    if lists is None or not len(lists):
        return []
    f, ids = groups.evidence.flows, groups.evidence.identities
    first = groups.first
    resp = lists.has_addresses(f.resp_hi[first], f.resp_lo[first])
    orig = lists.has_addresses(f.orig_hi[first], f.orig_lo[first])
    named = np.array([k >= 0 and lists.has_name(ids.strings[k]) for k in groups.server_name], np.bool_)
    prints = [next((p for k in pair if k >= 0 and (p := _listed_print(ids.facts[k], lists))), None) for pair in groups.facts]

    def address(i: int) -> Spoken:
        hi, lo = (f.resp_hi, f.resp_lo) if resp[i] else (f.orig_hi, f.orig_lo)
        text = text_of(int(hi[first[i]]), int(lo[first[i]]))
        return Spoken(text, f"{text} is on a list of indicators")

    def name(i: int) -> Spoken:
        text = ids.strings[int(groups.server_name[i])]
        return Spoken(text, f"{text} is on a list of indicators")

    def fingerprint(i: int) -> Spoken:
        key, value = prints[i] or ("", "")
        return Spoken(value, f"{key} {value} is on a list of indicators")

    def of(mask: Any, kind: str) -> Any:
        return np.where(mask, knowledge.number(f"indicator.{kind}"), 0.0)

    return [
        Column("indicator_address", "indicator", of(resp | orig, "address"), address),
        Column("indicator_name", "indicator", of(named, "name"), name),
        Column("indicator_fingerprint", "indicator", of([p is not None for p in prints], "fingerprint"), fingerprint),
    ]
