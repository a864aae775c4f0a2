"""The command line: parses, calls the pipeline, prints. One file a command; a command is imported when it is asked for."""

from __future__ import annotations

import importlib
import os
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's linear algebra, which nobody here asks for, would start threads that spin

import rich_click as click
from click.exceptions import Exit

from pcapscan import __version__
from pcapscan.errors import EXIT_INTERRUPTED

COMMANDS = {
    "scan": "Find what speaks where it should not, ranked and explained.",
    "flows": "List every flow with its protocol and verdict.",
    "beacons": "List channels by how much they look like a timer.",
    "watch": "Follow a live sensor's Zeek logs and tell findings as they appear.",
    "attribute": "Join host events to flows: which process made which connection.",
    "protocols": "List the protocols that are recognised, and where they are at home.",
    "knowledge": "Ask what is known about a port, a protocol or a campaign.",
    "rules": "Write what is known, or what was found, as rules for other tools.",
    "explain": "Explain a verdict, a protocol or a detector.",
}
"""Command to its one-line help; the command's module has its name."""

click.rich_click.TEXT_MARKUP = "markdown"
click.rich_click.SHOW_ARGUMENTS = True


class Lazy(click.RichGroup):
    """A group whose commands are imported on demand, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the story, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"pcapscan.cli.{name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Load, parse and run the command; an interrupt in any of it ends with a line and a code of its own."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            click.echo("pcapscan: interrupted", err=True)
            raise Exit(EXIT_INTERRUPTED) from interrupt


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="pcapscan")
def main() -> None:
    """Find command and control that hides on the wrong port, in evidence at rest.

    Reads packet captures (pcap, pcapng), Zeek logs (TSV, JSON) and host events (Sysmon, Elastic), plain or compressed. Recognises protocols by what is said and
    never by port, measures how regularly it is said, and ranks what does not belong, each finding with its reasons. Works offline
    and writes nothing beside the evidence.

    Examples:

    `pcapscan scan evidence/`

    `pcapscan flows capture.pcap --format ndjson | jq 'select(.verdict == "wrong_protocol")'`

    `pcapscan beacons evidence/ --format csv --output beacons.csv`
    """
