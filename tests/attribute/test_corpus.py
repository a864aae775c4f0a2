"""Captures beside host logs: every row of what was expected joins the same flow, and a log of another run joins nothing."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from pcapscan.attribute import attribute
from pcapscan.decode import Decoder
from pcapscan.flows import Assembler
from pcapscan.read import Input, find_inputs, open_capture
from pcapscan.read.host_events import open_host
from pcapscan.read.host_values import Strings
from pcapscan.tables import JOIN_OUTCOMES, NO_TIME, Attribution, FlowTable, HostEventTable

Corpus = Callable[[str], Path]
SETS = ("azure_table", "dcom_three_hosts", "different_runs", "lsass01", "no_process_id", "unknown_process")
DUPLICATE = JOIN_OUTCOMES.index("duplicate")
_kept: dict[Path, tuple[FlowTable, HostEventTable]] = {}


def assembled(source: Input) -> list[FlowTable]:
    """Flows of a capture, without asking what they spoke."""
    decoder, assembler = Decoder(), Assembler(source.index)
    for records in open_capture(source):
        assembler.feed(decoder.decode(records))
    assembler.feed(decoder.finish())
    assembler.finish()
    ended = assembler.take()
    return [ended[0]] if ended else []


def evidence(folder: Path) -> tuple[FlowTable, HostEventTable]:
    if folder not in _kept:
        captures = sorted(str(p) for p in folder.iterdir() if ".cap" in p.name or ".pcapng" in p.name)
        host = find_inputs(sorted(str(p) for p in folder.glob("host.ndjson*")))
        strings = Strings()
        events = HostEventTable.concat([table for one in host for table in open_host(one, strings)])
        _kept[folder] = FlowTable.concat([flows for one in find_inputs(captures) for flows in assembled(one)]), events
    return _kept[folder]


def by_what(events: HostEventTable, found: Attribution) -> dict[tuple[Any, ...], list[int]]:
    rows: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    ported = np.isin(events.proto, [6, 17])  # what was expected leaves ICMP out
    for row in np.flatnonzero((found.outcome >= 0) & (found.outcome != DUPLICATE) & ported).tolist():
        kind = "wfp5156" if events.provider[row] == 3 else "sysmon3"
        rows[kind, events.text("host", row), int(events.src_p[row]), int(events.dst_p[row])].append(row)
    return rows


@pytest.mark.parametrize("name", SETS)
def test_expected_rows(corpus: Corpus, name: str) -> None:
    folder = corpus(f"endpoint/joined/{name}")
    flows, events = evidence(folder)
    found = attribute(flows, events)
    rows = by_what(events, found)
    with (folder / "expected_pcap.csv").open(newline="") as file:
        expected = list(csv.DictReader(file))
    assert sum(map(len, rows.values())) == len(expected)
    for want in expected:
        stated = round(float(want["event_utc"]) * 1000)
        mine = rows[want["kind"], want["host"], int(want["sport"]), int(want["dport"])]
        same = [row for row in mine if any(t != NO_TIME and abs(t // 10**6 - stated) <= 1 for t in events.clock_ns[row].tolist())]
        assert same, want
        words = {JOIN_OUTCOMES[int(found.outcome[row])] for row in same}
        assert want["verdict"] in words or (want["kind"] == "wfp5156" and want["verdict"] == "no-common-clock" and "exact" in words), want
        if want["flow_start"]:
            starts = [int(flows.first_ns[found.flow[row]]) / 1e9 for row in same if found.flow[row] >= 0]
            assert any(abs(start - float(want["flow_start"])) <= 0.0011 for start in starts), want


def test_another_run_joins_nothing(corpus: Corpus) -> None:
    flows, events = evidence(corpus("endpoint/joined/different_runs"))
    assert not (attribute(flows, events).flow >= 0).any()


@pytest.mark.parametrize("days", [-400, 400])
@pytest.mark.parametrize("name", ["dcom_three_hosts", "lsass01"])
def test_shift_of_400_days(corpus: Corpus, name: str, days: int) -> None:
    flows, events = evidence(corpus(f"endpoint/joined/{name}"))
    moved = replace(events, clock_ns=np.where(events.clock_ns == NO_TIME, NO_TIME, events.clock_ns + days * 86_400 * 10**9))
    assert (attribute(flows, moved).flow == attribute(flows, events).flow).all()
