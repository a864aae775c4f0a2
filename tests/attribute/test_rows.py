"""Columns of ``pcapscan attribute``: the contract's names, nulls where nothing is known, no row for a repeated event."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from pcapscan.attribute import attribute
from pcapscan.report.host_rows import TIMES, host_columns, reported
from pcapscan.report.rows import RowWriter


def rows_of(flows: Any, events: Any) -> list[dict[str, Any]]:
    found = attribute(flows, events)
    at = reported(found)
    e, a = events.take(at), found.take(at)
    f = flows.take(np.maximum(a.flow, 0)) if len(flows) else flows
    n = np.full(len(at), "x")
    out = io.BytesIO()
    with RowWriter("ndjson", out, TIMES) as writer:
        writer.write(host_columns(e, a, f, source_h=n, dest_h=n, orig_h=n[: len(f)], resp_h=n[: len(f)], sources=["host"]))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_contract(made_flows: Callable[..., Any], made_events: Callable[..., Any], made_event: Callable[..., Any]) -> None:
    each = [(0.0, 50001), (7.0, 50002), (19.0, 50003)]
    docs = [made_event(at, port) for at, port in each] + [made_event(0.0, 50001), made_event(5, 9), made_event(5, 8, UtcTime="-")]
    rows = rows_of(made_flows(*each), made_events(*docs))
    assert [row["outcome"] for row in rows] == ["exact", "exact", "exact", "no-flow", "no-time"]
    assert list(rows[0]) == [
        "host",
        "source",
        "line",
        "time",
        "transport",
        "source_h",
        "source_p",
        "dest_h",
        "dest_p",
        "pid",
        "process_guid",
        "image",
        "outcome",
        "side",
        "skew_s",
        "flow_first",
        "flow_orig_h",
        "flow_orig_p",
        "flow_resp_h",
        "flow_resp_p",
        "flow_source",
        "candidates",
    ]
    assert rows[0]["time"] == rows[0]["flow_first"] == "2023-11-14T22:13:20.000000000Z"
    assert rows[0]["side"] == "orig"
    assert rows[3]["flow_first"] is rows[3]["flow_orig_p"] is rows[3]["flow_source"] is rows[4]["time"] is None
    assert rows_of(made_flows(), made_events(*docs))[0]["flow_first"] is None
