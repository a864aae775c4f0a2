"""Host events and the Zeek log beside them, for measuring the reading and the join.

    python tests/bench/make_hosts.py FOLDER [--events 1000000] [--form nxlog|winlogbeat|endpoint] [--seed 1]

writes ``host.ndjson`` and ``conn.log`` into the folder: 50 hosts, each with a clock of its own (up to six days away), nine of ten events
with a flow, one process start for each fifty connections, and names asked for. Prints what must be joined.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HOSTS = 50
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = """#separator \\x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	conn
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	history	orig_pkts	resp_pkts
#types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	string	count	count
"""
PROGRAMS = (
    "C:\\Windows\\System32\\svchost.exe", "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "C:\\Users\\bob\\AppData\\Local\\Temp\\x.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
)  # fmt: skip


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def nxlog(host: str, kind: int, moment: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventTime": stamp(moment)[:19], "Hostname": host, "Keywords": -9223372036854775808, "EventType": "INFO", "SeverityValue": 2,
        "Severity": "INFO", "EventID": kind, "SourceName": "Microsoft-Windows-Sysmon",
        "ProviderGuid": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", "Version": 5, "Task": kind, "OpcodeValue": 0, "RecordNumber": 7,
        "ProcessID": 3204, "ThreadID": 4044, "Channel": "Microsoft-Windows-Sysmon/Operational", "Domain": "NT AUTHORITY",
        "AccountName": "SYSTEM", "RuleName": "-", "UtcTime": stamp(moment), **data, "EventReceivedTime": stamp(moment)[:19],
        "@timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z", "@version": "1",
    }  # fmt: skip


def winlogbeat(host: str, kind: int, moment: datetime, data: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "@timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "agent": {"type": "winlogbeat", "version": "8.11.0", "hostname": host}, "ecs": {"version": "8.0.0"},
        "event": {"code": str(kind), "provider": "Microsoft-Windows-Sysmon", "module": "sysmon", "kind": "event",
                  "created": (moment + timedelta(seconds=0.7)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"},
        "host": {"name": host}, "user": {"name": "bob", "domain": "EX"},
        "process": {"pid": int(data["ProcessId"]), "entity_id": data["ProcessGuid"], "executable": data["Image"],
                    "name": data["Image"].rpartition("\\")[2]},
        "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational", "computer_name": host, "event_id": str(kind),
                   "provider_name": "Microsoft-Windows-Sysmon", "record_id": "7", "task": "3", "version": 5},
        "log": {"level": "information"},
    }  # fmt: skip
    if kind == 3:
        row["source"] = {"ip": data["SourceIp"], "port": int(data["SourcePort"]), "domain": host}
        row["destination"] = {"ip": data["DestinationIp"], "port": int(data["DestinationPort"])}
        row["network"] = {"transport": "tcp", "type": "ipv4", "direction": "egress", "protocol": "https"}
        row["event"] |= {"category": ["network"], "type": ["start", "connection", "protocol"]}
    elif kind == 1:
        row["process"] |= {"command_line": data["CommandLine"], "parent": {"executable": data["ParentImage"]}}
        row["event"] |= {"category": ["process"], "type": ["start"]}
    else:
        row["dns"] = {"question": {"name": data["QueryName"]}, "answers": [{"data": data["QueryResults"].strip(";")}]}
    return row


def endpoint(host: str, kind: int, moment: datetime, data: dict[str, Any]) -> dict[str, Any]:
    row = winlogbeat(host, kind, moment, data)
    del row["winlog"]
    row["@timestamp"] = row["@timestamp"][:-1] + "1234Z"
    row["agent"], row["data_stream"] = {"type": "endpoint"}, {"dataset": f"endpoint.events.{'network' if kind == 3 else 'process'}"}
    row["event"] = {k: v for k, v in row["event"].items() if k in ("category", "type", "created", "kind")} | {"module": "endpoint"}
    row["event"]["action"] = "connection_attempted" if kind == 3 else "start"
    row["host"] |= {"ip": [data["SourceIp"] if kind == 3 else "127.0.0.1"], "id": host}
    return row


FORMS = {"nxlog": nxlog, "winlogbeat": winlogbeat, "endpoint": endpoint}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--form", choices=FORMS, default="nxlog")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(options.seed)
    skew = [timedelta(seconds=draw.choice((0.4, -1.2, 37.0, 3600.0, -500_000.0))) for _ in range(HOSTS)]
    joined = 0
    shape = FORMS[options.form]
    with (options.folder / "host.ndjson").open("w") as host_log, (options.folder / "conn.log").open("w") as conn_log:
        conn_log.write(HEADER)
        for n in range(options.events):
            who = draw.randrange(HOSTS)
            true = BEGIN + timedelta(seconds=n * 86_400 / options.events)
            host, address, process = f"ws{who}.example.org", f"10.0.{who}.5", draw.randrange(400)
            data: dict[str, Any] = {
                "ProcessGuid": f"{{{who:08X}-1111-2222-3333-{process:012X}}}", "ProcessId": str(1000 + 4 * process),
                "Image": PROGRAMS[process % len(PROGRAMS)], "User": "EX\\bob",
            }  # fmt: skip
            kind = 1 if n % 50 == 0 else 22 if n % 50 == 1 else 3
            if kind == 3:
                peer, port, source = (
                    f"203.0.{draw.randrange(256)}.{draw.randrange(256)}",
                    draw.choice((443, 443, 80, 8443, 4444)),
                    49152 + n % 16384,
                )
                data |= {"Protocol": "tcp", "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": address, "SourcePort": str(source),
                         "DestinationIsIpv6": "false", "DestinationIp": peer, "DestinationPort": str(port)}  # fmt: skip
                if draw.random() < 0.9:
                    joined += 1
                    row = (
                        f"{true.timestamp():.6f}",
                        f"C{n:017d}",
                        address,
                        source,
                        peer,
                        port,
                        "tcp",
                        "-",
                        "1.5",
                        517,
                        4096,
                        "SF",
                        "ShADadFf",
                        8,
                        9,
                    )
                    conn_log.write("\t".join(map(str, row)) + "\n")
            elif kind == 1:
                data |= {"CommandLine": f"{data['Image']} -k {process}", "ParentImage": "C:\\Windows\\explorer.exe"}
            else:
                data |= {"QueryName": f"h{n}.example.net", "QueryResults": f"::ffff:203.0.{n % 256}.{n % 251};"}
            host_log.write(json.dumps(shape(host, kind, true + skew[who] + timedelta(milliseconds=draw.random()), data)) + "\n")
    print(f"{options.events} events, {joined} of them with a flow")


if __name__ == "__main__":
    main()
