"""``pcapscan protocols``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from pcapscan.cli import answers, common


@click.command("protocols")
@click.argument("name", required=False)
@answers.form_option
@common.knowledge_option
def command(name: str | None, form: str, knowledge: tuple[Path, ...]) -> None:
    """List the protocols that are recognised by content, and where they are at home; or show one.

    Examples:

    `pcapscan protocols`

    `pcapscan protocols ssh`
    """
    with common.errors():
        from pcapscan import lookup

        if name is not None:
            show(lookup.protocol(name, knowledge), form)
            return
        rows = lookup.protocols(knowledge)
        if form == "json":
            answers.as_json(rows)
            return
        out = answers.console()
        cells = [(r["name"], "/".join(r["transports"]), r["title"], _some(r["expected_ports"])) for r in rows]
        answers.table(out, ("protocol", "over", "what it is", "at home on"), cells)
        out.print(f"\n{len(rows)} protocols, each recognised by what is said and never by port")


def show(answer: dict[str, object], form: str) -> None:
    """One protocol's page, and what is known of its home."""
    if form == "json":
        answers.as_json(answer)
        return
    out = answers.console()
    answers.page(out, str(answer["name"]), str(answer["text"]))
    home = answer["home"]
    if isinstance(home, dict):
        out.print()
        answers.entry(out, "at home", home, hidden=("id",))


def _some(ports: list[str]) -> str:
    return ", ".join(ports[:6]) + (f" and {len(ports) - 6} more" if len(ports) > 6 else "")
