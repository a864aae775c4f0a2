"""Row output: the same rows in every form, whatever the batches, and a valid file where there are none."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import polars as pl
import pytest

from pcapscan.errors import UsageError
from pcapscan.report import ROW_FORMS, RowWriter

TIMES = ("first",)


def batch(names, at=0):
    n = len(names)
    return {
        "first": np.arange(at, at + n, dtype=np.int64) + 1_700_000_000_000_000_000,
        "resp_p": np.arange(at, at + n, dtype=np.uint16),
        "server_name": pl.Series(names, dtype=pl.String),
        "expected_ports": pl.Series([[22, 2222]] * n, dtype=pl.List(pl.Int32)),
        "share": pl.Series([None] * n, dtype=pl.Float64),
    }


def written(form, *batches):
    out = io.BytesIO()
    with RowWriter(form, out, TIMES) as writer:
        for columns in batches:
            writer.write(columns)
    assert writer.rows == sum(len(b["first"]) for b in batches)
    return out.getvalue()


def test_ndjson_keeps_types_absence_and_nanoseconds():
    rows = [json.loads(line) for line in written("ndjson", batch(["a", None])).splitlines()]
    assert rows[1] == {
        "first": "2023-11-14T22:13:20.000000001Z",
        "resp_p": 1,
        "server_name": None,
        "expected_ports": [22, 2222],
        "share": None,
    }


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_batches_leave_no_seam(form):
    assert written(form, batch(["a", "b"]), batch(["c"], 2)) == written(form, batch(["a", "b", "c"]))


def test_parquet_joins_its_parts_in_order():
    frame = pl.read_parquet(io.BytesIO(written("parquet", batch(["a", None]), batch(["c"], 2))))
    assert frame["server_name"].to_list() == ["a", None, "c"]
    assert frame["first"].dtype == pl.Datetime("ns")
    assert frame["expected_ports"].to_list() == [[22, 2222]] * 3
    many = pl.read_parquet(io.BytesIO(written("parquet", *(batch([f"n{i}"], i) for i in range(12)))))
    assert many["server_name"].to_list() == [f"n{i}" for i in range(12)]


HOSTILE = ["=1+1", "+cmd|'/C calc'!A0", "-2", "@SUM(A1)", "\t=1", "\r\nx,y", 'a"b,c', "\x1b[31mred", "\u202egnp.exe", "plain.example", ""]


def test_no_csv_cell_is_a_formula_or_an_order():
    text = written("csv", batch(HOSTILE)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(HOSTILE)
    for row in rows:
        cell = row["server_name"]
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.isprintable()
        assert row["expected_ports"] == "22 2222"
    assert rows[-2]["server_name"] == "plain.example"
    assert rows[0]["server_name"] == "'=1+1"


def test_ndjson_gives_hostile_text_back_and_never_raw_control():
    data = written("ndjson", batch(HOSTILE))
    assert [json.loads(line)["server_name"] for line in data.splitlines()] == HOSTILE
    assert b"\x1b" not in data


@pytest.mark.parametrize("form", ROW_FORMS)
def test_a_batch_without_rows_is_a_valid_file(form):
    data = written(form, batch([]))
    if form == "ndjson":
        assert data == b""
    elif form == "csv":
        assert data == b"first,resp_p,server_name,expected_ports,share\n"
    else:
        assert pl.read_parquet(io.BytesIO(data)).columns == list(batch([]))


def test_the_same_rows_are_the_same_bytes():
    for form in ROW_FORMS:
        assert written(form, batch(HOSTILE)) == written(form, batch(HOSTILE))


def test_a_form_that_is_none_is_refused():
    with pytest.raises(UsageError, match="ndjson"):
        RowWriter("xml", io.BytesIO())
