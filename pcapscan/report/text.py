"""The report for people: a ranked list on a terminal, wide or narrow, each finding with its reasons."""

from __future__ import annotations

import io
from typing import IO, Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from pcapscan.findings import Evidence, Finding, InputReport, Process, ReportDocument
from pcapscan.report.escape import for_terminal
from pcapscan.report.pictures import pictures
from pcapscan.report.times import rfc3339, span

_STYLE = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan", "info": "dim"}
_WIDE = 110
"""Columns from which the summary is a table; below, each finding is a small block. Arbitrary: what seven columns need."""


def table(document: ReportDocument, *, width: int = 100, color: bool = False, details: int = 10, show_suppressed: bool = False) -> str:
    """Render for a terminal of ``width`` columns."""
    out = io.StringIO()
    console = console_for(out, max(width, 40), color)
    _inputs(console, document)
    if document.findings:
        if width >= _WIDE:
            console.print(_summary(document.findings))
        _details(console, document.findings, details, width)
    else:
        console.print(Text("0 findings.", style="bold green"), soft_wrap=False)
    if show_suppressed:
        _suppressed(console, document)
    if document.explained:
        _explained(console, document)
    _coverage(console, document)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _count(n: int) -> str:
    return f"{n:,}".replace(",", " ")


def plural(n: int, word: str) -> str:
    """A number and what it counts."""
    return f"{_count(n)} {word}{'' if n == 1 else 's'}"


def _input_line(source: InputReport) -> Text:
    kind = source.kind + (f" in {source.compression}" if source.compression else "")
    line = Text(for_terminal(source.path), style="bold")
    first, last = rfc3339(source.first_ns), rfc3339(source.last_ns)
    when = ""
    if source.first_ns is not None and source.last_ns is not None and first and last:
        when = f", {first[:19]}Z + {span((source.last_ns - source.first_ns) / 1e9)}"
    line.append(f"  {kind}, {plural(source.records, 'record')}{when}", style="dim")
    return line


def _inputs(console: Console, document: ReportDocument, most: int = 8) -> None:
    read = [i for i in document.inputs if not i.errors]
    broken = [i for i in document.inputs if i.errors]
    for source in read[:most]:
        console.print(_input_line(source))
    if len(read) > most:
        console.print(Text(f"... and {plural(len(read) - most, 'more input')}", style="dim"))
    for source in broken[:most]:
        console.print(_input_line(source))
        for error in source.errors[:3]:
            console.print(Padding(Text("! " + for_terminal(error), style="yellow"), (0, 0, 0, 2)))
    if len(broken) > most:
        console.print(Text(f"! and {plural(len(broken) - most, 'more input')} with errors (--format json tells all)", style="yellow"))
    console.print()


def where(finding: Finding) -> str:
    """The responder's place: ``203.0.113.10:8088/tcp``."""
    peer = f"[{finding.resp_h}]" if ":" in finding.resp_h else finding.resp_h
    return f"{peer}:{finding.resp_p}/{finding.transport}"


def seen(finding: Finding) -> str:
    """How often, and how regularly: ``30x every 10 s``."""
    if finding.period_s is None:
        return f"{_count(finding.connections)}x"
    jitter = f" ±{finding.jitter * 100:.0f} %" if finding.jitter is not None else ""
    return f"{_count(finding.connections)}x every {span(finding.period_s)}{jitter}"


def _summary(findings: tuple[Finding, ...]) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("#", "score"):
        grid.add_column(name, justify="right")
    grid.add_column("severity")
    grid.add_column("finding", ratio=3, overflow="fold")
    for name in ("from", "to", "seen"):
        grid.add_column(name, overflow="fold")
    for rank, f in enumerate(findings, 1):
        grid.add_row(
            str(rank), f"{f.score:.0f}", Text(f.severity, style=_STYLE[f.severity]), for_terminal(f.title), f.orig_h, where(f), seen(f)
        )
    return grid


def _evidence(pointers: tuple[Evidence, ...], most: int = 3) -> str:
    shown = []
    for e in pointers[:most]:
        at = "" if e.number is None else f" #{_count(e.number)}"
        at += "" if e.offset is None else f" (byte {_count(e.offset)})"
        at += "" if e.uid is None else f" uid {e.uid}"
        shown.append(for_terminal(e.file) + at)
    return "; ".join(shown)


