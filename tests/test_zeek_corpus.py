"""Zeek's own logs of 64 captures: the verdicts of the packets wherever Zeek named the service, and the same from every form of its logs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pcapscan.flows import community_ids
from pcapscan.pipeline import Run, Settings
from pcapscan.tables import VERDICTS

REASONS = {
    ("rtsp", "http"): (6, "Zeek has no RTSP analyzer; RTSP's request line is that of HTTP"),
    ("websocket", "http"): (2, "Zeek 5.0 has no WebSocket analyzer; the upgrade is HTTP"),
    ("dcerpc", "dcerpc"): (
        1,
        "the beginning was not captured: Zeek took the other end for the originator, on a port Windows RPC negotiates",
    ),
    ("http", "smtp"): (1, "HTTP CONNECT: Zeek names what the tunnel carries"),
    (None, "dcerpc"): (1, "a fuzzed answer: the originator spoke DCE-RPC, and was answered in Modbus"),
    (None, "tls"): (1, "a fuzzed answer: a hello answered by Modbus is faked TLS to us, TLS to Zeek"),
    (None, "modbus"): (1, "a fuzzed request: the responder alone spoke Modbus"),
}
"""(what the packets show, what Zeek says): how many rows, and why they differ."""


class Row(NamedTuple):
    cid: str
    first_ns: int
    last_ns: int
    protocol: str | None
    verdict: str
    orig_bytes: int
    resp_bytes: int


def rows(paths: list[Path]) -> list[Row]:
    w = Run([str(p) for p in paths], Settings(digest=False)).whole()
    ids, names = w.identities, (*w.identities.names, None)
    columns = (w.flows.first_ns, w.flows.last_ns, ids.protocol, w.verdicts, w.flows.orig_bytes, w.flows.resp_bytes)
    cids = community_ids(w.flows).tolist()
    return [
        Row(cid, first, last, names[code], VERDICTS[verdict], sent, got)
        for cid, first, last, code, verdict, sent, got in zip(cids, *(c.tolist() for c in columns), strict=True)
    ]


def pairs(corpus: Callable[[str], Path]) -> list[tuple[Path, Path]]:
    """(folder of logs, capture)."""
    all_logs, captures = corpus("zeek_logs"), corpus("protocols")
    listed = re.findall(r"^\| (\S+) \| (\S+) \|", (all_logs / "README.md").read_text(), re.M)
    found = [(all_logs / a, captures / b) for a, b in listed]
    return [(logs, capture) for logs, capture in found if logs.is_dir() and capture.exists()]


@pytest.mark.corpus
def test_verdicts_of_logs_are_those_of_packets_where_zeek_named_the_service(corpus):
    found = pairs(corpus)
    assert len(found) == 64
    different: Counter[tuple[str | None, str]] = Counter()
    named = same = 0
    for logs, capture in found:
        by: defaultdict[str, list[Row]] = defaultdict(list)
        for flow in rows([capture]):
            by[flow.cid].append(flow)
        for told in rows(sorted(logs.glob("*.log"))):
            if told.protocol is None:
                continue
            named += 1
            near = [f for f in by[told.cid] if f.first_ns <= told.last_ns + 10**9 and f.last_ns >= told.first_ns - 10**9]
            assert near, (logs.name, told)
            flow = min(near, key=lambda f: abs(f.first_ns - told.first_ns))
            if (flow.protocol, flow.verdict) == (told.protocol, told.verdict):
                same += 1
            else:
                different[flow.protocol, told.protocol] += 1
    assert dict(different) == {key: count for key, (count, _) in REASONS.items()}
    assert (named, same) == (207, 194)


@pytest.mark.corpus
def test_json_logs_say_what_the_tsv_says_in_both_forms_of_time(corpus):
    """Zeek writes intervals to JSON with more digits than to TSV (its TSV rounds to the microsecond): ends differ by less than that."""
    forms: Counter[str] = Counter()
    for logs, _ in pairs(corpus):
        tsv = sorted(rows(sorted(logs.glob("*.log"))))
        for folder in (p for p in logs.iterdir() if p.is_dir()):
            forms[folder.name] += 1
            for a, b in zip(tsv, sorted(rows(sorted(folder.iterdir()))), strict=True):
                assert a._replace(last_ns=0) == b._replace(last_ns=0), folder
                assert abs(a.last_ns - b.last_ns) <= 1000, folder
    assert forms == {"json": 11, "json_iso8601": 11}


@pytest.mark.corpus
def test_logs_beside_their_capture_add_no_flow(corpus):
    """Zeek's rows are the packets' flows: given together, almost nothing counts twice."""
    packets = logs = both = 0
    for folder, capture in pairs(corpus):
        packets += len(rows([capture]))
        logs += len(rows(sorted(folder.glob("*.log"))))
        both += len(rows([capture, *sorted(folder.glob("*.log"))]))
    assert logs > 500
    assert both - packets <= 0.02 * logs
