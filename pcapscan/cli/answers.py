"""How answers of :mod:`pcapscan.lookup` are printed: tables and labelled lines for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

from pcapscan.report.escape import for_terminal

if TYPE_CHECKING:
    from rich.console import Console

form_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the answer."
)


def as_json(answer: Any) -> None:
    """The answer as it is."""
    click.echo(json.dumps(answer, indent=2))


def console() -> Console:
    """Standard output, at least wide enough for a table where it is a file."""
    from rich.console import Console

    made = Console(highlight=False, markup=False, soft_wrap=False)
    if not made.is_terminal:
        made.width = 120
    return made


def table(out: Console, columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Rows below headings; the last column folds."""
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns[:-1]:
        made.add_column(column, overflow="fold")
    made.add_column(columns[-1], overflow="fold", ratio=1)
    for row in rows:
        made.add_row(*(Text(for_terminal(cell)) for cell in row))
    out.print(made)


def page(out: Console, title: str, text: str) -> None:
    """A page of documentation: its text as it is written, safe for a terminal."""
    from rich.text import Text

    out.print(Text(for_terminal(title), style="bold"))
    out.print()
    for line in text.splitlines():
        out.print(Text(for_terminal(line)))


def entry(out: Console, heading: str, said: dict[str, Any], hidden: Sequence[str] = ()) -> None:
    """One entry of the knowledge: a heading, and what it says of itself, a line a key."""
    from rich.text import Text

    out.print(Text(for_terminal(heading), style="bold"))
    for key, value in said.items():
        if key in hidden or value in (None, "", [], False):
            continue
        words = ", ".join(map(str, value)) if isinstance(value, list) else "yes" if value is True else str(value)
        label = f"  {key.replace('_', ' ')}: "
        lines = textwrap.wrap(
            for_terminal(words), max(20, out.width), initial_indent=label, subsequent_indent="    ", break_on_hyphens=False
        )
        for line in lines:
            out.print(Text(line))
