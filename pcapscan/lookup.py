"""Questions about what is known, answered as plain data: protocols, ports, campaigns, verdicts, detectors.

Beside the pipeline, and like it allowed to import rooms; each function imports only what it asks. Answers are dicts of texts,
numbers and lists, ready for JSON; a question that nothing answers raises :class:`~pcapscan.errors.UsageError` with the names that
come near.

::

    protocols() -> [{"name", "title", "transports", "expected_ports", "reserved_ports"}, ...]
    protocol(name) -> the same, with page, aliases, anywhere, and what is known of its home
    known(word, overlays) -> {"kind": "port" | "protocol" | "campaign", ...}
    topic(word) -> {"kind": "verdict" | "protocol" | "detector", "name", "title", "text"}
    zeek_scripts(overlays) -> {file name: text} of the Zeek package's generated tables
    rules(language, findings, overlays) -> what is known, or findings, as rules of another tool's language
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pcapscan.errors import UsageError
from pcapscan.findings import Finding
from pcapscan.knowledge import GUIDES, Campaign, Entry, Knowledge, Ports, guide, load
from pcapscan.tables import TRANSPORTS, VERDICTS

Answer = dict[str, Any]

_PLACE = re.compile(r"(?:(tcp|udp|sctp)/)?(\d{1,5})(?:/(tcp|udp|sctp))?")
_KNOWN_TRANSPORTS = {word: number for number, word in TRANSPORTS.items() if word in ("tcp", "udp", "sctp")}

VERDICT_TEXT = {
    "none": "The flow carried no payload: nothing was said, so nothing is named.",
    "expected": "The protocol that was spoken is at home on this port.",
    "unexpected_port": "A known protocol on a port where it is not at home, and that belongs to no other.",
    "wrong_protocol": "A known protocol on a port that is reserved for another one.",
    "unknown_on_reserved": "Bytes of no known protocol on a port that is reserved for a known one.",
    "fake": "Bytes dressed as TLS that fail as TLS: an impossible hello, records without a handshake, an answer that cannot be.",
    "unknown": "Bytes of no known protocol on a port that belongs to nobody.",
}
"""What a verdict means in one sentence."""


def near(word: str, names: Iterable[str]) -> list[str]:
    """Up to five names that look like ``word`` or contain it, the closest first.

    >>> near("postgres", ["postgresql", "pop3", "tls"])
    ['postgresql']
    """
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), folded, n=5, cutoff=0.6)
    close += [name for name in folded if len(word) > 1 and word.casefold() in name and name not in close]
    return [folded[name] for name in close[:5]]


def _unknown(what: str, word: str, names: Iterable[str], hint: str) -> UsageError:
    close = near(word, names)
    return UsageError(f"no {what} named {word!r}" + (f"; did you mean {', '.join(close)}?" if close else f"; {hint}"))


def _ports(ports: Iterable[Ports]) -> list[str]:
    return [str(p) for p in ports]


def _said(entry: Entry, **more: Any) -> Answer:
    """An entry's own words, with what else is to be shown of it first."""
    return {
        "id": entry.id, **more, "why": entry.why, "source": entry.source, "confidence": entry.confidence,
        "false_positives": entry.false_positives,
    }  # fmt: skip


def protocols(overlays: Sequence[Path] = ()) -> list[Answer]:
    """Every protocol that is recognised by content, by name, and where it is at home."""
    from pcapscan.identify import pages

    knowledge = load(overlays)
    rows = []
    for page in pages():
        home = knowledge.protocol(page.name)
        rows.append(
            {
                "name": page.name, "title": page.title, "transports": list(page.transports),
                "expected_ports": _ports(home.expected) if home else [], "reserved_ports": _ports(home.reserved) if home else [],
            }
        )  # fmt: skip
    return rows


def protocol(name: str, overlays: Sequence[Path] = ()) -> Answer:
    """One protocol: its page, and what is known of its home.

    Raises
    ------
    UsageError
        For a name that nothing recognises, with the names that come near.
    """
    from pcapscan.identify import pages

    knowledge = load(overlays)
    by_name = {page.name: page for page in pages()}
    home = knowledge.protocol(name.casefold())
    page = by_name.get(name.casefold()) or (by_name.get(home.id) if home else None)
    if page is None:
        raise _unknown("protocol", name, by_name, "`pcapscan protocols` lists them")
    home = knowledge.protocol(page.name)
    return {
        "kind": "protocol", "name": page.name, "title": page.title, "transports": list(page.transports), "upgrades": page.upgrades,
        "home": _home(home) if home else None, "text": page.text,
    }  # fmt: skip


