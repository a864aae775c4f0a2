"""Host events: one named test for every trap that exporters set."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcapscan.read import find_inputs
from pcapscan.read.host_events import HostReader, open_host
from pcapscan.read.host_values import Strings
from pcapscan.tables import HOST_EDGES, HOST_KINDS, HOST_LOCAL_TIME, HOST_PROVIDERS, NO_TIME, HostEventTable

NETWORK = HOST_KINDS.index("network")
NXLOG: dict[str, Any] = {
    "EventID": 3, "SourceName": "Microsoft-Windows-Sysmon", "Hostname": "PC1.example", "UtcTime": "2020-10-09 22:27:50.747",
    "EventTime": "2020-10-09 18:27:53", "@timestamp": "2020-10-09T22:30:02.015Z", "ProcessID": 3120, "ProcessId": "4242",
    "ProcessGuid": "{42c2e005-e3e3-5f80-2d08-000000000400}", "Image": "C:\\x.exe", "Protocol": "tcp", "Initiated": "true",
    "SourceIp": "::ffff:10.0.0.5", "SourcePort": "51604", "DestinationIp": "fe80:0:0:0:0:0:0:1%4", "DestinationPort": "443",
}  # fmt: skip
ECS: dict[str, Any] = {
    "@timestamp": "2020-10-09T22:27:50.747Z", "event": {"code": "3", "provider": "Microsoft-Windows-Sysmon", "created": "2020-10-09T22:27:53Z"},
    "host": {"name": "pc1"}, "source": {"ip": "10.0.0.5", "port": 51604}, "destination": {"ip": "203.0.113.9", "port": 443},
    "network": {"transport": "tcp", "protocol": "https", "direction": "egress"}, "winlog": {"event_id": "3", "computer_name": "PC1.example"},
    "process": {"pid": 4242, "entity_id": "{AB}", "executable": "C:\\x.exe"}, "message": "ProcessId: 0\nUser: %9",
}  # fmt: skip
SECURITY: dict[str, Any] = {
    "EventID": 5156, "SourceName": "Microsoft-Windows-Security-Auditing", "Hostname": "PC1", "TimeCreated": "2023-08-15T09:53:48.739Z",
    "ProcessID": "1048", "Application": "\\device\\harddiskvolume2\\windows\\system32\\svchost.exe", "Direction": "%%14592",
    "SourceAddress": "10.0.0.5", "SourcePort": "137", "DestAddress": "10.0.0.255", "DestPort": "137", "Protocol": "17",
}  # fmt: skip


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes | str], tuple[HostEventTable | None, HostReader]]:
    def reading(content: bytes | str) -> tuple[HostEventTable | None, HostReader]:
        path = tmp_path / "host"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        reader = open_host(find_inputs([str(path)])[0], Strings())
        tables = list(reader)
        return (HostEventTable.concat(tables) if tables else None), reader

    return reading


Read = Callable[[bytes | str], tuple[Any, HostReader]]


def test_nxlog_process_id_is_the_service(read: Read) -> None:
    events, _ = read(json.dumps(NXLOG))
    assert events.pid[0] == 4242
    assert events.text("host", 0) == "pc1.example"
    assert events.text("guid", 0) == "42C2E005-E3E3-5F80-2D08-000000000400"


def test_nxlog_event_time_is_local(read: Read) -> None:
    events, _ = read(json.dumps(NXLOG))
    assert events.marks[0] & HOST_LOCAL_TIME
    assert events.clock_ns[0].tolist() == [1602282470_747000000, 1602282473_000000000]


def test_nxlog_event_time_without_any_zone_is_no_time(read: Read) -> None:
    events, _ = read(json.dumps({k: v for k, v in NXLOG.items() if k not in ("UtcTime", "@timestamp")}))
    assert (events.clock_ns[0] == NO_TIME).all()


def test_mapped_ipv4_folded_and_zone_dropped(read: Read) -> None:
    events, _ = read(json.dumps(NXLOG))
    assert (int(events.src_hi[0]), int(events.src_lo[0])) == (0, 0xFFFF_0A00_0005)
    assert (int(events.dst_hi[0]), int(events.dst_lo[0])) == (0xFE80 << 48, 1)


def test_nxlog_without_process_id(read: Read) -> None:
    events, _ = read(json.dumps({k: v for k, v in NXLOG.items() if k != "ProcessId"}))
    assert events.pid[0] == -1
    assert events.guid[0] >= 0


def test_winlogbeat6_host_is_the_collector(read: Read) -> None:
    doc = {"@timestamp": "2019-05-18T20:36:46.254Z", "event_id": 3, "source_name": "Microsoft-Windows-Sysmon", "process_id": 1368,
           "computer_name": "HFDC01.shire.com", "host": {"name": "WECserver"}, "event_data": {**NXLOG, "ProcessId": "292"}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.text("host", 0) == "hfdc01.shire.com"
    assert events.pid[0] == 292


def test_ecs_message_is_never_parsed(read: Read) -> None:
    events, _ = read(json.dumps(ECS))
    assert events.pid[0] == 4242
    assert events.user[0] == -1
    assert events.outbound[0] == 1
    assert "https" not in events.strings


@pytest.mark.parametrize(("word", "code"), [("egress", 1), ("outbound", 1), ("ingress", 0), ("inbound", 0), ("unknown", -1)])
def test_ecs_direction_words(read: Read, word: str, code: int) -> None:
    events, _ = read(json.dumps({**ECS, "network": {"transport": "tcp", "direction": word}}))
    assert events.outbound[0] == code


def test_endpoint_disconnect_stamps_the_end(read: Read) -> None:
    doc = {"@timestamp": "2020-10-09T22:27:50.7479999Z", "event": {"action": "disconnect_received", "category": ["network"],
           "dataset": "endpoint.events.network"}, "host": {"name": "pc1", "ip": ["10.0.0.5", "::1"]}, "source": {"ip": "10.0.0.5",
           "port": 1, "bytes": 7}, "destination": {"ip": "203.0.113.9", "port": 443}, "network": {"transport": "tcp"},
           "process": {"pid": 7, "code_signature": [{"exists": True, "trusted": False}]}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.edge[0] == HOST_EDGES.index("end")
    assert events.provider[0] == HOST_PROVIDERS.index("endpoint")
    assert events.clock_ns[0, 0] % 10**9 == 747_999_900
    assert events.src_bytes[0] == 7
    assert events.signed[0] == 0
    assert events.text("host_ip", 0) == "10.0.0.5,::1"


def test_endpoint_dns_event_without_addresses(read: Read) -> None:
    doc = {"@timestamp": "2020-10-09T22:27:50Z", "event": {"category": ["network"], "action": "lookup_requested", "dataset": "endpoint.events.network"},
           "dns": {"question": {"name": "a.example"}}, "host": {"name": "pc1"}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.kind[0] == HOST_KINDS.index("dns")


@pytest.mark.parametrize("field", ["exe", "executable"])
def test_packetbeat_process_under_source(read: Read, field: str) -> None:
    doc = {"@timestamp": "2020-10-09T22:29:09Z", "type": "flow", "flow": {"id": "F1", "final": True}, "event": {"dataset": "flow",
           "type": ["connection", "end"], "start": "2020-10-09T22:28:49Z", "duration": 10**10}, "source": {"ip": "10.0.0.5", "port": 1,
           "process": {field: "/bin/x", "pid": 9}}, "destination": {"ip": "::1", "port": 80}, "network": {"transport": "tcp"}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.text("image", 0) == "/bin/x"
    assert events.text("process_side", 0) == "source"
    assert events.end_ns[0] - events.start_ns[0] == 10**10


def test_azure_event_data_is_json_in_a_string(read: Read) -> None:
    data = {**NXLOG, "UtcTime": "2022-05-13T08:54:05.1230000Z"}
    doc = {"Computer": "WORKSTATION5", "EventID": 3, "Provider": "Microsoft-Windows-Sysmon", "TimeGenerated": "2022-05-13T08:54:06.347Z",
           "EventData": json.dumps(data)}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.clock_ns[0, 0] == 1652432045_123000000
    assert events.text("host", 0) == "workstation5"


def test_linux_sysmon_is_xml_in_a_string(read: Read) -> None:
    xml = (
        '<Event><System><Provider Name="Linux-Sysmon"/><EventID>3</EventID><TimeCreated SystemTime="2022-05-13T08:54:05.123456000Z"/>'
        "<Computer>ubuntu</Computer></System><EventData>"
        + "".join(f'<Data Name="{k}">{v}</Data>' for k, v in NXLOG.items() if k not in ("Image",))
        + '<Data Name="Image">/usr/bin/curl</Data></EventData></Event>'
    )
    events, _ = read(json.dumps({"timestamp": "May 13", "message": f"sysmon: {xml}"}))
    assert events.text("image", 0) == "/usr/bin/curl"
    assert events.text("host", 0) == "ubuntu"
    assert read(xml)[0].pid[0] == 4242


def test_xml_entities_are_refused(read: Read) -> None:
    events, reader = read('<?xml version="1.0"?>\n<Event><!DOCTYPE x [<!ENTITY a "b">]><System/></Event>')
    assert events is None
    assert reader.report().skipped == {"broken XML": 1}


def test_security_5156_transport_number_and_direction(read: Read) -> None:
    events, _ = read(json.dumps(SECURITY))
    assert (events.proto[0], events.outbound[0], events.pid[0]) == (17, 0, 1048)


def test_security_5156_pid_only_in_message(read: Read) -> None:
    doc = {**SECURITY, "EventTime": "2023-08-15 05:53:48", "Message": "Application Information:\r\n\tProcess ID:\t\t3124\r\n"}
    assert read(json.dumps(doc))[0].pid[0] == 3124
    del doc["Message"]
    assert read(json.dumps(doc))[0].pid[0] == -1


def test_escaped_unknown_process(read: Read) -> None:
    events, _ = read(json.dumps({**NXLOG, "Image": "&lt;unknown process&gt;"}))
    assert events.text("image", 0) == "<unknown process>"


def test_sysmon_numbers_of_other_logs_are_not_read(read: Read) -> None:
    events, reader = read(json.dumps({**NXLOG, "SourceName": "Service Control Manager"}) + "\n" + json.dumps({**NXLOG, "EventID": 7}))
    assert events is None
    assert reader.report().skipped == {"other events": 2}


@pytest.mark.parametrize("indent", [None, 2])
def test_array_counts_lines(read: Read, indent: int | None) -> None:
    text = json.dumps([NXLOG, ECS], indent=indent)
    events, _ = read(text)
    before = 2 if indent is None else 1 + len(json.dumps(NXLOG, indent=indent).split("\n")) + 1
    assert events.line.tolist() == [1 if indent is None else 2, 1 if indent is None else before]


def test_utf16_and_gzip(read: Read) -> None:
    text = json.dumps(NXLOG) + "\n" + json.dumps({**NXLOG, "User": "Ünï"}, ensure_ascii=False) + "\n"
    assert len(read(text.encode("utf-16"))[0]) == 2
    events, _ = read(gzip.compress(text.encode("utf-8")))
    assert events.text("user", 1) == "Ünï"


def test_bytes_that_are_no_utf8_stay_visible(read: Read) -> None:
    events, _ = read(json.dumps(NXLOG).encode() + b"\n" + json.dumps({**NXLOG, "User": "AB"}).encode().replace(b"AB", b"A\xff"))
    assert events.text("user", 1) == "A\\xff"


def test_json_bomb_costs_one_line(read: Read) -> None:
    bomb = '{"EventID": 3, "a": ' + "[" * 200_000 + "]" * 200_000 + "}"
    events, reader = read(json.dumps(NXLOG) + "\n" + bomb + "\n" + '{"EventID": 3, "x": ' + "9" * 5000 + "}\n" + json.dumps(NXLOG))
    assert events.line.tolist() == [1, 4]
    assert reader.report().skipped == {"broken JSON": 2}
    assert "line 2" in reader.report().errors[0]


@pytest.mark.parametrize("value", [None, 3, [], {}, "\ud800", "x" * 100_000, -1, 1e308, True])
def test_fields_of_a_wrong_kind_end_in_no_traceback(read: Read, value: Any) -> None:
    docs = [{**doc, key: value} for doc in (NXLOG, ECS, SECURITY) for key in doc]
    events, _ = read("\n".join(json.dumps(doc) for doc in docs))
    assert len(events) > len(docs) // 2


def test_truncated_evtx_is_told(tmp_path: Path, corpus: Callable[[str], Path]) -> None:
    pytest.importorskip("evtx")
    whole = corpus("endpoint/formats/sysmon_ev3_cc0.evtx").read_bytes()
    counts = []
    for size in (len(whole), 40_000, 5000, 100):
        (tmp_path / "x.evtx").write_bytes(whole[:size])
        reader = open_host(find_inputs([str(tmp_path / "x.evtx")])[0], Strings())
        counts.append(sum(len(t) for t in reader))
    assert counts[0] == 2
    assert reader.report().skipped == {"broken record": 1}
