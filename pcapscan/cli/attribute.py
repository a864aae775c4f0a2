"""``pcapscan attribute``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import rich_click as click

from pcapscan.cli import common


@click.command("attribute")
@click.option(
    "--format", "form", type=click.Choice(["ndjson", "json", "csv", "parquet", "table"]), default="ndjson", show_default=True,
    help="Form of the rows.",
)  # fmt: skip
@common.time_offset
@common.evidence
def command(
    inputs: tuple[str, ...], output: str | None, knowledge: tuple[Path, ...], home_net: tuple[str, ...], jobs: int, quiet: bool, form: str,
    time_offset: tuple[tuple[str, float], ...],
) -> None:  # fmt: skip
    """Join host events to the flows of captures and Zeek logs: which process made which connection.

    Takes Sysmon, Security 5156, Elastic Agent, Elastic Endpoint and Packetbeat events (EVTX, JSON, XML) beside captures and logs,
    told apart by content. The offset of each host's clock is found from the connections themselves, however large it is; a host whose
    clock can't be told joins nothing. One row a host network event; each ends in one word (`exact`, `late`, `ambiguous`, `no-flow` ...),
    described in `docs/contracts.md`.

    Examples:

    `pcapscan attribute capture.pcap sysmon.evtx`

    `pcapscan attribute evidence/ --format table`

    `pcapscan attribute zeek/ host.ndjson --time-offset ws1.example=3600 | jq 'select(.outcome == "exact")'`
    """
    with common.errors(), common.progress(quiet) as tell:
        run = common.start(
            inputs, quiet, tell, knowledge=knowledge, home_nets=home_net, jobs=jobs, digest=form == "json", facts=False, hosts=True,
            time_offset=time_offset,
        )  # fmt: skip
        from pcapscan.pipeline import host_document

        document = host_document(run)
    from pcapscan.report import RowWriter
    from pcapscan.report.escape import for_terminal
    from pcapscan.report.host_document import host_json, host_table, summary
    from pcapscan.report.host_rows import TIMES

    with common.errors(), common.output(output) as out:
        if form == "json":
            out.write(host_json(document).encode())
        elif form == "table":
            terminal = output in (None, "-") and sys.stdout.isatty()
            width = shutil.get_terminal_size((120, 24)).columns
            out.write(host_table(document, width=width, color=terminal).encode("utf-8", "backslashreplace"))
        else:
            with RowWriter(form, out, TIMES) as writer:
                writer.write(document.columns)
    if not quiet and form != "table":
        for line in summary(document.outcomes, document.hosts, document.notes, document.flows):
            common.say("pcapscan: " + for_terminal(line))
    common.finish(run, quiet)
