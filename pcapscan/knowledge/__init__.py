"""Knowledge: what is at home on which port, who misused which, and what each counts, as TOML files and their typed reader.

The door::

    load(overlays: Sequence[Path] = ()) -> Knowledge
    load_indicators(paths: Sequence[Path]) -> Indicators
    guide(word: str) -> str | None                 # the page of a verdict, for ``pcapscan explain``
    GUIDES: tuple[str, ...]                        # words that have a page

An overlay is a folder (or one file) laid over the shipped files: an entry of the same kind and ``id`` replaces the shipped one,
``disabled = true`` takes it away.
"""

from pcapscan.knowledge.guides import GUIDES, guide
from pcapscan.knowledge.indicators import Indicators, load_indicators
from pcapscan.knowledge.load import load
from pcapscan.knowledge.schema import (
    Alternate,
    Campaign,
    Entry,
    Knowledge,
    Mark,
    Number,
    Pair,
    Ports,
    Protocol,
    Suppression,
    SuspiciousPorts,
    Use,
    place_key,
)

__all__ = [
    "GUIDES",
    "Alternate",
    "Campaign",
    "Entry",
    "Indicators",
    "Knowledge",
    "Mark",
    "Number",
    "Pair",
    "Ports",
    "Protocol",
    "Suppression",
    "SuspiciousPorts",
    "Use",
    "guide",
    "load",
    "load_indicators",
    "place_key",
]
