"""What the protocol itself shows: TLS certificates and names, HTTP hosts and agents, and marks of attack frameworks.

What it detects
    Self-signed, expired or home-made certificates; a client that names no server, or names an address; no Host, no user agent, a
    script's user agent; certificates and agents that attack frameworks are shipped with.
Why it matters
    Browsers name their server and check its certificate. Implants are programs that call an address.
How it is fooled
    By a domain, a free certificate and a copied user agent: an hour's work. Their presence says much, their absence nothing.
False positives
    Appliances are self-signed, nameless and old all at once: together they count once (``tls.max_without_mark``). TLS 1.3 hides the
    certificate; then nothing is said of it.

References
----------
    RFC 6066 section 3 (names, not addresses), RFC 9110 section 7.2 (Host), section 10.1.5 (User-Agent).
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Evidence, Groups
from pcapscan.judge.places import OUTSIDE
from pcapscan.judge.verdict import EXPECTED
from pcapscan.knowledge import Knowledge, Mark
from pcapscan.tables import Bool

TLS_NAMES = ("tls", "quic", "dtls")
HTTP_NAMES = ("http", "websocket", "http2")


class Fact(NamedTuple):
    """One thing that facts show."""

    measure: str
    points: float
    spoken: Spoken


def side_facts(groups: Groups, i: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts of originator and responder; empty where there are none."""
    facts, memo = groups.evidence.identities.facts, groups.memo
    if "facts" not in memo:
        memo["facts"] = groups.facts.tolist()
    orig, resp = memo["facts"][i]
    return facts[orig] if orig >= 0 else {}, facts[resp] if resp >= 0 else {}


def server_name(groups: Groups, i: int) -> str | None:
    """The name that was asked for."""
    k = int(groups.server_name[i])
    return groups.evidence.identities.strings[k] if k >= 0 else None


@lru_cache(maxsize=4096)
def is_address(name: str) -> bool:
    """Whether a server name is an address, with or without a port or brackets."""
    bare = name.strip()
    if bare.startswith("["):
        bare = bare[1:].split("]", 1)[0]
    elif bare.count(":") == 1:
        bare = bare.split(":", 1)[0]
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def _moment(text: object) -> datetime.datetime | None:
    try:
        when = datetime.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=datetime.UTC)


def _tls(groups: Groups, i: int, knowledge: Knowledge) -> Iterator[Fact]:
    number = knowledge.number
    orig, resp = side_facts(groups, i)
    name = server_name(groups, i)
    if resp.get("self_signed") is True:
        subject = str(resp.get("subject", ""))[:120]
        yield Fact(
            "tls_self_signed", number("tls.self_signed"), Spoken(subject, f"the certificate vouches for itself: {subject or 'no subject'}")
        )
    # A missing name is only held against who was seen to begin: by the hello's fingerprint, or by Zeek's word for the handshake.
    if name is None and (orig.get("ja3") or orig.get("ja4") or "established" in resp):
        yield Fact("tls_no_name", number("tls.no_sni"), Spoken(None, "the client names no server (no SNI)"))
    if name is not None and is_address(name):
        yield Fact("tls_name_address", number("tls.sni_address"), Spoken(name, f"the server's name is an address: {name}"))
    begins, ends = _moment(resp.get("not_before")), _moment(resp.get("not_after"))
    if begins and ends:
        used = datetime.datetime.fromtimestamp(int(groups.first_ns[i]) / 1e9, datetime.UTC)
        days = (ends - begins).days
        if not begins <= used <= ends:
            yield Fact(
                "tls_validity",
                number("tls.expired"),
                Spoken(ends.date().isoformat(), f"the certificate is valid {begins.date()} to {ends.date()}, used {used.date()}"),
            )
        elif days > number("tls.long_validity_days"):
            yield Fact(
                "tls_validity",
                number("tls.long_validity"),
                Spoken(days, f"the certificate is valid for {days} days", "days", number("tls.long_validity_days")),
            )


def _http(groups: Groups, i: int, knowledge: Knowledge) -> Iterator[Fact]:
    number = knowledge.number
    orig, _ = side_facts(groups, i)
    if not orig:
        return
    name = server_name(groups, i) or orig.get("host")
    if name and is_address(str(name)) and groups.resp_place[i] == OUTSIDE:
        yield Fact("http_host_address", number("http.host_address"), Spoken(str(name), f"the Host is an address: {name}"))
    if "method" in orig and not name:
        yield Fact("http_no_host", number("http.no_host"), Spoken(None, "no Host header"))
    if "method" in orig and not orig.get("user_agent"):
        yield Fact("http_no_agent", number("http.no_agent"), Spoken(None, "no user agent"))


