"""Suppression at report time: what a site does not want to see first is set aside, counted, and says which rule did it.

A rule hides a finding when every condition it gives holds. Nothing is deleted: the same evidence without the rule gives the finding
back. An expired rule hides nothing, and is told. Where several rules fit, the first in the order of the files is the one that is named;
a rule behind one that covers it never decides, and is told. No rule shows what another hides, so that two rules can't undo each other;
conditions of one rule that can't hold together are refused when it is read.

Wildcards: only in names (``example.com`` itself; ``*.example.com`` below it; ``.example.com`` both) and in process paths (``*``
within one folder).
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from pcapscan.findings import Finding, RuleReport, Suppressed, Tried
from pcapscan.judge.judgement import EXCUSED
from pcapscan.knowledge import Suppression

DAY_NS = 86_400_000_000_000


class Explained(Struct, frozen=True):
    """For one rule and one finding: which conditions held and which did not."""

    rule: str
    held: tuple[str, ...]
    failed: tuple[str, ...]
    said: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the rule hides the finding."""
        return not self.failed


@lru_cache(maxsize=4096)
def _networks(texts: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(t) for t in texts)


def _in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        where = ipaddress.ip_address(address)
    except ValueError:  # a host that is only known by name
        return False
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


Check = tuple[str, bool, Callable[[], str]]
"""A condition's name, whether it holds, and what to say where it does not."""


def _checks(finding: Finding, rule: Suppression) -> Iterator[Check]:
    """Every condition that a rule gives, one after the other."""

    def among(name: str, ok: bool, has: object, wanted: Sequence[object]) -> Check:
        def say() -> str:
            return f"{name}: {has} is none of {', '.join(map(str, wanted[:8]))}{' ...' if len(wanted) > 8 else ''}"

        return name, ok, say

    def span() -> str:
        return f"{_text(finding.first_ns)} to {_text(finding.last_ns)}"

    if rule.protocols:
        spoken = finding.protocol or "?"
        yield among("protocols", spoken in rule.protocols, spoken, rule.protocols)
    if rule.ports:
        yield among("ports", finding.resp_p in rule.ports, finding.resp_p, rule.ports)
    if rule.transports:
        yield among("transports", finding.transport in rule.transports, finding.transport, rule.transports)
    if rule.verdicts:
        yield among("verdicts", finding.verdict in rule.verdicts, finding.verdict, rule.verdicts)
    if rule.kinds:
        yield among("kinds", finding.kind in rule.kinds, finding.kind, rule.kinds)
    if rule.originators:
        yield among("originators", _in(finding.orig_h, rule.originators), finding.orig_h, rule.originators)
    if rule.responders:
        yield among("responders", _in(finding.resp_h, rule.responders), finding.resp_h, rule.responders)
    if rule.names:
        named = any(name_matches(n, finding.server_name) for n in rule.names)
        yield among("names", named, finding.server_name or "no name", rule.names)
    if rule.processes:
        images = [p.image for p in finding.process if p.image]
        fit = bool(images) and all(any(_path(r).fullmatch(i) for r in rule.processes) for i in images)
        yield among("processes", fit, ", ".join(images) or "no process", rule.processes)
    if rule.hours or rule.days:
        held = _within_hours(rule, finding.first_ns, finding.last_ns)
        yield "hours", held, lambda: f"hours: {span()} does not lie within the rule's hours and days"
    after, before = rule.after_ns, rule.before_ns
    if after is not None:
        yield "after", finding.first_ns >= after, lambda: f"after: {span()} begins before {_text(after)}"
    if before is not None:
        yield "before", finding.last_ns < before, lambda: f"before: {span()} does not end before {_text(before)}"
    yield "max_score", finding.score <= rule.max_score, lambda: f"max_score: {finding.score:g} is above {rule.max_score:g}"


def fits(finding: Finding, rule: Suppression) -> bool:
    """Whether every condition holds; the first that does not ends the question."""
    return all(ok for _, ok, _ in _checks(finding, rule))


def explain(finding: Finding, rule: Suppression) -> Explained:
    """Hold one rule against one finding, condition by condition."""
    checks = list(_checks(finding, rule))
    failed = [c for c in checks if not c[1]]
    return Explained(rule.id, tuple(c[0] for c in checks if c[1]), tuple(c[0] for c in failed), tuple(c[2]() for c in failed))


def _text(ns: int) -> str:
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=ns // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


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
        rule = next((r for r in live if fits(finding, r)), None)
        if rule is None:
            kept.append(finding)
        else:
            hidden.append(Suppressed(finding, rule.id, rule.why, rule.owner, rule.expires))
    return kept, hidden


def excused(findings: Sequence[Finding]) -> tuple[list[Finding], list[Suppressed]]:
    """Set aside what the rules for processes excuse (:data:`~pcapscan.judge.judgement.EXCUSED`); both in the order they came in."""
    kept, hidden = [], []
    for finding in findings:
        rule = next((r for r in finding.reasons if r.measure == EXCUSED), None)
        if rule is None:
            kept.append(finding)
        else:
            hidden.append(Suppressed(finding, f"process:{rule.value}", rule.text, "pcapscan", None))
    return kept, hidden


NEAR = 10
"""Findings that a rule nearly fits and that its account names; ``near`` is for finding a slip in a rule, not a list."""


