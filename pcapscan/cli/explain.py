"""``pcapscan explain``."""

from __future__ import annotations

import rich_click as click

from pcapscan.cli import answers, common


@click.command("explain")
@click.argument("word", required=False, metavar="[VERDICT|DETECTOR|PROTOCOL]")
@answers.form_option
def command(word: str | None, form: str) -> None:
    """Explain a verdict, a detector or measure that a report names, or a protocol; without a word, list what can be explained.

    Examples:

    `pcapscan explain wrong_protocol`

    `pcapscan explain beacon`

    `pcapscan explain rdp`
    """
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