def _facts(facts: Any) -> str:
    """Facts of one side on one line: ``version TLSv1.3, alpn h2 http/1.1``."""
    if not isinstance(facts, dict):
        return str(facts)
    shown = (
        (k, " ".join(map(str, v)) if isinstance(v, list) else "yes" if v is True else "no" if v is False else v) for k, v in facts.items()
    )
    return ", ".join(f"{k} {v}" for k, v in shown if v not in (None, ""))


_COMMAND = 400
"""Characters of a command line that the table shows; arbitrary, four lines. JSON holds more."""


def _who(p: Process, several: bool) -> str:
    side = f"{'client' if p.side == 'orig' else 'server'}: " if several else ""
    user = f" as {p.user}" if p.user else ""
    how = f", {p.outcome} join" if p.outcome in ("exact", "late", "ambiguous") else ""
    return f"{side}{p.image or 'unknown process'} (pid {p.pid if p.pid is not None else '?'}) on {p.host}{user}{how}"


def _block(rank: int, f: Finding, wide: bool) -> Group:
    head = Text()
    head.append(f"{rank}. ")
    head.append(f" {f.severity} {f.score:.0f} ", style=_STYLE[f.severity])
    head.append(f" {for_terminal(f.title)}", style="bold")
    lines: list[Any] = [head]
    place = Text(f"{f.orig_h} → {where(f)}  {seen(f)}")
    if f.server_name:
        place.append(f"  name {for_terminal(f.server_name)}")
    lines.append(Padding(place, (0, 0, 0, 3)))
    reasons = Grid(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    reasons.add_column(justify="right", no_wrap=True)
    reasons.add_column(overflow="fold")
    for r in f.reasons:
        reasons.add_row(f"{r.points:+g}", for_terminal(r.text))
    for p in f.process:
        reasons.add_row("by", for_terminal(_who(p, len(f.process) > 1)))
        more = (("command line", p.command_line), ("parent", p.parent), ("process GUID", p.guid))
        for word, value in more:
            if value:
                reasons.add_row("", Text(for_terminal(f"{word}: {value[:_COMMAND]}{'...' if len(value) > _COMMAND else ''}"), style="dim"))
        if p.evidence:
            reasons.add_row("", Text("told by: " + _evidence(p.evidence), style="dim"))
    for side, facts in f.facts.items():
        reasons.add_row("", Text(for_terminal(f"{side}: {_facts(facts)}"), style="dim"))
    if f.flows:
        reasons.add_row("", Text("evidence: " + _evidence(f.flows), style="dim"))
    lines.append(Padding(reasons, (0, 0, 1, 3)))
    return Group(*lines)


def console_for(out: IO[str], width: int, color: bool) -> Console:
    """What every text of ours is printed with: it interprets nothing that stands in the evidence."""
    return Console(
        file=out, width=width, force_terminal=color, no_color=not color, color_system="standard" if color else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip


def one(finding: Finding, *, width: int = 100, color: bool = False, rank: int = 1) -> str:
    """A single finding with its reasons, its id, and pictures of its timing."""
    out = io.StringIO()
    console = console_for(out, max(width, 40), color)
    console.print(_block(rank, finding, wide=True))
    drawn = pictures(finding, width)
    if drawn:
        console.print(Text(drawn), soft_wrap=True)
    words = ", ".join(dict.fromkeys((finding.verdict, *(r.measure for r in finding.reasons if r.measure != "cap"))))
    console.print(Text(f"id {for_terminal(finding.id)}; techniques {for_terminal(', '.join(finding.techniques))}", style="dim"))
    console.print(Text(f"pcapscan explain WORD tells more of: {for_terminal(words)}", style="dim"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _details(console: Console, findings: tuple[Finding, ...], details: int, width: int) -> None:
    console.print()
    shown = findings if width < _WIDE else findings[:details]
    for rank, f in enumerate(shown[: max(details, 0)], 1):
        console.print(_block(rank, f, width >= _WIDE))
    rest = len(findings) - min(len(shown), max(details, 0))
    if rest > 0 and width < _WIDE:
        console.print(Text(f"... and {plural(rest, 'more finding')} (--details {len(findings)} shows all)", style="dim"))


def _suppressed(console: Console, document: ReportDocument) -> None:
    for hidden in document.suppressed:
        line = Text(f"suppressed by {for_terminal(hidden.rule)}", style="bold")
        line.append(f" ({for_terminal(hidden.why)}; {for_terminal(hidden.owner)}, until {hidden.expires or 'further notice'}): ")
        line.append(f"{hidden.finding.score:.0f} {for_terminal(hidden.finding.title)}, {hidden.finding.orig_h} → {where(hidden.finding)}")
        console.print(line)
    console.print()


def _explained(console: Console, document: ReportDocument) -> None:
    """Every suppression rule: what it hid, what it nearly hid and why it did not."""
    everything = [*document.findings, *(h.finding for h in document.suppressed)]
    known = {f.id: f"{f.score:.0f} {for_terminal(f.title)}, {f.orig_h} → {where(f)}" for f in everything}
    for r in document.explained:
        until = "expired on " + str(r.expires) if r.expired else f"until {r.expires or 'further notice'}"
        console.print(Text(f"rule {for_terminal(r.rule)} ({for_terminal(r.owner)}, {until}; {for_terminal(r.file)})", style="bold"))
        console.print(Padding(Text(for_terminal(r.why)), (0, 0, 0, 3)))
        lines = [f"hides {known.get(i, i)}" for i in r.hid]
        lines += [f"fits too, an earlier rule hid it: {known.get(i, i)}" for i in r.also]
        for t in r.near:
            held = ", ".join(t.held)
            lines.append(f"not {known.get(t.finding, t.finding)}: " + for_terminal("; ".join(t.said)) + f" ({held}: held)")
        for line in lines or ["fits no finding of this evidence, not even in part"]:
            console.print(Padding(Text(line), (0, 0, 0, 3)))
    console.print()


def _words(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))
    shown = ", ".join(f"{for_terminal(k)} {_count(v)}" for k, v in ranked[:12])
    return shown + (f", and {len(ranked) - 12} more" if len(ranked) > 12 else "")


_HOSTS = 20
"""Hosts that the table tells of one by one; arbitrary, a screen."""


def host_line(host: dict[str, Any]) -> str:
    """A host with endpoint events: its clock, and how its events ended."""
    log = f" ({host['log']} log)" if host.get("log") else ""
    known = host.get("skew") != "none"
    agree = f"{host['skew']}; {host['support']} of {host['voters']} agree, {host['clock']} time"
    clock = f"clock {host['skew_s']:+.3f} s ({agree})" if known else "clock offset unknown"
    words = ", ".join(f"{word} {n}" for word, n in host.get("outcomes", {}).items())
    note = f"; {host['note']}" if host.get("note") else ""
    return for_terminal(f"host {host['host'] or '?'}{log}: {clock}{note}{'; ' + words if words else ''}")


def _coverage(console: Console, document: ReportDocument) -> None:
    c = document.coverage
    records = sum(i.records for i in document.inputs)
    lines = [
        f"{plural(len(document.findings), 'finding')}; looked at {plural(records, 'record')} of {plural(len(document.inputs), 'input')}, "
        f"{plural(c.packets, 'packet')} in {plural(c.flows, 'flow')}, {plural(c.channels, 'channel')}."
    ]
    if c.verdicts:
        lines.append("flows: " + _words(c.verdicts))
    if c.protocols:
        lines.append("spoken: " + _words(c.protocols))
    if c.undecoded:
        lines.append("not part of a flow: " + _words(c.undecoded))
    skipped: dict[str, int] = {}
    for source in document.inputs:
        for reason, n in source.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + n
    if skipped:
        lines.append("skipped: " + _words(skipped))
    if c.below_score:
        lines.append(f"{plural(c.below_score, 'finding')} below --min-score not shown")
    if document.suppressed:
        by_rule: dict[str, int] = {}
        for hidden in document.suppressed:
            by_rule[hidden.rule] = by_rule.get(hidden.rule, 0) + 1
        lines.append(
            f"{plural(len(document.suppressed), 'finding')} suppressed by rule: " + _words(by_rule) + " (--show-suppressed lists them)"
        )
    lines += [host_line(host) for host in c.hosts[:_HOSTS]]
    if len(c.hosts) > _HOSTS:
        lines.append(f"... and {len(c.hosts) - _HOSTS} more hosts (--format json tells all)")
    lines += [for_terminal(note) for note in c.notes]
    for line in lines:
        console.print(Text(line, style="dim"))