def _fits(mark: Mark, value: object) -> bool:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = text.lower()
    squeezed = text.replace(", ", ",").replace(" = ", "=")
    for word in mark.any_of:
        if mark.match == "contains" and (word in text or word in squeezed):
            return True
        if mark.match == "prefix" and text.startswith(word):
            return True
        if mark.match == "equals" and word in (text, squeezed):
            return True
    return False


def _fitting(groups: Groups, key: str, value: object, knowledge: Knowledge) -> tuple[int, ...]:
    """Places in the list of marks of those that a value carries; each distinct text is looked at once."""
    known = groups.memo.setdefault("marks", {})
    place = (key, value) if isinstance(value, str) else (key, str(value), None)
    if place not in known:
        known[place] = tuple(k for k, mark in enumerate(knowledge.marks) if mark.fact == key and _fits(mark, value))
    found: tuple[int, ...] = known[place]
    return found


def _marks(groups: Groups, i: int, knowledge: Knowledge) -> Iterator[Fact]:
    shown: dict[int, object] = {}
    for side in side_facts(groups, i):
        for key in knowledge.marked_facts:
            if key in side and side[key] is not None:
                for k in _fitting(groups, key, side[key], knowledge):
                    shown.setdefault(k, side[key])
    for k in sorted(shown):
        mark, value = knowledge.marks[k], str(shown[k])
        yield Fact(f"mark_{mark.id}", mark.points, Spoken(value[:200], f"{mark.why} ({mark.fact}: {value[:120]})"))


def marked(evidence: Evidence, knowledge: Knowledge) -> Bool:
    """Flows that carry an attack framework's own mark, which makes a finding on any port (bool[n]); each distinct text is looked at once."""
    full = knowledge.number("facts.full_from")
    grave = [mark for mark in knowledge.marks if mark.points >= full]
    keys = tuple(dict.fromkeys(mark.fact for mark in grave))
    known: dict[tuple[str, str], bool] = {}

    def fits(side: dict[str, Any]) -> bool:
        for key in keys:
            value = side.get(key)
            if value:
                place = (key, str(value))
                if place not in known:
                    known[place] = any(mark.fact == key and _fits(mark, value) for mark in grave)
                if known[place]:
                    return True
        return False

    ids = evidence.identities
    some = np.array([*map(fits, ids.facts), False], np.bool_)
    answer: Bool = some[ids.orig_facts] | some[ids.resp_facts]
    return answer


def facts_of(groups: Groups, i: int, knowledge: Knowledge) -> list[Fact]:
    """All that the facts of a group show, weighed."""
    name = groups.name(i)
    shown: list[Fact] = []
    upgraded = int(groups.evidence.identities.upgraded[groups.first[i]])
    inner = groups.evidence.identities.names[upgraded] if upgraded >= 0 else None
    if name in TLS_NAMES or (inner in TLS_NAMES and name not in ("rdp",)):
        shown += _capped(list(_tls(groups, i, knowledge)), knowledge.number("tls.max_without_mark"))
    elif name in HTTP_NAMES:
        shown += _http(groups, i, knowledge)
    marks = list(_marks(groups, i, knowledge))
    share = knowledge.number("facts.expected_share") if groups.verdict[i] == EXPECTED else 1.0
    full = knowledge.number("facts.full_from")
    return [f if f.points >= full else f._replace(points=f.points * share) for f in [*shown, *marks]]


def _capped(shown: list[Fact], limit: float) -> list[Fact]:
    left, kept = limit, []
    for fact in sorted(shown, key=lambda f: -f.points):
        points = min(fact.points, left)
        left -= points
        if points > 0:
            kept.append(fact._replace(points=points))
    return kept


def facts(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Columns of facts, one a measure. Facts are dicts: this runs for the groups that can still become findings only."""
    found: dict[str, dict[int, Fact]] = {}
    for i in np.flatnonzero((groups.facts >= 0).any(axis=1) | (groups.server_name >= 0)).tolist():
        for fact in facts_of(groups, i, knowledge):
            found.setdefault(fact.measure, {})[i] = fact
    columns = []
    for measure, by_group in sorted(found.items()):
        points = np.zeros(len(groups))
        points[list(by_group)] = [f.points for f in by_group.values()]

        def explain(i: int, by_group: dict[int, Fact] = by_group) -> Spoken:
            return by_group[i].spoken

        columns.append(Column(measure, "content", points, explain))
    return columns
