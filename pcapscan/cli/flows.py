"""``pcapscan flows``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from pcapscan.cli import common


@click.command("flows")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "csv", "parquet", "zeek"]),
    default="ndjson",
    show_default=True,
    help="Form of the rows.",
)
@common.evidence
def command(
    inputs: tuple[str, ...], output: str | None, knowledge: tuple[Path, ...], home_net: tuple[str, ...], jobs: int, quiet: bool, form: str
) -> None:
    """List every flow: who, when, what was spoken, and whether it belongs on that port.

    One row a flow, streamed; the protocol is recognised by content. Columns are described in `docs/contracts.md`.

    Examples:

    `pcapscan flows capture.pcapng`

    `pcapscan flows day1/ day2/ --format parquet -o flows.parquet`
    """
    with common.errors(), common.progress(quiet) as tell:
        run = common.start(inputs, quiet, tell, knowledge=knowledge, home_nets=home_net, jobs=jobs, digest=False, facts=False)
        from pcapscan.pipeline import flow_rows
        from pcapscan.report import RowWriter
        from pcapscan.report.flow_rows import TIMES

        with common.output(output) as out, RowWriter(form, out, TIMES) as writer:
            for columns in flow_rows(run):
                writer.write(columns)
    common.finish(run, quiet)
