"""Joined host events as one document: JSON, and a table for people. Row forms are :class:`~pcapscan.report.rows.RowWriter`'s."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from rich.table import Table as Grid
from rich.text import Text

from pcapscan.findings import InputReport
from pcapscan.report.columns import Columns
from pcapscan.report.document import input_dict
from pcapscan.report.escape import for_terminal
from pcapscan.report.frames import frame
from pcapscan.report.host_rows import TIMES
from pcapscan.report.strict_json import dumps
from pcapscan.report.text import console_for, host_line, plural

SCHEMA = "pcapscan.attribution/1"


class HostDocument(Struct, frozen=True):
    """What is written: the rows, and the account of them.

    Attributes
    ----------
    columns : Columns
        Of :func:`pcapscan.report.host_rows.host_columns`.
    outcomes : dict
        How many events ended in each word.
    hosts : sequence of dict
        As in the coverage of a scan.
    """

    tool: dict[str, str]
    inputs: Sequence[InputReport]
    columns: Columns
    outcomes: dict[str, int]
    hosts: Sequence[dict[str, Any]]
    notes: Sequence[str]
    flows: int


def host_json(document: HostDocument) -> str:
    """One JSON object: ``events`` holds the rows of NDJSON."""
    return dumps(
        {
            "schema": SCHEMA,
            "tool": document.tool,
            "inputs": [input_dict(i) for i in document.inputs],
            "coverage": {
                "flows": document.flows, "outcomes": document.outcomes, "hosts": list(document.hosts), "notes": list(document.notes),
            },
            "events": frame(document.columns, TIMES).to_dicts(),
        },
        indented=True,
    ) + "\n"  # fmt: skip


def host_table(document: HostDocument, *, width: int = 100, color: bool = False, most: int = 1000) -> str:
    """For people: clocks, words, and the events, joined ones first by host, program and peer."""
    out = io.StringIO()
    console = console_for(out, max(width, 60), color)
    for line in summary(document.outcomes, document.hosts, document.notes, document.flows):
        console.print(Text(line, style="dim"))
    events = frame(document.columns, TIMES)
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("host", "program", "from", "to"):
        grid.add_column(name, overflow="fold")
    grid.add_column("outcome", overflow="fold")
    grid.add_column("evidence", overflow="fold")
    for row in events.head(most).iter_rows(named=True):
        grid.add_row(
            for_terminal(row["host"] or "?"),
            for_terminal(f"{row['image'] or 'unknown'} ({'?' if row['pid'] is None else row['pid']})"),
            _end(row["source_h"], row["source_p"]),
            _end(row["dest_h"], row["dest_p"]) + f"/{row['transport'] or '?'}",
            row["outcome"] + (f" ({row['side']})" if row["side"] else ""),
            for_terminal(f"{row['source']}:{row['line']}"),
        )
    if len(events):
        console.print()
        console.print(grid)
    if len(events) > most:
        console.print(Text(f"... and {len(events) - most} more events (--format ndjson holds all)", style="dim"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _end(address: str | None, port: int | None) -> str:
    if address is None:
        return "?"
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def summary(outcomes: dict[str, int], hosts: Sequence[dict[str, Any]], notes: Sequence[str], flows: int) -> list[str]:
    """Lines that say how the events ended, and how each host's clock stands."""
    total = sum(outcomes.values())
    if not total:
        return ["no endpoint data: no host network event was read", *map(for_terminal, notes)]
    words = ", ".join(f"{word} {n}" for word, n in outcomes.items())
    return [
        f"{plural(total, 'host network event')} beside {plural(flows, 'flow')}: {words}",
        *map(host_line, hosts),
        *map(for_terminal, notes),
    ]
