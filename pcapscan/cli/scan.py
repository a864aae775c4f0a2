"""``pcapscan scan``."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import rich_click as click

from pcapscan.cli import common
from pcapscan.errors import EXIT_FINDINGS
from pcapscan.findings import SEVERITIES


@click.command("scan")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "ndjson", "csv", "ecs"]), default="table", show_default=True, help="Form of the report."
)  # fmt: skip
@click.option("--min-score", type=click.FloatRange(0, 100), default=0.0, show_default=True, help="Findings below are counted, not shown.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit with 3 where a finding is at or above this severity.")
@click.option("--details", type=click.IntRange(0), default=10, show_default=True, help="Findings whose reasons the table spells out.")
@click.option(
    "--suppress", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="FILE", help="TOML with rules that hide findings."
)
@common.indicators_option
@click.option("--show-suppressed", is_flag=True, help="List suppressed findings and the rule that hid each (table).")
@click.option(
    "--explain-suppress",
    is_flag=True,
    help="For every suppression rule: what it hid, what it nearly hid and which condition failed (table, JSON).",
)
@click.option("--max-findings", type=click.IntRange(1), help="At most so many findings.  [default: as scoring.toml says]")
@click.option("--now", "now", metavar="DATE", help="The present for expiring rules, such as 2026-01-31; makes a run repeatable later.")
@common.time_offset
@common.evidence
def command(
    inputs: tuple[str, ...], output: str | None, knowledge: tuple[Path, ...], home_net: tuple[str, ...], jobs: int, quiet: bool,
    form: str, min_score: float, fail_on: str | None, details: int, suppress: tuple[Path, ...], indicators: tuple[Path, ...],
    show_suppressed: bool, explain_suppress: bool, max_findings: int | None, now: str | None, time_offset: tuple[tuple[str, float], ...],
) -> None:  # fmt: skip
    """Find what speaks where it should not, ranked, each finding with its reasons.

    Host events among the inputs (Sysmon, Security 5156, Elastic, Packetbeat) name the process of each connection, and are judged by
    port and program where there is no capture.

    Examples:

    `pcapscan scan evidence/`

    `pcapscan scan capture.pcap --format json -o report.json`

    `pcapscan scan capture.pcap sysmon.evtx`

    `pcapscan scan /nsm/pcap --home-net 198.51.100.0/24 --min-score 40 --fail-on high`
    """
    with common.errors(), common.progress(quiet) as tell:
        run = common.start(
            inputs, quiet, tell, knowledge=(*knowledge, *suppress), home_nets=home_net, jobs=jobs, min_score=min_score,
            indicators=indicators, now_ns=_moment(now), max_findings=max_findings,
            explain_suppress=explain_suppress, hosts=True, time_offset=time_offset,
        )  # fmt: skip
        from pcapscan.pipeline import scan
        from pcapscan.report import render

        document = scan(run)
    with common.errors(), common.output(output) as out:
        terminal = output in (None, "-") and sys.stdout.isatty()
        width = shutil.get_terminal_size((100, 24)).columns
        text = render(document, form, width=width, color=terminal, details=details, show_suppressed=show_suppressed)
        out.write(text.encode("utf-8", "backslashreplace"))
    worst = max((SEVERITIES.index(f.severity) for f in document.findings), default=-1)
    common.finish(run, quiet or form == "table", EXIT_FINDINGS if fail_on and worst >= SEVERITIES.index(fail_on) else 0)


def _moment(now: str | None) -> int:
    if now is None:
        return time.time_ns()
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(now)
    except ValueError as error:
        raise click.UsageError(f"--now {now} is no date; write 2026-01-31 or 2026-01-31T22:00:00Z") from error
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) * 1_000_000_000
