"""``pcapscan scan`` with host events among its inputs: alone, and beside captures whose clock is another."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

POWERSHELL = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
BEGIN = datetime(2026, 1, 1, 10, tzinfo=UTC)
GUID = "11112222-0000-0000-0000-000000000077"
RDP = "HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp\\PortNumber"


def flat(kind, at, **data):
    """Sysmon as NXLog writes it."""
    stamp = (BEGIN + timedelta(seconds=at)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return {
        "EventID": kind, "SourceName": "Microsoft-Windows-Sysmon", "Hostname": "ws1.example", "UtcTime": stamp, "ProcessId": "77",
        "ProcessGuid": "{" + GUID + "}", "User": "EX\\bob", "Image": POWERSHELL,
    } | data  # fmt: skip


def net(at, port, ip="203.0.113.9", source=50000, **data):
    tuples = {"SourceIp": "10.0.0.5", "SourcePort": str(source), "DestinationIp": ip, "DestinationPort": str(port)}
    return flat(3, at, **{"Protocol": "tcp", "Initiated": "true"} | tuples | data)


def beat(doc):
    """The same event as winlogbeat 8 writes it."""
    when = doc["UtcTime"].replace(" ", "T") + "Z"
    row = {
        "@timestamp": when, "event": {"code": str(doc["EventID"]), "provider": "Microsoft-Windows-Sysmon", "created": when},
        "host": {"name": "ws1.example"}, "winlog": {"computer_name": "ws1.example", "provider_name": "Microsoft-Windows-Sysmon"},
        "process": {"pid": 77, "entity_id": doc["ProcessGuid"], "executable": doc["Image"]}, "user": {"name": "bob", "domain": "EX"},
    }  # fmt: skip
    if doc["EventID"] == 3:
        row["source"] = {"ip": doc["SourceIp"], "port": int(doc["SourcePort"])}
        row["destination"] = {"ip": doc["DestinationIp"], "port": int(doc["DestinationPort"])}
        row["network"] = {"transport": "tcp", "direction": "egress" if doc["Initiated"] == "true" else "ingress", "protocol": "x"}
    elif doc["EventID"] == 1:
        row["process"] |= {"command_line": doc["CommandLine"], "parent": {"executable": doc["ParentImage"]}}
    elif doc["EventID"] == 13:
        row["event"] |= {"category": ["registry"]}
        row["registry"] = {"path": doc["TargetObject"], "value": "PortNumber", "data": {"strings": [doc["Details"]]}}
    return row


def agent(doc):
    """The same event as Elastic Endpoint writes it."""
    row = beat(doc)
    del row["winlog"]
    kind = {1: "process", 3: "network", 13: "registry"}[doc["EventID"]]
    action = {1: "start", 3: "connection_attempted" if doc.get("Initiated") == "true" else "connection_accepted", 13: "modification"}
    row["event"] = {"category": [kind], "action": action[doc["EventID"]], "type": ["start"], "dataset": f"endpoint.events.{kind}",
                    "module": "endpoint"}  # fmt: skip
    row["host"] |= {"id": "h1", "ip": ["10.0.0.5"]}
    row["agent"] = {"type": "endpoint"}
    return row


def azure(doc):
    """The same event as Azure Monitor keeps it."""
    return {"Computer": "ws1.example", "EventID": doc["EventID"], "Provider": "Microsoft-Windows-Sysmon", "EventData": json.dumps(doc),
            "TimeGenerated": doc["UtcTime"].replace(" ", "T") + "Z"}  # fmt: skip


def logbeat6(doc):
    """The same event as winlogbeat 6 writes it."""
    return {"@timestamp": doc["UtcTime"].replace(" ", "T") + "Z", "event_id": doc["EventID"], "source_name": "Microsoft-Windows-Sysmon",
            "computer_name": "ws1.example", "host": {"name": "collector"}, "event_data": doc}  # fmt: skip


FORMS = {"nxlog": dict, "winlogbeat8": beat, "endpoint": agent, "azure": azure, "winlogbeat6": logbeat6}
START = flat(1, -2, CommandLine="powershell -nop", ParentImage="C:\\Windows\\explorer.exe")


@pytest.fixture
def scanned(cli, tmp_path):
    def scan(docs, *more, form=dict, options=()):
        path = tmp_path / "host.ndjson"
        path.write_text("".join(json.dumps(form(doc)) + "\n" for doc in docs))
        result = cli.run("scan", path, *more, "--format", "json", "--quiet", *options)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return scan


@pytest.mark.parametrize("form", FORMS)
def test_t1571_1_shell_on_4444(scanned, form):
    document = scanned([START, net(0, 4444)], form=FORMS[form])
    (finding,) = document["findings"]
    assert (finding["resp_h"], finding["resp_p"], finding["severity"]) == ("203.0.113.9", 4444, "medium")
    (process,) = finding["process"]
    assert (process["image"], process["pid"], process["guid"], process["user"]) == (POWERSHELL, 77, GUID, "EX\\bob")
    assert (process["command_line"], process["parent"]) == ("powershell -nop", "C:\\Windows\\explorer.exe")
    assert [e["number"] for e in process["evidence"]] == [2, 1]
    assert "T1571" in finding["techniques"]


@pytest.mark.parametrize("image", ["/usr/bin/curl", "/usr/bin/python3"])
@pytest.mark.parametrize("form", FORMS)
def test_t1571_2_beacon_on_8088(scanned, form, image):
    (finding,) = scanned([net(60 * n, 8088, source=40000 + n, Image=image) for n in range(6)], form=FORMS[form])["findings"]
    assert (finding["resp_p"], finding["connections"]) == (8088, 6)
    assert finding["severity"] in ("medium", "high")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("details", ["DWORD (0x00008462)", "33890", "0x8462"])
def test_t1571_3_rdp_port_change(scanned, form, details):
    change = flat(13, 0, Image="C:\\Windows\\regedit.exe", TargetObject=RDP, Details=details)
    (finding,) = scanned([change], form=FORMS[form])["findings"]
    assert (finding["kind"], finding["resp_p"], finding["severity"]) == ("rdp_port_change", 33890, "low")
    assert finding["process"][0]["image"] == "C:\\Windows\\regedit.exe"
    use = net(600, 33890, "10.0.0.5", 51000, SourceIp="10.0.0.66", Initiated="false", Image="C:\\Windows\\System32\\svchost.exe")
    raised = next(f for f in scanned([change, use], form=FORMS[form])["findings"] if f["kind"] == "rdp_port_change")
    assert raised["severity"] == "medium"
    assert raised["score"] > finding["score"]
    assert (raised["id"], raised["orig_h"], raised["resp_h"], raised["connections"]) == (finding["id"], "10.0.0.66", "10.0.0.5", 1)


@pytest.mark.parametrize("minutes", [5, -5])
def test_rdp_recognised_by_content_after_the_change_in_corrected_time(scanned, cli, minutes):
    """Host clock a hundred days ahead: only the corrected time of the registry event tells before from after."""
    capture = cli.root / "captures" / "t1571-3-rdp-33890" / "capture.pcap"
    _, *clients = events_of(cli, capture, skew_days=100)
    server = {"Hostname": "srv.example", "Initiated": "false", "Image": "C:\\srv\\xrdp.exe"}
    first = (datetime.fromisoformat(clients[0]["UtcTime"] + "+00:00") - BEGIN).total_seconds()
    change = flat(13, first - 60 * minutes, Hostname="srv.example", Image="C:\\x\\reg.exe", TargetObject=RDP, Details="33890")
    found = scanned([change, *(doc | server for doc in clients)], capture)["findings"]
    finding = next(f for f in found if f["kind"] == "rdp_port_change")
    assert finding["connections"] == (len(clients) if minutes > 0 else 0)
    assert finding["protocol"] == ("rdp" if minutes > 0 else None)
    assert any(f["protocol"] == "rdp" and f["kind"] == "port" for f in found)


def test_rdp_port_that_was_used_before_its_change_is_not_raised(scanned):
    change = flat(13, 0, Image="C:\\Windows\\regedit.exe", TargetObject=RDP, Details="33890")
    use = net(-600, 33890, "10.0.0.5", 51000, SourceIp="10.0.0.66", Initiated="false", Image="C:\\Windows\\System32\\svchost.exe")
    other = net(600, 33890, "10.0.0.7", 51000, SourceIp="10.0.0.5", Image="C:\\Windows\\System32\\svchost.exe")
    (finding,) = [f for f in scanned([use, change, other])["findings"] if f["kind"] == "rdp_port_change"]
    assert finding["connections"] == 0


@pytest.mark.parametrize("form", FORMS)
def test_t1571_4_beacon_on_9001(scanned, form):
    document = scanned([START, *(net(60 * n + 0.3 * (n % 3), 9001, source=50000 + n) for n in range(10))], form=FORMS[form])
    (finding,) = document["findings"]
    assert finding["period_s"] == pytest.approx(60, abs=1)
    assert finding["connections"] == 10
    assert finding["severity"] in ("high", "critical")
    assert {r["measure"] for r in finding["reasons"]} >= {"host_rule", "host_rule_runs", "beacon", "process"}
    assert any("as written 10, repaired 10" in note for note in document["coverage"]["notes"])


def test_private_destination_lowers_and_does_not_delete(scanned):
    inside = [net(0, 8443, "10.9.9.9", Image="C:\\Users\\bob\\Downloads\\payload.exe"), net(5, 5678, "10.9.9.9", 50001)]
    outside = [net(0, 8443, Image="C:\\Users\\bob\\Downloads\\payload.exe"), net(5, 5678, source=50001)]
    low, high = (scanned(docs)["findings"] for docs in (inside, outside))
    assert [f["resp_p"] for f in low] == [f["resp_p"] for f in high] == [8443, 5678] or len(low) == len(high) == 2
    assert max(f["score"] for f in low) < min(f["score"] for f in high)


def test_multicast_discovery_and_event_forwarding_are_nothing(scanned):
    svchost = "C:\\Windows\\System32\\svchost.exe"
    docs = [net(0, 5355, "224.0.0.252", Image=svchost, Protocol="udp"), net(1, 5355, "ff02::1:3", Image=svchost, Protocol="udp"),
            net(2, 1900, "239.255.255.250", Image=svchost, Protocol="udp"), net(3, 5985, "10.0.0.9", Image=svchost),
            net(4, 8080, "127.0.0.1", SourceIp="127.0.0.1", Image="C:\\x\\node.exe"), net(5, 443, Image=svchost)]  # fmt: skip
    document = scanned(docs)
    assert document["findings"] == []
    assert document["coverage"]["flows"] == 0


def test_a_standalone_tier_is_found_on_any_port(scanned):
    (finding,) = scanned([net(0, 443, Image="C:\\Users\\bob\\AppData\\svchost.exe")])["findings"]
    assert finding["severity"] in ("low", "medium")
    assert any(r["value"] == "masquerade" for r in finding["reasons"])


def test_an_interpreter_at_the_metadata_address(scanned):
    (finding,) = scanned([net(0, 80, "169.254.169.254")])["findings"]
    assert any(r["value"] == "metadata" and r["points"] == 6 for r in finding["reasons"])


def test_process_points_need_a_reason_of_the_network(scanned):
    assert scanned([net(0, 443), net(1, 80, source=50001)])["findings"] == []


def events_of(cli, capture, skew_days=3, image=POWERSHELL):
    """Sysmon events of the clients of a capture's flows, by a clock that is days ahead."""
    rows = [json.loads(line) for line in cli.run("flows", capture, "--quiet").stdout.splitlines()]
    docs = []
    for row in rows:
        moment = datetime.fromisoformat(row["first"][:26] + "+00:00") + timedelta(days=skew_days)
        at = (moment - BEGIN).total_seconds()
        docs.append(net(at, row["resp_p"], row["resp_h"], row["orig_p"], SourceIp=row["orig_h"], Image=image, Protocol=row["transport"]))
    start = flat(1, (moment - BEGIN).total_seconds() - 86_400, CommandLine="powershell -enc AAAA", ParentImage="C:\\Windows\\explorer.exe")
    return [start, *docs]