def account(findings: Sequence[Finding], rules: Sequence[Suppression], now_ns: int) -> tuple[RuleReport, ...]:
    """For every rule what it hid, what it would have hidden too, and what it nearly fits and why it does not.

    Parameters
    ----------
    findings : sequence of Finding
        All of them, before :func:`suppress` set some aside.
    """
    live = [not expired(rule, now_ns) for rule in rules]
    tried = [[explain(finding, rule) for finding in findings] for rule in rules]
    first = [next((k for k in range(len(rules)) if live[k] and tried[k][i].fits), -1) for i in range(len(findings))]
    reports = []
    for k, rule in enumerate(rules):
        hid = tuple(f.id for i, f in enumerate(findings) if first[i] == k)
        also = tuple(f.id for i, f in enumerate(findings) if tried[k][i].fits and first[i] not in (-1, k))
        partly = [(f, t) for f, t in zip(findings, tried[k], strict=True) if not t.fits and set(t.held) - {"max_score"}]
        partly.sort(key=lambda pair: len(pair[1].failed))  # stable: by score within
        near = tuple(Tried(f.id, t.held, t.failed, t.said) for f, t in partly[:NEAR])
        reports.append(RuleReport(rule.id, rule.owner, rule.why, rule.expires, not live[k], rule.file, hid, also, near))
    return tuple(reports)


@lru_cache(maxsize=16384)
def _ranges(texts: tuple[str, ...]) -> tuple[tuple[int, int, int], ...]:
    """Networks as (version, first, last) in whole numbers."""
    return tuple((n.version, int(n.network_address), int(n.broadcast_address)) for n in _networks(texts))


def _networks_within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    """Whether each of the first networks lies in one of the second."""
    wide = _ranges(outer)
    return all(any(v == w and first <= a and z <= last for w, first, last in wide) for v, a, z in _ranges(inner))


def _name_within(inner: str, outer: str) -> bool:
    """Whether every server name that fits one rule's name fits the other's."""
    bare = inner.lstrip("*").lstrip(".")
    if inner.startswith("*."):
        return outer.startswith(("*.", ".")) and name_matches(outer, "x." + bare)
    if inner.startswith("."):
        return name_matches(outer, bare) and name_matches(outer, "x." + bare)
    return name_matches(outer, bare)


def _minutes(rule: Suppression) -> set[int]:
    """Minutes of the week that a rule's hours and days hold."""
    first, last = (rule.hours[0], rule.hours[1]) if rule.hours else (0, 1439)
    day = [(first + m) % 1440 for m in range((last - first) % 1440 + 1)]
    return {d * 1440 + m for d in rule.days or range(7) for m in day}


def covers(wide: Suppression, narrow: Suppression) -> bool:
    """Whether whatever the second rule hides the first hides as well.

    Each condition of the first must be one that the second asks for at least as strictly.
    """
    for name in ("protocols", "ports", "transports", "verdicts", "kinds"):
        mine, its = getattr(wide, name), getattr(narrow, name)
        if mine and not (its and set(its) <= set(mine)):
            return False
    for name in ("originators", "responders"):
        mine, its = getattr(wide, name), getattr(narrow, name)
        if mine and not (its and _networks_within(its, mine)):
            return False
    if wide.names and not (narrow.names and all(any(_name_within(n, o) for o in wide.names) for n in narrow.names)):
        return False
    if wide.processes and not (narrow.processes and {p.lower() for p in narrow.processes} <= {p.lower() for p in wide.processes}):
        return False
    if (wide.hours or wide.days) and not ((narrow.hours or narrow.days) and _minutes(narrow) <= _minutes(wide)):
        return False
    if wide.after_ns is not None and not (narrow.after_ns is not None and narrow.after_ns >= wide.after_ns):
        return False
    if wide.before_ns is not None and not (narrow.before_ns is not None and narrow.before_ns <= wide.before_ns):
        return False
    return wide.max_score >= narrow.max_score


COMPARED = 500
"""Rules that are compared with each other, a quarter of a second; beyond, somebody else than a person wrote them."""


def notes(rules: Sequence[Suppression], now_ns: int) -> tuple[str, ...]:
    """What a reader must know of the rules: those that are over, and those that never decide because one before them covers them."""
    told = [f"suppression {r.id!r} ({r.owner}) ended on {r.expires} and hides nothing" for r in rules if expired(r, now_ns)]
    live = [r for r in rules if not expired(r, now_ns)]
    if len(live) > COMPARED:
        told.append(f"{len(live)} suppression rules: which of them cover one another is told of the first {COMPARED} only")
        live = live[:COMPARED]
    for place, rule in enumerate(live):
        before = next((r for r in live[:place] if covers(r, rule)), None)
        after = next((r for r in live[place + 1 :] if covers(r, rule) and not covers(rule, r)), None)
        if before is not None:
            same = covers(rule, before)
            text = f"says the same as {before.id!r}, which comes first" if same else f"never decides: {before.id!r} before it covers it"
            told.append(
                f"suppression {rule.id!r} {text}" + (f" (and lasts longer, until {rule.expires})" if _outlasts(rule, before) else "")
            )
        elif after is not None:
            told.append(f"suppression {rule.id!r} is a part of {after.id!r}: without it the same findings stay hidden")
    return tuple(told)


def _outlasts(rule: Suppression, other: Suppression) -> bool:
    return other.expires is not None and (rule.expires is None or rule.expires > other.expires)