def _home(home: Any) -> Answer:
    return _said(
        home, aliases=list(home.aliases), iana=_ports(home.iana), application=_ports(home.application),
        reserved=_ports(home.reserved), anywhere=_ports(home.anywhere), answered=home.answered, symmetric=home.symmetric, periodic=home.periodic,
    )  # fmt: skip


def known(word: str, overlays: Sequence[Path] = ()) -> Answer:
    """What the knowledge files say of a port (``443``, ``udp/443``), a protocol, or a campaign (name, id or ATT&CK id).

    Raises
    ------
    UsageError
        Where nothing of that name is known, with the names that come near.
    """
    knowledge = load(overlays)
    place = _PLACE.fullmatch(word.strip().casefold())
    if place:
        return _port(knowledge, int(place[2]), place[1] or place[3])
    home = knowledge.protocol(word.casefold())
    if home:
        return {"kind": "protocol", "name": home.id, "home": _home(home), **_of_protocol(knowledge, home.id, {home.id, *home.aliases})}
    campaigns = [c for c in knowledge.campaigns if word.casefold() in {c.id, c.name.casefold(), c.attack_id.casefold()}]
    if campaigns:
        return {"kind": "campaign", "name": campaigns[0].name, "campaigns": [_campaign(c) for c in campaigns]}
    names = [*knowledge.protocols, *(c.name for c in knowledge.campaigns), *(c.id for c in knowledge.campaigns)]
    raise _unknown(
        "port, protocol or campaign", word, dict.fromkeys(names), "write a port such as 8088 or udp/443, a protocol, or a campaign"
    )


def _port(knowledge: Knowledge, port: int, transport: str | None) -> Answer:
    if port > 65535:
        raise UsageError(f"{port} is no port: ports lie between 0 and 65535")
    places = [(number, port) for word, number in _KNOWN_TRANSPORTS.items() if transport in (None, word)]

    def here(ports: Iterable[Ports]) -> bool:
        return any(place in spec for spec in ports for place in places)

    return {
        "kind": "port", "name": f"{transport}/{port}" if transport else str(port),
        "at_home": [
            {
                "protocol": p.id, "reserved": here(p.reserved), "ports": _ports(s for s in p.expected if here([s])),
                "why": p.why, "source": p.source,
            }
            for p in sorted(knowledge.protocols.values(), key=lambda p: (not here(p.reserved), p.id)) if here(p.expected)
        ],
        "alternates": [
            _said(a, protocols=list(a.protocols), vendor=a.vendor, severity=a.severity) for a in knowledge.alternates if here(a.ports)
        ],
        "pairs": [
            _said(p, protocols=list(p.protocols), verdicts=list(p.verdicts), severity=p.severity) for p in knowledge.pairs if here(p.ports)
        ],
        "lists": [_said(s, benign_twin=s.benign_twin) for s in knowledge.suspicious if here(s.ports)],
        "campaigns": [_campaign(c) for c in knowledge.campaigns if any(here(u.ports) for u in c.uses)],
    }  # fmt: skip


def _of_protocol(knowledge: Knowledge, name: str, names: set[str]) -> Answer:
    return {
        "alternates": [
            _said(a, ports=_ports(a.ports), vendor=a.vendor, severity=a.severity) for a in knowledge.alternates if names & set(a.protocols)
        ],
        "pairs": [
            _said(p, ports=_ports(p.ports), verdicts=list(p.verdicts), severity=p.severity)
            for p in knowledge.pairs if names & set(p.protocols)
        ],
        "lists": [],
        "campaigns": [_campaign(c) for c in knowledge.campaigns if any(names & set(u.protocols) for u in c.uses)],
    }  # fmt: skip


def _campaign(campaign: Campaign) -> Answer:
    uses = [{"protocols": list(u.protocols), "ports": _ports(u.ports), "listener": u.listener} for u in campaign.uses]
    return _said(campaign, name=campaign.name, attack_id=campaign.attack_id, uses=uses)