@pytest.fixture
def beacon(cli):
    return cli.root / "captures" / "t1571-4-http-beacon-9001" / "capture.pcap"


def test_process_beside_a_capture_raises_its_score(scanned, cli, beacon):
    alone = json.loads(cli.run("scan", beacon, "--format", "json", "--quiet").stdout)
    document = scanned(events_of(cli, beacon), beacon)
    first, before = document["findings"][0], alone["findings"][0]
    assert first["id"] == before["id"]
    assert first["score"] > before["score"]
    assert first["process"][0]["outcome"] == "exact"
    assert first["process"][0]["command_line"] == "powershell -enc AAAA"
    assert len(document["findings"]) == len(alone["findings"])
    (host,) = document["coverage"]["hosts"]
    assert (host["host"], host["skew"], host["skew_s"]) == ("ws1.example", "estimated", pytest.approx(3 * 86_400, abs=0.01))
    assert host["outcomes"] == {"exact": len(events_of(cli, beacon)) - 1}
    assert "no endpoint data: no process is named" in alone["coverage"]["notes"]
    assert "no endpoint data: no process is named" not in document["coverage"]["notes"]


def test_a_finding_without_its_event_says_no_endpoint_data(scanned, cli, beacon):
    shell = cli.shell
    document = scanned(events_of(cli, beacon), beacon, shell)
    finding = next(f for f in document["findings"] if f["resp_p"] == 4444)
    assert finding["process"] == []
    assert any(r["points"] == 0 and "no endpoint data" in r["text"] for r in finding["reasons"])


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv", "ecs"])
def test_every_form_tells_who_did_it(cli, tmp_path, beacon, form):
    path = tmp_path / "host.ndjson"
    path.write_text("".join(json.dumps(doc) + "\n" for doc in events_of(cli, beacon)))
    text = cli.run("scan", beacon, path, "--format", form, "--quiet").stdout
    for word in ("powershell.exe", "77", GUID, "bob", "powershell -enc AAAA", "explorer.exe", "host.ndjson"):
        assert word in " ".join(text.split()), word
    if form == "csv":
        row = next(csv.DictReader(text.splitlines()))
        assert (row["pid"], row["process_host"], row["user"]) == ("77", "ws1.example", "EX\\bob")
        assert "host.ndjson:" in row["process_evidence"]
    if form == "ecs":
        row = json.loads(text.splitlines()[0])
        assert row["process"]["entity_id"] == GUID
        assert row["user"] == {"name": "bob", "domain": "EX"}
    if form == "table":
        assert "clock +259200.000 s" in text


