"""Flows and Sysmon events of one host, made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pcapscan.read import find_inputs
from pcapscan.read.host_events import open_host
from pcapscan.read.host_values import Strings
from pcapscan.tables import CONN_STATES, FlowTable, HostEventTable

START = 1_700_000_000 * 10**9


@pytest.fixture
def made_flows() -> Callable[..., FlowTable]:
    """``made_flows((offset_s, orig_p), ...)``: TCP from 10.0.0.5 to 203.0.113.9:443, one second long; keywords set columns."""

    def make(*each: tuple[float, int], **columns: Any) -> FlowTable:
        n = len(each)
        empty = FlowTable.empty()
        table = {name: np.zeros(n, getattr(empty, name).dtype) for name in FlowTable.columns()}
        table["first_ns"] = np.array([START + round(at * 1e9) for at, _ in each], np.int64)
        table["last_ns"] = table["first_ns"] + 10**9
        table["orig_lo"][:], table["resp_lo"][:] = 0xFFFF_0A00_0005, 0xFFFF_CB00_7109
        table["orig_p"], table["resp_p"][:] = np.array([p for _, p in each], np.uint16), 443
        table["proto"][:], table["state"][:], table["orig_pkts"][:] = 6, CONN_STATES.index("SF"), 3
        for name, value in columns.items():
            table[name][:] = value
        return FlowTable(**table)

    return make


def sysmon(at: float, port: int, **data: Any) -> dict[str, Any]:
    """A Sysmon 3 as flat JSON, UtcTime ``at`` seconds after START."""
    stamp = np.datetime64(START + round(at * 1e9), "ns")
    return {
        "EventID": 3, "SourceName": "Microsoft-Windows-Sysmon", "Hostname": "pc1.example", "UtcTime": str(stamp).replace("T", " "),
        "ProcessGuid": "{11112222-0000-0000-0000-000000000001}", "ProcessId": "77", "Image": "C:\\a.exe", "Protocol": "tcp",
        "Initiated": "true", "SourceIp": "10.0.0.5", "SourcePort": str(port), "DestinationIp": "203.0.113.9", "DestinationPort": "443",
    } | data  # fmt: skip


@pytest.fixture
def made_event() -> Callable[..., dict[str, Any]]:
    """See :func:`sysmon`."""
    return sysmon


@pytest.fixture
def made_events(tmp_path: Path) -> Callable[..., HostEventTable]:
    """Objects, written as NDJSON and read."""

    def make(*docs: dict[str, Any]) -> HostEventTable:
        path = tmp_path / "host.ndjson"
        path.write_text("".join(json.dumps(doc) + "\n" for doc in docs))
        return HostEventTable.concat(list(open_host(find_inputs([str(path)])[0], Strings())))

    return make
