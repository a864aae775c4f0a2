"""What a detector answers: points for every group at once, and a sentence for the few that are shown.

A detector is one file in this folder:

1. It is a function from (:class:`~pcapscan.judge.groups.Groups`, knowledge, context) to a list of :class:`Column`.
2. It works on columns; only :attr:`Column.explain` may make text, and it is asked for one group at a time, for findings only.
3. Its numbers stand in ``scoring.toml``; its page is its docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from pcapscan.tables import F64

KINDS = ("mismatch", "time", "content", "prior", "process", "indicator", "context")
"""Kinds of evidence. ``critical`` takes two of the independent ones: ``prior`` (lists, campaigns) and ``context`` (direction, rarity)
lean on the same port and place as the mismatch, and do not count."""

INDEPENDENT = ("mismatch", "time", "content", "process", "indicator")


class Spoken(NamedTuple):
    """What to say of one group: the measured value, its unit, what it was held against, and a sentence."""

    value: str | float | int | None
    text: str
    unit: str = ""
    threshold: float | None = None


class Column(Struct, frozen=True):
    """One addend for every group.

    Attributes
    ----------
    measure : str
        The stable word of :class:`pcapscan.findings.Reason`.
    kind : str
        One of :data:`KINDS`.
    points : float64[g]
        0 where there is nothing to say.
    explain : callable
        ``explain(i)`` for a group whose points are not 0.
    """

    measure: str
    kind: str
    points: F64
    explain: Callable[[int], Spoken]
