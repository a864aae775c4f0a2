"""``pcapscan knowledge``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from pcapscan.cli import answers, common


@click.group("knowledge")
def command() -> None:
    """Ask what is known about a port, a protocol or a campaign.

    Examples:

    `pcapscan knowledge show 2083`

    `pcapscan knowledge show WIRTE --format json`
    """


@command.command("show")
@click.argument("what", metavar="PORT|PROTOCOL|CAMPAIGN")
@answers.form_option
@common.knowledge_option
def show(what: str, form: str, knowledge: tuple[Path, ...]) -> None:
    """Show the entries that speak of a port (8088, udp/443), a protocol, or a campaign (its name or ATT&CK id).

    Each entry says why it is there, where it comes from, how sure it is, and whom it wrongs.

    Examples:

    `pcapscan knowledge show udp/443`

    `pcapscan knowledge show rdp`

    `pcapscan knowledge show G0090`
    """
    with common.errors():
        from pcapscan import lookup

        answer = lookup.known(what, knowledge)
    if form == "json":
        answers.as_json(answer)
        return
    _text(answer)


@command.command("zeek")
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder to write to instead of standard output."
)
@common.knowledge_option
def zeek(output: Path | None, knowledge: tuple[Path, ...]) -> None:
    """Write the port and campaign tables of the Zeek package, from what is known.

    The package (`zeek_scripts/`) gives the same verdicts on a live sensor. With `--knowledge` its tables follow a site's own files.

    Examples:

    `pcapscan knowledge zeek --output zeek_scripts/scripts`

    `pcapscan knowledge zeek -o /opt/zeek/share/zeek/site/packages/pcapscan`
    """
    with common.errors():
        from pcapscan import lookup

        for name, text in lookup.zeek_scripts(knowledge).items():
            if output is None:
                click.echo(text, nl=False)
            else:
                (output / name).write_text(text, encoding="utf-8")


def _text(answer: dict[str, Any]) -> None:
    out = answers.console()
    for home in answer.get("at_home", ()):
        answers.entry(out, f"{home['protocol']} is at home here", home, hidden=("protocol",))
    if answer.get("home"):
        answers.entry(out, f"{answer['name']} is at home", answer["home"], hidden=("id",))
    for group, what in (("alternates", "common here"), ("pairs", "severity of the pair"), ("lists", "on a list of suspicious ports")):
        for said in answer.get(group, ()):
            answers.entry(out, f"{what}: {said['id']}", said, hidden=("id",))
    for campaign in answer.get("campaigns", ()):
        _campaign(out, campaign)
    if not any(answer.get(key) for key in ("at_home", "home", "alternates", "pairs", "lists", "campaigns")):
        out.print(f"{answer['name']}: nothing is at home there, and no list or campaign names it")


def _campaign(out: Any, campaign: dict[str, Any]) -> None:
    uses = [
        f"{'/'.join(use['protocols']) or 'anything'} on {', '.join(use['ports'])}" + (" (the implant listens)" if use["listener"] else "")
        for use in campaign["uses"]
    ]
    heading = f"campaign: {campaign['name']}" + (f" ({campaign['attack_id']})" if campaign["attack_id"] else "")
    answers.entry(out, heading, {**campaign, "uses": uses}, hidden=("id", "name", "attack_id"))
