"""Flows for notebooks: a pandas DataFrame, and of it what ``zat.dataframe_to_matrix`` turns into a matrix.

pandas is loaded when one of these is called; nothing else of pcapscan needs it. ``docs/notebooks.md`` shows the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from pcapscan.report import frames
from pcapscan.report.columns import Columns
from pcapscan.report.flow_rows import TIMES

if TYPE_CHECKING:
    import pandas as pd

WORDS = ("transport", "protocol", "basis", "verdict", "state", "orig_protocol", "resp_protocol", "upgraded", "fake", "orig_basis", "tunnel")
"""Columns of few words: categories."""

NUMBERS = (
    "orig_p", "resp_p", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "duration_s", "orig_entropy", "resp_entropy", "orig_printable",
    "resp_printable", "midstream", "shell",
)  # fmt: skip
"""Columns of the matrix that are numbers."""


def flow_frame(batches: Iterable[Columns]) -> pd.DataFrame:
    """All flows of ``pcapscan.pipeline.flow_rows`` as one DataFrame.

    Parameters
    ----------
    batches : iterable of Columns
        As ``flow_rows(run)`` gives them.

    Returns
    -------
    pandas.DataFrame
        One row a flow; the columns of ``pcapscan flows``, and ``duration_s`` (seconds). Times are ``datetime64[ns, UTC]``, words are
        categories, counts are numbers; what is not known is missing (NaN, NaT), never 0 or ``-``.
    """
    import pandas as pd

    parts = [frames.frame(columns) for columns in batches]
    table = pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame()
    made: dict[str, Any] = {}
    for name in table.columns:
        column = table[name]
        if name in TIMES:
            made[name] = pd.to_datetime(column.to_numpy(), unit="ns", utc=True)
        elif name in WORDS:
            made[name] = pd.Categorical(column.cast(pl.String).to_list())
        elif column.dtype.is_numeric():
            made[name] = column.to_numpy() if not column.null_count() else column.cast(pl.Float64).to_numpy()
        else:
            made[name] = column.to_list()
    frame = pd.DataFrame(made)
    if parts:
        frame["duration_s"] = (table["last"] - table["first"]).to_numpy() * 1e-9
    return frame


def matrix_frame(frame: pd.DataFrame, absent: float = -1.0) -> pd.DataFrame:
    """What of a frame is good for ``zat.dataframe_to_matrix.DataFrameToMatrix``: numbers and categories, none missing.

    Addresses, names and times are left out: a matrix of them would learn the hosts. zat's own filling of missing values has no
    effect under pandas 3 (it fills a copy), which is why none is left to it.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`flow_frame` gives it.
    absent : float
        Stands for numbers that are not known.
    """
    import pandas as pd

    made: dict[str, Any] = {name: frame[name].astype("float64").fillna(absent) for name in NUMBERS if name in frame}
    for name in WORDS:
        if name in frame:
            made[name] = pd.Categorical(frame[name].astype(object).where(frame[name].notna(), "none").tolist())
    return pd.DataFrame(made, index=frame.index)


__all__ = ["flow_frame", "matrix_frame"]
