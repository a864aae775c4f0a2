"""``pcapscan beacons``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from pcapscan.cli import common


@click.command("beacons")
@click.option(
    "--format", "form", type=click.Choice(["ndjson", "csv", "parquet"]), default="ndjson", show_default=True, help="Form of the rows."
)
@click.option("--all", "every", is_flag=True, help="Also channels for which no period is claimed.")
@common.evidence
def command(
    inputs: tuple[str, ...], output: str | None, knowledge: tuple[Path, ...], home_net: tuple[str, ...], jobs: int, quiet: bool, form: str, every: bool,
) -> None:  # fmt: skip
    """List channels by how much they look like a timer.

    A channel is (originator, responder, port, transport), or (originator, server name) where one name lies behind several addresses.
    Attempts that nobody answered are channels of their own. Timing alone cannot tell an implant from an update check: `pcapscan scan`
    joins it with protocol, port and rarity.

    Examples:

    `pcapscan beacons evidence/`

    `pcapscan beacons evidence/ --all --format csv -o channels.csv`
    """
    with common.errors(), common.progress(quiet) as tell:
        run = common.start(inputs, quiet, tell, knowledge=knowledge, home_nets=home_net, jobs=jobs, digest=False, facts=False)
        from pcapscan.pipeline import beacon_rows
        from pcapscan.report import RowWriter
        from pcapscan.report.channel_rows import TIMES

        with common.output(output) as out, RowWriter(form, out, TIMES) as writer:
            writer.write(beacon_rows(run, every))
    common.finish(run, quiet)
