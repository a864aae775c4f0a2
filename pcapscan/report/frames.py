"""Columns as polars frames: for CSV, Parquet, documents and notebooks. Whoever needs none does not load polars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pcapscan.report.columns import Coded, Column, Columns, Known, Plain, Thousandths


def frame(columns: Columns, times: Sequence[str] = ()) -> pl.DataFrame:
    """One frame of a batch; columns in ``times`` as RFC 3339 UTC texts with nine digits."""
    made = pl.DataFrame({name: _series(column) for name, column in columns.items()}, strict=False)
    stamps = [pl.from_epoch(pl.col(name), time_unit="ns").dt.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").alias(name) for name in times]
    return made.with_columns(stamps) if stamps else made


def _series(column: Column) -> Any:
    if isinstance(column, Coded):
        return _words(column)
    if isinstance(column, Known):
        return pl.Series(column.values).set(pl.Series(~column.known), None)
    if isinstance(column, Thousandths):
        return pl.Series(np.round(column.values.astype(np.float64), 3)).fill_nan(None)
    if isinstance(column, Plain):
        return pl.Series(column.values, dtype=pl.String)
    return column


def _words(column: Coded) -> pl.Series:
    """Codes to words without a Python object a row."""
    if not len(column.words):
        return pl.Series([None] * len(column.codes), dtype=pl.String)
    kind = pl.String if isinstance(column.words[0], str) else pl.List(pl.Int32)
    index = pl.Series(column.codes.astype(np.int64))
    return pl.Series(list(column.words), dtype=kind).gather(index.set(index < 0, None))
