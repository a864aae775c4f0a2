"""``pcapscan rules``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from pcapscan.cli import common
from pcapscan.errors import UsageError

LANGUAGES = (
    "sigma", "sigma-zeek", "eql", "esql", "kql", "kql-defender", "spl", "bpf", "wireshark", "suricata", "zeek", "navigator",
)  # fmt: skip
"""As :data:`pcapscan.lookup.rule_languages` has them; stated here so that ``--help`` loads no knowledge. A test compares."""


@click.group("rules")
def command() -> None:
    """Write what is known, or what was found, as rules for other tools.

    Examples:

    `pcapscan rules export --language suricata`

    `pcapscan rules export --report report.json --finding 1 --output rules/`
    """


@command.command("export")
@click.option(
    "--language", "-l", "languages", multiple=True, type=click.Choice(LANGUAGES), metavar="LANGUAGE",
    help=f"One of {', '.join(LANGUAGES)}; may be repeated.  [default: all]",
)  # fmt: skip
@click.option(
    "--report", "-r", "report", type=click.Path(path_type=Path), metavar="FILE",
    help="Rules for the findings of this report (JSON or NDJSON of `pcapscan scan`), instead of what is known.",
)  # fmt: skip
@click.option(
    "--finding", "-f", "wanted", multiple=True, metavar="ID",
    help="Only this finding of the report: its id, or its number (1 is the first); may be repeated.",
)  # fmt: skip
@common.knowledge_option
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="PATH",
    help="A file for one language; for several a folder, in which each gets its file.  [default: standard output]",
)  # fmt: skip
def export(
    languages: tuple[str, ...], report: Path | None, wanted: tuple[str, ...], knowledge: tuple[Path, ...], output: Path | None
) -> None:
    """Write rules in the languages of other tools: of the campaigns and lists that are known, or of findings.

    All languages say the same, as far as they can. Sensors (Suricata) ask for the protocol; hosts' events (EQL, ES|QL, KQL, SPL, Sigma)
    know ports, places, processes and repetition; BPF and Wireshark filters cut the packets out of a capture. A rule that a language
    can't say is left out there. From a finding come rules for its one responder; from what is known, rules for everything outside.

    Examples:

    `pcapscan rules export -l eql`

    `pcapscan rules export --output rules/`

    `pcapscan rules export --report report.json --finding 1 -l wireshark`
    """
    with common.errors():
        from pcapscan import lookup

        if wanted and report is None:
            raise click.UsageError("--finding names a finding of a report: give --report, too")
        found = None
        if report is not None:
            from pcapscan.report import reread

            found = reread.chosen(reread.findings(common.whole(report), str(report)), wanted, str(report))
            if not found:
                raise UsageError(f"{report}: holds no finding; there is nothing to write rules for")
        several = len(languages) != 1
        if several and output is None:
            raise click.UsageError("several languages go to several files: give --output FOLDER, or one --language")
        written = {language: lookup.rules(language, found, knowledge) for language in languages or LANGUAGES}
        if output is None or not several:
            with common.output(None if output is None else str(output)) as out:
                out.write(next(iter(written.values())).encode())
            return
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(f"{output} is no folder and can't be made one: {error.strerror}") from error
        for language, text in written.items():
            with common.output(str(output / f"pcapscan.{lookup.rule_languages()[language]}")) as out:
                out.write(text.encode())