def test_zeek_logs_beside_events(scanned, cli, tmp_path, beacon):
    log = tmp_path / "conn.log"
    cli.run("flows", beacon, "--format", "zeek", "-o", log, "--quiet")
    finding = scanned(events_of(cli, beacon), log)["findings"][0]
    assert finding["process"][0]["image"] == POWERSHELL


def test_client_and_server_are_both_named(scanned, cli, beacon):
    docs = events_of(cli, beacon)
    server = {
        "Hostname": "srv.example",
        "Initiated": "false",
        "Image": "C:\\nginx\\nginx.exe",
        "ProcessGuid": "{99992222-0000-0000-0000-000000000001}",
    }
    finding = scanned([*docs, *(d | server for d in docs[1:])], beacon)["findings"][0]
    assert [(p["side"], p["image"]) for p in finding["process"]] == [("orig", POWERSHELL), ("resp", "C:\\nginx\\nginx.exe")]


def test_packetbeat_flows_without_a_capture_are_judged_by_port_and_program(scanned):
    doc = {"@timestamp": "2026-01-01T10:00:05Z", "type": "flow", "flow": {"id": "F1", "final": True}, "agent": {"hostname": "ws1"},
           "event": {"dataset": "flow", "start": "2026-01-01T10:00:00Z", "end": "2026-01-01T10:00:04Z"}, "network": {"transport": "tcp"},
           "source": {"ip": "10.0.0.5", "port": 50000, "bytes": 900}, "destination": {"ip": "203.0.113.9", "port": 4444, "bytes": 9},
           "process": {"pid": 77, "executable": POWERSHELL}}  # fmt: skip
    (finding,) = scanned([doc])["findings"]
    assert (finding["resp_p"], finding["verdict"], finding["process"][0]["pid"]) == (4444, "none", 77)


