"""Columns of row output, as they are held until they are written: codes stay codes, so that no text is made a row.

:mod:`.lines` writes them as NDJSON, :mod:`.frames` makes polars frames of them for every other form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pcapscan.tables import Bool

Values = NDArray[Any]


class Coded(Struct, frozen=True):
    """Texts (or lists of int) out of a vocabulary.

    Attributes
    ----------
    codes : int[n]
        Indices into ``words``; below 0 nothing.
    words : sequence of str, or of lists of int
        May grow from batch to batch, where it stays the same object.
    """

    codes: Values
    words: Sequence[Any]


class Known(Struct, frozen=True):
    """Values that are not always there.

    Attributes
    ----------
    values : int[n], float[n] or str[n]
    known : bool[n]
    """

    values: Values
    known: Bool


class Thousandths(Struct, frozen=True):
    """Numbers from 0 on, shown with at most three decimals; NaN is nothing."""

    values: Values


class Plain(Struct, frozen=True):
    """Texts of printable ASCII without quote or backslash, such as addresses; str[n]."""

    values: NDArray[np.str_]


Column = Coded | Known | Thousandths | Plain | Values | list[Any]

Columns = dict[str, Column]
"""Column name to one of these, a plain array, or a list. Times are int64 nanoseconds; the writer is told their names."""


def from_zero(codes: Values, words: Sequence[str]) -> Coded:
    """Texts whose code 0 means "nothing"."""
    return Coded(np.where(codes == 0, np.int64(-1), codes), words)


def counted(values: Values) -> Known:
    """Counts whose -1 means unknown."""
    return Known(values, values >= 0)


def nothing(n: int) -> Coded:
    """A column of texts without any."""
    return Coded(np.full(n, -1, np.int64), ())


def rounded(values: Values, digits: int) -> Known:
    """Numbers with so many decimals; NaN is nothing."""
    numbers = values.astype(np.float64)
    return Known(np.round(numbers, digits), ~np.isnan(numbers))
