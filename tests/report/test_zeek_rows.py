"""Flows written as conn.log are what a reader of Zeek's logs reads back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from pcapscan.pipeline import Run, flow_rows
from pcapscan.report.flow_rows import TIMES
from pcapscan.report.rows import RowWriter
from pcapscan.tables import TCP

CAPTURES = Path(__file__).parents[2] / "captures"


def written(path):
    out = io.BytesIO()
    with RowWriter("zeek", out, TIMES) as writer:
        for columns in flow_rows(Run([str(path)])):
            writer.write(columns)
    return out.getvalue()


@pytest.mark.parametrize("case", ["t1571-2-https-beacon-8088", "quiet-ordinary", "moved-mail"])
def test_a_flow_written_as_conn_log_is_read_back_to_the_nanosecond(case, tmp_path):
    packets = Run([str(CAPTURES / case / "capture.pcap")]).whole()
    log = tmp_path / "conn.log"
    log.write_bytes(written(CAPTURES / case / "capture.pcap"))
    logs = Run([str(log)]).whole()
    assert len(logs) == len(packets)
    for column in (
        "first_ns",
        "last_ns",
        "orig_hi",
        "orig_lo",
        "resp_hi",
        "resp_lo",
        "orig_p",
        "resp_p",
        "proto",
        "orig_bytes",
        "resp_bytes",
        "state",
    ):
        np.testing.assert_array_equal(getattr(logs.flows, column), getattr(packets.flows, column), column)
    assert len(set(logs.flows.uid.tolist())) == len(logs)


def test_what_packets_named_is_the_service_of_the_log(tmp_path):
    log = tmp_path / "conn.log"
    log.write_bytes(written(CAPTURES / "moved-mail" / "capture.pcap"))
    packets, logs = Run([str(CAPTURES / "moved-mail" / "capture.pcap")]).whole(), Run([str(log)]).whole()
    for row in np.flatnonzero(packets.flows.proto == TCP):
        code, told = packets.identities.protocol[row], logs.identities.protocol[row]
        assert (packets.identities.names[code] if code >= 0 else None) == (logs.identities.names[told] if told >= 0 else None)


def test_a_row_has_as_many_fields_as_the_header_says():
    lines = written(CAPTURES / "t1571-4-http-beacon-9001" / "capture.pcap").decode().splitlines()
    fields = next(line for line in lines if line.startswith("#fields")).split("\t")[1:]
    types = next(line for line in lines if line.startswith("#types")).split("\t")[1:]
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(rows) == 10
    assert {len(row) for row in rows} == {len(fields)} == {len(types)}
