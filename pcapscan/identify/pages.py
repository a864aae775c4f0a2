"""What is known of each protocol, for the documentation and ``pcapscan protocols``: the docstrings of the protocol files."""

from __future__ import annotations

import inspect

from msgspec import Struct

from pcapscan.tables import TRANSPORTS

from .dispatch import modules
from .upgradable import UPGRADABLE


class ProtocolPage(Struct, frozen=True):
    """One protocol's page.

    Attributes
    ----------
    name : str
        Canonical name.
    title : str
        The field's name of it, from the page's first line.
    transports : tuple of str
        What may carry it.
    text : str
        The page, reStructuredText.
    upgrades : bool
        Whether TLS behind its own words is looked for.
    """

    name: str
    title: str
    transports: tuple[str, ...]
    text: str
    upgrades: bool


def pages() -> tuple[ProtocolPage, ...]:
    """The pages of all protocols, by name."""
    found = []
    for module in modules():
        text = inspect.cleandoc(module.__doc__ or "")
        title = text.split("\n", 1)[0].rstrip(".")
        carried = tuple(TRANSPORTS[t] for t in module.TRANSPORTS)
        found.append(ProtocolPage(module.NAME, title, carried, text, module.NAME in UPGRADABLE))
    return tuple(sorted(found, key=lambda page: page.name))
