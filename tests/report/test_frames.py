"""Columns as polars frames: kinds and absence, not texts of them."""

from __future__ import annotations

import numpy as np
import polars as pl

from pcapscan.report.columns import Coded, Known, Plain, Thousandths, counted, from_zero, nothing, rounded
from pcapscan.report.frames import frame


def test_every_kind_keeps_its_type_and_its_gaps():
    made = frame(
        {
            "word": Coded(np.array([1, -1], np.int8), ("a", "b")),
            "zero": from_zero(np.array([0, 1]), ("none", "b")),
            "ports": Coded(np.array([0, -1]), [[22, 80]]),
            "none": nothing(2),
            "count": counted(np.array([-1, 5])),
            "vlan": Known(np.array([7, 9], np.int32), np.array([True, False])),
            "share": Thousandths(np.array([0.12345, np.nan], np.float32)),
            "period": rounded(np.array([np.nan, 1.23456]), 4),
            "host": Plain(np.array(["10.0.0.1", "::1"])),
        }
    )
    assert made.rows() == [
        ("b", None, [22, 80], None, None, 7, 0.123, None, "10.0.0.1"),
        (None, "b", None, None, 5, None, None, 1.2346, "::1"),
    ]
    assert made.schema["ports"] == pl.List(pl.Int32)
    assert made.schema["none"] == pl.String
    assert made.schema["vlan"] == pl.Int32


def test_times_are_texts_of_nine_digits():
    made = frame({"t": np.array([1_700_000_000_000_000_001])}, ("t",))
    assert made["t"].to_list() == ["2023-11-14T22:13:20.000000001Z"]
