"""Packetbeat as the network's side: three exporters' host events against its flows join the same events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pcapscan.attribute import attribute, flows_of_records
from pcapscan.read import find_inputs
from pcapscan.read.host_events import open_host
from pcapscan.read.host_values import Strings
from pcapscan.tables import HostEventTable

Corpus = Callable[[str], Path]


def read_host(path: Path) -> HostEventTable:
    return HostEventTable.concat(list(open_host(find_inputs([str(path)])[0], Strings())))


@pytest.mark.parametrize(("name", "joins"), [("lsass01", 124), ("dcom_three_hosts", 36)])
@pytest.mark.parametrize("form", ["raw", "winlogbeat8", "endpoint"])
def test_pairings_are_equal(corpus: Corpus, name: str, joins: int, form: str) -> None:
    folder = corpus("endpoint")
    flows = flows_of_records(read_host(folder / f"ecs_made_by_us/{name}.packetbeat.ndjson"))
    events = read_host(folder / (f"joined/{name}/host.ndjson.gz" if form == "raw" else f"ecs_made_by_us/{name}.{form}.ndjson"))
    found = attribute(flows, events)
    counted = (found.flow >= 0) & (events.provider != 3) & (events.edge != 2)
    tuples = {tuple(r) for r in np.stack([events.src_lo, events.src_p, events.dst_lo, events.dst_p, found.flow], axis=1)[counted].tolist()}
    assert int(counted.sum()) == joins
    assert len(tuples) <= joins


def test_last_record_of_a_flow_counts(corpus: Corpus) -> None:
    events = read_host(corpus("endpoint/ecs_made_by_us/dcom_three_hosts.packetbeat.ndjson"))
    flows = flows_of_records(events)
    assert len(events) == 23
    assert len(flows) == 21
    assert (flows.last_ns[0] - flows.first_ns[0]) // 10**9 == 169
