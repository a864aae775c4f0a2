"""``pcapscan explain``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from pcapscan.cli import answers, common


@click.command("explain")
@click.argument("word", required=False, metavar="[VERDICT|DETECTOR|PROTOCOL]")
@click.option(
    "--report", "-r", "report", type=click.Path(path_type=Path), metavar="FILE",
    help="Explain findings of this report (JSON or NDJSON of `pcapscan scan`): reasons, and pictures of their timing.",
)  # fmt: skip
@click.option(
    "--finding", "-f", "wanted", multiple=True, metavar="ID",
    help="Which: an id, or a number (1 is the first); may be repeated.  [default: all]",
)  # fmt: skip
@answers.form_option
def command(word: str | None, report: Path | None, wanted: tuple[str, ...], form: str) -> None:
    """Explain a verdict, a detector or measure that a report names, or a protocol; without a word, list what can be explained.

    With a report, explain its findings: each with its reasons and, where a period is claimed, the timeline of its check-ins, the
    histogram of the intervals with the period marked, and the intervals folded by the period.

    Examples:

    `pcapscan explain wrong_protocol`

    `pcapscan explain beacon`

    `pcapscan explain rdp`

    `pcapscan explain --report report.json --finding 1`
    """
    if report is not None or wanted:
        if report is None:
            raise click.UsageError("--finding names a finding of a report: give --report, too")
        if word is not None:
            raise click.UsageError(f"ask for the word {word!r} or for findings of a report, not for both")
        _findings(report, wanted, form)
        return
    with common.errors():
        from pcapscan import lookup

        if word is None:
            rows = lookup.topics()
            if form == "json":
                answers.as_json(rows)
                return
            shown = [(r["name"], r["kind"], r["title"]) for r in rows if r["kind"] != "protocol"]
            out = answers.console()
            answers.table(out, ("word", "kind", "what it is"), shown)
            out.print("\nand the name of every protocol: pcapscan protocols")
            return
        answer = lookup.topic(word)
    if answer["kind"] == "protocol":
        from pcapscan.cli.protocols import show

        show(answer, form)
    elif form == "json":
        answers.as_json(answer)
    else:
        answers.page(answers.console(), f"{answer['kind']}: {answer['name']}", answer["text"])


def _findings(report: Path, wanted: tuple[str, ...], form: str) -> None:
    with common.errors():
        from pcapscan.report import reread
        from pcapscan.report.document import finding_dict
        from pcapscan.report.escape import for_terminal
        from pcapscan.report.text import one

        every = reread.findings(common.whole(report), str(report))
        chosen = reread.chosen(every, wanted, str(report))
        if form == "json":
            answers.as_json([finding_dict(f) for f in chosen])
            return
        out = answers.console()
        for f in chosen:
            click.echo(one(f, width=out.width, rank=every.index(f) + 1))
        if not chosen:
            click.echo(f"{for_terminal(str(report))}: no finding in it")
