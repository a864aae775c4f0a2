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


# Wrappers: what one gets from an API or an export, not a log.


def hits(*docs: dict[str, Any]) -> dict[str, Any]:
    return {"took": 3, "timed_out": False, "_shards": {"total": 1}, "hits": {"total": {"value": len(docs)}, "max_score": 1.0, "hits": [
        {"_index": "logs", "_id": str(n), "_source": doc} for n, doc in enumerate(docs)]}}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_elasticsearch_answer(read: Read, indent: int | None) -> None:
    events, reader = read(json.dumps(hits(ECS, ECS, ECS), indent=indent))
    assert len(events) == 3
    assert events.pid.tolist() == [4242] * 3
    assert not reader.report().errors


def test_elasticsearch_answer_longer_than_a_line_may_be(read: Read) -> None:
    events, reader = read(json.dumps(hits(*[ECS | {"n": n} for n in range(4000)])))
    assert len(events) == 4000
    assert not reader.report().errors


def test_hits_one_a_line(read: Read) -> None:
    events, _ = read("".join(json.dumps({"_index": "logs", "_source": doc}) + "\n" for doc in (ECS, NXLOG)))
    assert events.line.tolist() == [1, 2]


def test_azure_records_one_batch_a_line(read: Read) -> None:
    azure = {"Computer": "W5", "EventID": 3, "Provider": "Microsoft-Windows-Sysmon", "TimeGenerated": "2022-05-13T08:54:06.347Z",
             "EventData": json.dumps(NXLOG)}  # fmt: skip
    batch = json.dumps({"records": [azure, azure]})
    events, reader = read(batch + "\n" + batch + "\n")
    assert events.line.tolist() == [1, 1, 2, 2]
    assert not reader.report().errors


def test_wrapper_that_is_cut_keeps_what_came_before(read: Read) -> None:
    events, reader = read(json.dumps(hits(ECS, ECS, ECS))[:-200])
    assert len(events) == 2
    assert "broken JSON" in reader.report().errors[0]


def test_sysmon_in_raw_syslog(read: Read) -> None:
    xml = ('<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>3</EventID>'
           '<TimeCreated SystemTime="2022-05-13T08:54:05.123456000Z"/><Computer>ubuntu</Computer></System><EventData>'
           '<Data Name="UtcTime">2022-05-13 08:54:05.123</Data><Data Name="Image">/usr/bin/curl</Data><Data Name="Protocol">tcp</Data>'
           '<Data Name="SourceIp">10.0.0.5</Data><Data Name="SourcePort">1</Data><Data Name="DestinationIp">203.0.113.9</Data>'
           '<Data Name="DestinationPort">8088</Data><Data Name="ProcessId">7</Data></EventData></Event>')  # fmt: skip
    line = f"May 13 08:54:05 ubuntu sysmon: {xml}\n"
    events, _ = read("May 13 08:54:01 ubuntu CRON[1]: hello\n" + line + "May 13 08:54:06 ubuntu x: y\n" + line)
    assert events.line.tolist() == [2, 4]
    assert events.text("image", 0) == "/usr/bin/curl"


# EVTX as package evtx gives it.


def test_evtx_guid_without_braces_and_integer_ports(corpus: Callable[[str], Path]) -> None:
    source = find_inputs([str(corpus("endpoint/formats/sysmon_ev3_cc0.evtx"))])[0]
    reader = open_host(source, Strings())
    events = HostEventTable.concat(list(reader))
    assert (events.kind == NETWORK).sum() == 2
    assert (events.line > 0).all()
    assert all(events.has_tuple[events.kind == NETWORK])
    assert all(len(events.text("guid", row) or "") == 36 for row in range(len(events)))
    assert reader.report().kind == "evtx"


def test_evtx_start_registry_and_dns(corpus: Callable[[str], Path]) -> None:
    source = find_inputs([str(corpus("endpoint/formats/sysmon_ev1_13_22_cc0.evtx"))])[0]
    events = HostEventTable.concat(list(open_host(source, Strings())))
    told = {HOST_KINDS[k] for k in events.kind.tolist()}
    assert {"process_start", "registry", "dns"} <= told


def test_evtx_event_id_may_be_an_object(read: Read) -> None:
    doc = {"Event": {"System": {"EventID": {"#text": 3, "#attributes": {"Qualifiers": 0}}, "Computer": "PC1",
           "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
           "TimeCreated": {"#attributes": {"SystemTime": "2020-10-09T22:27:50.747123Z"}}},
           "EventData": {**NXLOG, "SourcePort": 51604, "Initiated": True, "User": "-", "RuleName": ""}}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.src_p[0] == 51604
    assert events.outbound[0] == 1
    assert events.user[0] == -1


def test_winlogbeat6_real_file(corpus: Callable[[str], Path]) -> None:
    source = find_inputs([str(corpus("endpoint/formats/winlogbeat6.ndjson"))])[0]
    events = HostEventTable.concat(list(open_host(source, Strings())))
    assert len(events)
    assert not [h for h in range(len(events)) if events.text("host", h) == "wecserver"]


def test_ecs_utc_time_is_at_timestamp_and_record_time_is_created(read: Read) -> None:
    events, _ = read(json.dumps(ECS))
    assert events.clock_ns[0].tolist() == [1602282470_747000000, 1602282473_000000000]


@pytest.mark.parametrize("kind", ["connection", ["connection", "start"]])
def test_packetbeat_event_type_is_a_text_or_a_list(read: Read, kind: Any) -> None:
    doc = {"@timestamp": "2020-10-09T22:29:09Z", "event": {"dataset": "flow", "type": kind, "start": "2020-10-09T22:28:49Z",
           "end": "2020-10-09T22:28:59Z"}, "flow": {"id": "F1", "final": False}, "source": {"ip": "::1", "port": 1},
           "destination": {"ip": "::1", "port": 80}, "network": {"transport": "tcp"}, "process": {"pid": 7, "exe": "/bin/x"}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert events.has_tuple[0]
    assert events.provider[0] == HOST_PROVIDERS.index("packetbeat")


def test_old_endpoint_schema_without_ports(read: Read) -> None:
    doc = {"@timestamp": "2020-10-09T22:27:50.7479999Z", "event": {"action": "connection_attempted", "category": "network",
           "dataset": "endpoint.events.network"}, "host": {"name": "pc1"}, "source": {"ip": "10.0.0.5"}, "destination": {"ip": "203.0.113.9"},
           "network": {"transport": "tcp", "direction": "outbound"}, "process": {"pid": 7}}  # fmt: skip
    events, _ = read(json.dumps(doc))
    assert not events.has_tuple[0]
    assert events.outbound[0] == 1


def test_mixed_encodings_in_one_file(read: Read) -> None:
    good = json.dumps(NXLOG).encode()
    latin = json.dumps({**NXLOG, "Image": "C:\\Gr?n.exe"}).encode().replace(b"?", b"\xfc")
    events, reader = read(good + b"\n" + latin + b"\n" + "\u2028".encode() + good + b"\n")
    assert len(events) >= 2
    assert events.text("image", 1) == "C:\\Gr\\xfcn.exe"
    assert len(reader.report().errors) <= 1


def test_events_without_time_or_tuple_are_kept(read: Read) -> None:
    events, _ = read(json.dumps({k: v for k, v in NXLOG.items() if k not in ("UtcTime", "EventTime", "@timestamp", "SourceIp")}))
    assert len(events) == 1
    assert not events.has_tuple[0]
    assert (events.clock_ns[0] == NO_TIME).all()