@cache
def detectors() -> dict[str, tuple[str, str]]:
    """Detector to its title and its page: the docstring of its file, and behind it that of the function where one file holds several."""
    from pcapscan.judge import DETECTORS
    from pcapscan.judge.facts import facts
    from pcapscan.judge.rdp_port import port_change

    found = {}
    in_file = [detector.__module__ for detector in DETECTORS]
    for detector in (*DETECTORS, facts, port_change):
        page = inspect.cleandoc(sys.modules[detector.__module__].__doc__ or "")
        title = page.split("\n", 1)[0]
        if in_file.count(detector.__module__) > 1:
            own = inspect.cleandoc(detector.__doc__ or "")
            title, page = own.split("\n", 1)[0], f"{own}\n\n{page}"
        found[detector.__name__] = (title.rstrip("."), page)
    return found


MEASURES = {
    "pair": "mismatch", "shell": "content", "conversation": "content", "entropy": "content", "upload": "volume",
    "suspicious_port": "priors", "campaign": "priors", "rarity_responder": "rarity", "rarity_port": "rarity", "rarity_fingerprint": "fingerprint",
    "host_rule_runs": "host_rule", "process": "host_rule", "process_cap": "host_rule", "process_suppress": "host_rule",
    "rdp_port_change": "port_change", "rdp_port_used": "port_change",
    "indicator_address": "indicators", "indicator_name": "indicators", "indicator_fingerprint": "indicators",
}  # fmt: skip
"""The word a reason carries, where it differs from the name of the detector that gave it."""

_OF_FACTS = ("tls_", "http_", "mark_")
"""How the words of reasons that a protocol's facts gave begin."""


def _detector(word: str) -> str | None:
    name = "facts" if word.startswith(_OF_FACTS) else MEASURES.get(word, word)
    return name if name in detectors() else None


def topics() -> list[Answer]:
    """Every word that :func:`topic` explains, without its text."""
    from pcapscan.identify import pages

    rows = [{"kind": "verdict", "name": word, "title": VERDICT_TEXT[word]} for word in VERDICTS]
    rows += [{"kind": "guide", "name": word, "title": _title(guide(word) or "")} for word in GUIDES if word not in VERDICTS]
    rows += [{"kind": "detector", "name": name, "title": title} for name, (title, _) in detectors().items()]
    return rows + [{"kind": "protocol", "name": page.name, "title": page.title} for page in pages()]


def _title(text: str) -> str:
    return text.strip().split("\n", 1)[0].lstrip("# ").rstrip(".")


_MORE = (
    "**More**: `pcapscan explain investigate` how to go through a finding, `hunting` queries for the rest of the evidence, `tuning` how to give a service a\n"
    "home or set a finding aside."
)
"""At the end of every verdict's page."""


def topic(word: str) -> Answer:
    """The page of a verdict, a detector (or a measure of one), or a protocol.

    Raises
    ------
    UsageError
        For a word that has no page, with the words that come near.
    """
    name = word.strip().casefold().replace("-", "_")
    if name in VERDICTS or name in GUIDES:
        text = guide(name)
        title = VERDICT_TEXT.get(name) or _title(text or "")
        if name in VERDICTS:
            return {"kind": "verdict", "name": name, "title": title, "text": (text or title).rstrip() + "\n\n" + _MORE}
        return {"kind": "guide", "name": name, "title": title, "text": text or title}
    detector = _detector(name)
    if detector is not None:
        title, page = detectors()[detector]
        return {"kind": "detector", "name": detector, "title": title, "text": page}
    try:
        return protocol(word.strip())
    except UsageError:
        names = [row["name"] for row in topics()] + list(MEASURES)
        raise _unknown("verdict, detector or protocol", word, names, "`pcapscan explain` lists what can be explained") from None


def rule_languages() -> dict[str, str]:
    """Languages that :func:`rules` writes, and the ending of a file of each."""
    from pcapscan.rules import LANGUAGES, SUFFIX

    return {language: SUFFIX[language] for language in LANGUAGES}


def rules(language: str, findings: Sequence[Finding] | None = None, overlays: Sequence[Path] = ()) -> str:
    """Rules in one language: for findings, or where None are given for all that is known.

    Raises
    ------
    UsageError
        For a language that is not written.
    """
    from pcapscan.rules import export, of_finding, shipped

    if findings is not None:
        return export([of_finding(f) for f in findings], language)
    knowledge = load(overlays)
    return export(shipped(knowledge), language, knowledge)


def zeek_scripts(overlays: Sequence[Path] = ()) -> dict[str, str]:
    """File name to text of the tables that the Zeek package (``zeek_scripts/``) takes from the knowledge."""
    from pcapscan.rules.zeek_package import scripts

    return scripts(load(overlays))