def test_flows_names_host_inputs_and_reads_on(cli, tmp_path, beacon):
    path = tmp_path / "host.ndjson"
    path.write_text(json.dumps(net(0, 4444)) + "\n")
    alone = cli.run("flows", beacon, "--quiet").stdout
    assert cli.run("flows", path, beacon, "--quiet").stdout.replace("capture.pcap", "") == alone.replace("capture.pcap", "")


SITE = """
[lists]
collectors = ["10.0.0.9"]
[[authorized]]
start = "2026-01-01T09:00:00Z"
end = "2026-01-01T11:00:00Z"
sources = ["10.0.0.5/32"]
targets = ["203.0.113.0/24"]
"""


@pytest.mark.parametrize(("at", "hidden"), [(0, True), (7200, False)])
def test_an_authorised_scan_is_set_aside_within_its_window_and_listed(scanned, tmp_path, at, hidden):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "processes.toml").write_text(SITE)
    document = scanned([net(at, 4444, Image="/usr/bin/curl")], options=("--knowledge", tmp_path / "site"))
    assert bool(document["findings"]) != hidden
    assert [s["rule"] for s in document["suppressed"]] == (["process:scanner"] if hidden else [])


def test_without_a_window_a_scanner_is_no_excuse(scanned):
    assert scanned([net(0, 4444, Image="/usr/bin/curl")])["findings"]


