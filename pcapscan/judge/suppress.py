"""Suppression at report time: what a site does not want to see first is set aside, counted, and says which rule did it.

A rule hides a finding when every condition it gives holds. Nothing is deleted: the same evidence without the rule gives the finding
back. An expired rule hides nothing, and is told. The first rule that fits, in the order of the files, is the one that is named.

Wildcards: only in names (``example.com`` itself; ``*.example.com`` below it; ``.example.com`` both) and in process paths (``*``
within one folder).
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pcapscan.findings import Finding, Suppressed
from pcapscan.knowledge import Suppression

DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Explained:
    """For one rule and one finding: which conditions held and which did not."""

    rule: str
    held: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether the rule hides the finding."""
        return not self.failed


@lru_cache(maxsize=4096)
def _networks(texts: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(t) for t in texts)


def _in(address: str, networks: tuple[str, ...]) -> bool:
    where = ipaddress.ip_address(address)
    return any(where in net for net in _networks(networks))


def name_matches(rule: str, name: str | None) -> bool:
    """Whether a server name fits a rule's name.

    >>> name_matches("*.example.com", "a.example.com"), name_matches("*.example.com", "example.com")
    (True, False)
    >>> name_matches(".example.com", "example.com"), name_matches("example.com", "a.example.com")
    (True, False)
    """
    if not name:
        return False
    name, bare = name.lower().rstrip("."), rule.lstrip("*").lstrip(".")
    below = name.endswith("." + bare)
    if rule.startswith("*."):
        return below
    return name == bare or (rule.startswith(".") and below)


@lru_cache(maxsize=4096)
def _path(rule: str) -> re.Pattern[str]:
    pattern = "[^/\\\\]*".join(re.escape(part) for part in rule.split("*"))
    return re.compile(pattern, re.IGNORECASE)


def _within_hours(rule: Suppression, first_ns: int, last_ns: int) -> bool:
    """Whether both ends lie within the hours and days, and nothing outside lies between."""
    window = (rule.hours[0], rule.hours[1]) if rule.hours else (0, 1439)
    lengthy = (window[1] - window[0]) % 1440 + 1
    offset = (_minute(first_ns) - window[0]) % 1440
    if rule.hours and (
        offset >= lengthy or offset * 60_000_000_000 + (last_ns - first_ns // 60_000_000_000 * 60_000_000_000) >= lengthy * 60_000_000_000
    ):
        return False
    days = set(rule.days)
    if not days:
        return True
    return all((day + 3) % 7 in days for day in range(first_ns // DAY_NS, min(last_ns // DAY_NS, first_ns // DAY_NS + 7) + 1))


def _minute(ns: int) -> int:
    return ns // 60_000_000_000 % 1440


def explain(finding: Finding, rule: Suppression) -> Explained:
    """Hold one rule against one finding, condition by condition."""
    checks: list[tuple[str, bool]] = []
    if rule.protocols:
        checks.append(("protocols", (finding.protocol or "?") in rule.protocols))
    if rule.ports:
        checks.append(("ports", finding.resp_p in rule.ports))
    if rule.transports:
        checks.append(("transports", finding.transport in rule.transports))
    if rule.verdicts:
        checks.append(("verdicts", finding.verdict in rule.verdicts))
    if rule.kinds:
        checks.append(("kinds", finding.kind in rule.kinds))
    if rule.originators:
        checks.append(("originators", _in(finding.orig_h, rule.originators)))
    if rule.responders:
        checks.append(("responders", _in(finding.resp_h, rule.responders)))
    if rule.names:
        checks.append(("names", any(name_matches(n, finding.server_name) for n in rule.names)))
    if rule.processes:
        images = [p.image for p in finding.process if p.image]
        checks.append(("processes", bool(images) and all(any(_path(r).fullmatch(i) for r in rule.processes) for i in images)))
    if rule.hours or rule.days:
        checks.append(("hours", _within_hours(rule, finding.first_ns, finding.last_ns)))
    if rule.after_ns is not None:
        checks.append(("after", finding.first_ns >= rule.after_ns))
    if rule.before_ns is not None:
        checks.append(("before", finding.last_ns < rule.before_ns))
    checks.append(("max_score", finding.score <= rule.max_score))
    return Explained(rule.id, tuple(c for c, ok in checks if ok), tuple(c for c, ok in checks if not ok))


def expired(rule: Suppression, now_ns: int) -> bool:
    """Whether a rule's last day (UTC) is over."""
    if rule.expires is None:
        return False
    last = datetime.date.fromisoformat(rule.expires)
    return now_ns // DAY_NS > (last - datetime.date(1970, 1, 1)).days


def suppress(findings: Sequence[Finding], rules: Sequence[Suppression], now_ns: int) -> tuple[list[Finding], list[Suppressed]]:
    """Set aside what a rule hides.

    Parameters
    ----------
    now_ns : int
        UTC nanoseconds, given by the caller: nothing here reads a clock.

    Returns
    -------
    kept : list of Finding
    suppressed : list of Suppressed
        Together as many as came in; both in the order they came in.
    """
    live = [rule for rule in rules if not expired(rule, now_ns)]
    kept, hidden = [], []
    for finding in findings:
        rule = next((r for r in live if explain(finding, r).fits), None)
        if rule is None:
            kept.append(finding)
        else:
            hidden.append(Suppressed(finding, rule.id, rule.why, rule.owner, rule.expires))
    return kept, hidden


def notes(rules: Sequence[Suppression], now_ns: int) -> tuple[str, ...]:
    """What a reader must know of the rules: those that are over, and those that another one always covers."""
    told = [f"suppression {r.id!r} ({r.owner}) ended on {r.expires} and hides nothing" for r in rules if expired(r, now_ns)]
    live = [r for r in rules if not expired(r, now_ns)]
    seen: dict[tuple[object, ...], str] = {}
    for rule in live:
        conditions = tuple(getattr(rule, name) for name in _CONDITIONS)
        if conditions in seen:
            told.append(f"suppression {rule.id!r} says the same as {seen[conditions]!r}, which comes first")
        seen.setdefault(conditions, rule.id)
    return tuple(told)


_CONDITIONS = (
    "protocols", "ports", "transports", "verdicts", "kinds", "originators", "responders", "names", "processes", "hours", "days",
    "after_ns", "before_ns", "max_score",
)  # fmt: skip
