"""The reference rule, as written and repaired, on Sysmon and ECS events; the repaired one against EQL's own engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcapscan.attribute import attribute, reference_hits, repaired_eql
from pcapscan.attribute.reference_rule import MORE_PORTS, PORTS, RUNS, SERVICES, USUAL
from pcapscan.tables import FlowTable, HostEventTable

Events, Event = Callable[..., HostEventTable], Callable[..., dict[str, Any]]
SYSTEM = "C:\\Windows\\System32\\"
POWERSHELL = SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe"


def ecs(ip: str, port: int, image: str = POWERSHELL, direction: str = "egress", action: str = "connection_attempted", at: int = 0,
        entity: str = "E1") -> dict[str, Any]:  # fmt: skip
    return {
        "@timestamp": f"2026-01-01T00:{at // 60:02d}:{at % 60:02d}.0000000Z", "agent": {"type": "endpoint"},
        "event": {"category": ["network"], "type": ["start"], "action": action, "dataset": "endpoint.events.network"},
        "host": {"id": "h1", "name": "pc1", "ip": ["10.0.0.5"]}, "source": {"ip": "10.0.0.5", "port": 50000 + at % 9000},
        "destination": {"ip": ip, "port": port}, "network": {"transport": "tcp", "direction": direction},
        "process": {"name": image.rpartition("\\")[2], "executable": image, "pid": 7, "entity_id": entity},
    }  # fmt: skip


def held(events: HostEventTable) -> Any:
    return reference_hits(events, attribute(FlowTable.empty(), events))


@pytest.mark.parametrize(
    ("doc", "original", "repaired", "inside"),
    [
        (ecs("203.0.113.9", 4444), 1, 1, 0),
        (ecs("10.1.2.3", 4444), 0, 0, 1),
        (ecs("fd00::9", 4444), 1, 0, 1),
        (ecs("100.64.1.1", 4444), 1, 0, 1),
        (ecs("169.254.1.1", 4444), 1, 0, 1),
        (ecs("::1", 4444), 1, 0, 0),
        (ecs("ff02::1:3", 5355, SYSTEM + "svchost.exe"), 1, 0, 0),
        (ecs("224.0.0.252", 5355, SYSTEM + "svchost.exe"), 1, 0, 0),
        (ecs("203.0.113.9", 8080), 0, 0, 0),
        (ecs("203.0.113.9", 1244, "C:\\n\\node.exe"), 0, 1, 0),
        (ecs("203.0.113.9", 50123, "C:\\x\\PowerShell.EXE"), 1, 1, 0),
        (ecs("203.0.113.9", 50123, "C:\\x\\python.exe"), 0, 1, 0),
        (ecs("203.0.113.9", 5985, SYSTEM + "svchost.exe"), 1, 0, 0),
        (ecs("10.0.0.9", 50123, SYSTEM + "svchost.exe"), 0, 0, 0),
        (ecs("10.0.0.9", 5678, SYSTEM + "svchost.exe"), 0, 0, 1),
        (ecs("203.0.113.9", 50123, "C:\\Program Files\\Mozilla Firefox\\firefox.exe"), 0, 0, 0),
        (ecs("203.0.113.9", 4444, direction="ingress", action="connection_accepted"), 0, 0, 0),
        (ecs("203.0.113.9", 4444, direction="outbound"), 1, 1, 0),
        (ecs("203.0.113.9", 4444, action="disconnect_received"), 0, 0, 0),
    ],
)
def test_cases(made_events: Events, doc: dict[str, Any], original: int, repaired: int, inside: int) -> None:
    hits = held(made_events(doc))
    assert (int(hits.original.sum()), int(hits.repaired.sum()), int(hits.inside.sum())) == (original, repaired, inside)


@pytest.mark.parametrize(("port", "image", "hit"), [(4444, POWERSHELL, True), (51000, POWERSHELL, True), (51000, "C:\\x.exe", False)])
def test_sysmon_events(made_events: Events, made_event: Event, port: int, image: str, hit: bool) -> None:
    hits = held(made_events(made_event(0.0, 50001, DestinationPort=str(port), Image=image)))
    assert hits.original.tolist() == hits.repaired.tolist() == [hit]


def test_two_processes_of_one_name_are_not_one_sequence(made_events: Events) -> None:
    docs = [ecs("203.0.113.9", 9001, at=60 * n, entity=f"E{n % 2}") for n in range(8)]
    assert held(made_events(*docs)).runs.tolist() == [4] * 8
    assert held(made_events(*(d | {"process": d["process"] | {"entity_id": "E"}} for d in docs))).runs.tolist() == [8] * 8


def test_repetition_slides_over_the_edges_of_its_window(made_events: Events) -> None:
    docs = [ecs("203.0.113.9", 9001, at=1000 + 200 * n) for n in range(8)]
    assert held(made_events(*docs)).runs.max() == RUNS  # five in any fifteen minutes, wherever a bucket would end


def engine_hits(text: str, docs: list[dict[str, Any]]) -> list[list[int]]:
    eql = pytest.importorskip("eql")
    parser = pytest.importorskip("eql.parser")
    with parser.elasticsearch_syntax, parser.allow_runs:
        query = parser.parse_query(text, implied_any=True)
    found: list[list[int]] = []
    engine = eql.PythonEngine({"flatten": False})
    engine.add_query(query)
    engine.add_output_hook(lambda sequence: found.append([e.data["row"] for e in sequence.events]))
    ticks = [int(d["@timestamp"][14:16]) * 60 + int(d["@timestamp"][17:19]) for d in docs]
    engine.stream_events([eql.Event("network", t * 10_000_000, {**d, "row": n}) for n, (t, d) in enumerate(zip(ticks, docs, strict=True))])
    engine.finalize()
    return found


PLACES = ("203.0.113.9", "10.1.1.1", "172.20.1.1", "192.168.1.1", "100.64.1.1", "169.254.1.1", "224.0.0.251", "127.0.0.1", "2001:db8::1",
          "fd00::1", "fe80::1", "ff02::1", "::1", "255.255.255.255")  # fmt: skip
NAMES = ("powershell.exe", "SVCHOST.EXE", "node.exe", "firefox.exe", "cmd.exe", "python3")
GRID = [
    ecs(ip, port, SYSTEM + name, direction, action)
    for ip in PLACES
    for port in (*PORTS, *MORE_PORTS, *USUAL, *SERVICES, 22, 1024, 1025, 45678)
    for name in NAMES
    for direction, action in (("egress", "connection_attempted"), ("outbound", "x"), ("ingress", "connection_accepted"), ("egress", "disconnect_received"))
]  # fmt: skip


def test_repaired_rule_and_its_eql_hit_the_same_events(made_events: Events) -> None:
    docs = [d | {"source": {"ip": "10.0.0.5", "port": 1024 + n}} for n, d in enumerate(GRID)]
    events = made_events(*docs)
    assert len(events) == len(docs)
    mine = held(events).repaired.nonzero()[0].tolist()
    assert [row for (row,) in engine_hits(repaired_eql(), docs)] == mine
    assert 100 < len(mine) < len(docs) // 4


@pytest.mark.parametrize(("beats", "sequences"), [(4, 0), (10, 6)])
def test_repetition_and_its_eql_agree(made_events: Events, beats: int, sequences: int) -> None:
    docs = [ecs("203.0.113.9", 9001, at=60 * n) for n in range(beats)]
    assert len(engine_hits(repaired_eql(RUNS), docs)) == sequences
    assert (held(made_events(*docs)).runs.max() >= RUNS) == bool(sequences)


@pytest.mark.parametrize("name", ["dcom_three_hosts", "lsass01"])
@pytest.mark.parametrize("form", ["winlogbeat8", "endpoint"])
def test_same_hits_as_eql_on_events_of_attack_labs(made_events: Events, corpus: Callable[[str], Path], name: str, form: str) -> None:
    docs = [json.loads(line) for line in (corpus("endpoint") / f"ecs_made_by_us/{name}.{form}.ndjson").read_text().splitlines()]
    docs = [d for d in docs if "destination" in d and d.get("network", {}).get("direction")]
    docs = [d | {"event": {"action": "x", **d["event"]}} for d in docs]
    events = made_events(*docs)
    found = attribute(FlowTable.empty(), events)
    rows = {int(line): n for n, line in enumerate(events.line.tolist())}
    kept = [n for n in range(len(docs)) if n + 1 in rows and found.outcome[rows[n + 1]] != 12]  # a repeated event is counted once
    mine = [n for n in kept if reference_hits(events, found).repaired[rows[n + 1]]]
    assert [row for (row,) in engine_hits(repaired_eql(), docs) if row in kept] == mine
