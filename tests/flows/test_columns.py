"""Ended flows as columns: the same numbers as in their records."""

from __future__ import annotations

import numpy as np
import pytest

from pcapscan.flows.columns import ANSWER, HANDSHAKE, Columns, joined
from pcapscan.flows.records import OUT
from pcapscan.tables import FlowTable


def records(n, seed=1):
    rng = np.random.default_rng(seed)
    rows = np.zeros(n, OUT)
    for name in OUT.names:
        kind = OUT[name]
        if kind.kind in "iu":
            bounds = np.iinfo(kind)
            rows[name] = rng.integers(bounds.min, bounds.max, n, kind, endpoint=True)
    rows["orig_basis"], rows["ticks"] = rng.integers(0, 6, n), rng.integers(0, 3, n)
    return rows


@pytest.mark.parametrize("n", [0, 1, 200])
def test_no_column_is_another_or_cut_short(n):
    rows = records(n)
    columns = Columns(rows)
    table = {name for name in FlowTable.columns() if name not in ("source", "uid")}
    assert set(columns.named) == table
    for name, column in columns.named.items():
        assert column.dtype == rows[name].dtype and column.flags.c_contiguous and (column == rows[name]).all(), name
    for k, side in enumerate(("orig", "resp")):
        for name in ("start", "length", "flags"):
            got = getattr(columns, name)
            assert got.dtype == rows[f"{side}_{name}"].dtype and (got[:, k] == rows[f"{side}_{name}"]).all()
        for c in range(4):
            assert (columns.cuts[:, k, c] == rows[f"{side}_cut{c}"]).all()
    assert (columns.sure == np.isin(rows["orig_basis"], (HANDSHAKE, ANSWER))).all()
    assert columns.ticks.tolist() == [0, *np.cumsum(rows["ticks"]).tolist()]


def test_joined_columns_are_those_of_the_joined_records():
    rows = records(100, 2)
    rows["orig_start"] %= 1000
    rows["resp_start"] %= 1000
    whole = Columns(rows)
    parts = joined([Columns(rows[:30]), Columns(rows[30:30]), Columns(rows[30:])], np.array([0, 5, 7]))
    for name, column in whole.named.items():
        assert parts.named[name].dtype == column.dtype and (parts.named[name] == column).all()
    for name in ("length", "cuts", "flags", "sure", "ticks"):
        assert (getattr(parts, name) == getattr(whole, name)).all()
    assert (parts.start[:30] == whole.start[:30]).all() and (parts.start[30:] == whole.start[30:] + 7).all()