def test_development_inside_is_set_aside_and_outside_is_not(scanned):
    node = "C:\\Program Files\\nodejs\\node.exe"
    inside, outside = (scanned([net(0, 9001, ip, Image=node)]) for ip in ("10.0.0.9", "203.0.113.9"))
    assert inside["findings"] == []
    assert inside["suppressed"][0]["rule"] == "process:dev-local"
    assert inside["suppressed"][0]["finding"]["process"][0]["image"] == node
    assert any(r["value"] == "dev-public" and r["points"] == -4 for r in outside["findings"][0]["reasons"])


def test_a_place_with_one_process_that_is_not_excused_is_shown(scanned):
    node = "C:\\Program Files\\nodejs\\node.exe"
    other = {"Image": "C:\\Users\\bob\\Downloads\\x.exe", "ProcessGuid": "{11112222-0000-0000-0000-000000000078}"}
    document = scanned([net(0, 9001, "10.0.0.9", Image=node), net(9, 9001, "10.0.0.9", 50001, **other)])
    assert document["suppressed"] == []
    assert document["findings"][0]["process"][0]["image"].endswith("x.exe")


# Inputs of every unpleasant kind.


@pytest.mark.parametrize(
    "content",
    [
        b'{"EventID": 3, "SourceName": "Microsoft-Windows-Sysmon"}\n',
        b'{"EventID": 3, "UtcTime": "2026-01-01 10:00:00", "ProcessId": {"a": [1]}}\n' * 3,
        b'{"EventID": 3' + b',"a":{' * 5000 + b"\n",
        b"[" * 100_000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"records": [' + b'{"EventID": 3}, ' * 10,
        b'{"hits": {"hits": [{"_source": null}, {"_source": 7}]}}',
        b"<Event><System><EventID>3</EventID>",
        b"\xff\xfe" + '{"EventID": 3}'.encode("utf-16-le")[:-1],
        b"ElfFile\x00" + bytes(200),
        b"ElfFile\x00" + b"\xff" * 8000,
    ],
    ids=["bare", "kinds", "deep", "brackets", "nested", "batch-cut", "hits-null", "xml-cut", "utf16-cut", "evtx-empty", "evtx-junk"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["scan", "attribute"])
def test_bad_host_input_is_said_and_the_rest_is_done(cli, tmp_path, beacon, command, content):
    path = tmp_path / "bad"
    path.write_bytes(content)
    alone = cli.run(command, path, *(("--format", "json") if command == "scan" else ()))
    assert alone.exit_code in (0, 4, 5)
    result = cli.run("scan", path, beacon, "--format", "json", "--quiet")
    assert result.exit_code in (0, 4)
    assert json.loads(result.stdout)["findings"][0]["resp_p"] == 9001


def test_truncated_evtx_keeps_what_came_before(cli, tmp_path, corpus):
    whole = corpus("endpoint/formats/sysmon_ev3_cc0.evtx").read_bytes()
    path = tmp_path / "cut.evtx"
    path.write_bytes(whole[: len(whole) - 3000])
    result = cli.run("attribute", path, "--format", "json")
    assert result.exit_code in (0, 4)
    assert json.loads(result.stdout)["inputs"][0]["kind"] == "evtx"


@pytest.mark.parametrize("word", ["<unknown process>", "&lt;unknown process&gt;"])
def test_an_unknown_process_is_a_finding_and_safe_for_a_terminal(cli, tmp_path, word):
    path = tmp_path / "host.ndjson"
    path.write_text(json.dumps(net(0, 443, Image=word)) + "\n")
    text = cli.run("scan", path, "--quiet").stdout
    assert "<unknown process>" in text
    assert "no program could be named" in text
