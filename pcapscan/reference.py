"""Documentation that is written from the code: ``python -m pcapscan.reference [FOLDER]`` writes ``cli.md`` and ``protocols.md``.

Kept up to date by ``tests/docs/test_reference.py``; nothing else imports it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import rich_click as click

from pcapscan import lookup
from pcapscan.cli import main

_MADE = "<!-- Written by `python -m pcapscan.reference`; do not edit. -->\n"


def cli_page() -> str:
    """Every command with its arguments, options and examples, as Markdown."""
    parts = ["# Command line\n", _MADE]
    for path, command in _commands("pcapscan", main):
        parts.append(f"## `{path}`\n")
        parts.append(inspect.cleandoc(command.help or "") + "\n")
        parts.append(_usage(path, command))
        options = [row for p in command.params if isinstance(p, click.Option) for row in _option(p)]
        if options:
            parts.append("| option | meaning |\n|---|---|\n" + "\n".join(options) + "\n")
    return "\n".join(parts)


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                if below is not None:
                    yield from _commands(f"{path} {name}", below)


def _usage(path: str, command: click.Command) -> str:
    arguments = [p.metavar or f"[{p.human_readable_name}]" for p in command.params if isinstance(p, click.Argument)]
    words = [path, "[OPTIONS]", *(["COMMAND [ARGS]..."] if isinstance(command, click.Group) else arguments)]
    return f"    {' '.join(words)}\n"


def _option(option: click.Option) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in sorted(option.opts, key=len, reverse=True))
    if isinstance(option.type, click.Choice):
        names += " " + " ".join(f"`{choice}`" for choice in option.type.choices)
    elif option.metavar:
        names += f" {option.metavar}"
    # The number of cores of the machine that wrote this page says nothing to its reader.
    shown = option.show_default and option.default not in (None, ()) and option.name != "jobs"
    default = f" Default: `{option.default}`." if shown else ""
    yield f"| {names} | {(option.help or '').replace('|', chr(92) + '|')}{default} |"


def protocols_page() -> str:
    """Every protocol: what carries it, where it is at home, and its page."""
    rows = lookup.protocols()
    parts = [
        "# Protocols\n", _MADE,
        f"{len(rows)} protocols, each recognised by what is said and never by port. The ports are where it is *at home*: what is spoken\n"
        "there is expected, and anywhere else it is a finding or a habit. `pcapscan protocols NAME` shows the same page, and\n"
        "`pcapscan knowledge show NAME` why each port stands here. What content does not tell (AnyDesk, Tor, FTPS's data ...): `pcapscan explain untold`.\n",
        "| protocol | over | what it is | at home on | reserved |\n|---|---|---|---|---|",
    ]  # fmt: skip
    for row in rows:
        cells = [f"[{row['name']}](#{row['name']})", ", ".join(row["transports"]), row["title"].replace("|", "\\|")]
        parts.append("| " + " | ".join([*cells, ", ".join(row["expected_ports"]), ", ".join(row["reserved_ports"])]) + " |")
    for row in rows:
        answer = lookup.protocol(row["name"])
        # The page as it is written: its own line breaks, and nothing in it is Markdown.
        parts.append(f"\n## {row['name']}\n\n```text\n{answer['text'].rstrip()}\n```")
    return "\n".join(parts) + "\n"


PAGES = {"cli.md": cli_page, "protocols.md": protocols_page}
"""File below ``docs/`` to what writes it."""


def write(folder: Path) -> None:
    """Write every page into a folder."""
    for name, made in PAGES.items():
        (folder / name).write_text(made(), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
