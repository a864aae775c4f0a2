"""Events in the Elastic Common Schema -> rows: winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, Packetbeat.

1. ``network.protocol`` is the name of a port there: it is not read.
2. Elastic Endpoint's ``disconnect_received`` is stamped with the connection's end.
3. A flow record (Packetbeat) tells start and end itself; its process may stand beside the end that it names.

https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html
"""

from __future__ import annotations

from typing import Any

from pcapscan.read.host_values import AT, BLANK, Row, Values, first, guid, image, part, truth, whole
from pcapscan.read.host_windows import SYSMON_KINDS, endpoints, transport
from pcapscan.tables import HOST_EDGES, HOST_PARTIAL, HOST_PROVIDERS, NO_TIME

_OUT, _IN = ("egress", "outbound"), ("ingress", "inbound")
_START, _END = HOST_EDGES.index("start"), HOST_EDGES.index("end")
_ENDPOINT, _PACKETBEAT = HOST_PROVIDERS.index("endpoint"), HOST_PROVIDERS.index("packetbeat")
_ICMP = {"ipv6-icmp", "icmp", "icmpv6"}


def words(value: Any) -> list[str]:
    """A text or a list of texts, as lower-case words."""
    items = value if isinstance(value, list) else [value]
    return [item.lower() for item in items[:16] if isinstance(item, str)]


def ecs_kind(doc: dict[str, Any]) -> tuple[int, int]:
    """Which kind of event, and who told; (-1, ...) for one that is not read."""
    event = doc.get("event")
    event = event if isinstance(event, dict) else {}
    winlog = doc.get("winlog")
    code = whole(event.get("code"))
    if code < 0:
        code = whole(part(winlog, "event_id"))
    provider = str(event.get("provider") or part(winlog, "provider_name") or event.get("module") or "").lower()
    if "sysmon" in provider:
        return SYSMON_KINDS.get(code, -1), 0
    if code == 5156:
        return 1, 3
    if winlog is not None and code >= 0:
        return -1, 4
    dataset = str(event.get("dataset") or part(doc, "data_stream", "dataset") or "").lower()
    if dataset in ("flow", "network_traffic.flow") or (doc.get("type") == "flow" and "flow" in doc):
        return 1, _PACKETBEAT
    who = _ENDPOINT if "endpoint" in dataset or part(doc, "agent", "type") == "endpoint" or event.get("module") == "endpoint" else 4
    return _by_category(doc, event), who


def _by_category(doc: dict[str, Any], event: dict[str, Any]) -> int:
    category, action, types = words(event.get("category")), str(event.get("action") or "").lower(), words(event.get("type"))
    if part(doc, "dns", "question", "name") is not None and "connection" not in action:
        return 4
    if "network" in category or "connection_" in action or action == "disconnect_received":
        return 1 if doc.get("source") is not None and doc.get("destination") is not None else -1
    if "process" in category:
        return 2 if "end" in types or action in ("end", "process_stopped") else 0 if "start" in types or action in ("start", "exec") else -1
    return 3 if "registry" in category and doc.get("registry") is not None else -1


def ecs_row(doc: dict[str, Any], kind: int, provider: int, values: Values) -> Row:
    """Row of an event of a kind that :func:`ecs_kind` told."""
    row = BLANK.copy()
    event = doc["event"] if isinstance(doc.get("event"), dict) else {}
    row[AT["kind"]], row[AT["provider"]] = kind, provider
    row[AT["utc_ns"]] = values.time(doc.get("@timestamp"))[0]
    row[AT["record_ns"]] = values.time(event.get("created"))[0]
    _host(row, doc, values)
    _process(row, doc, values)
    if kind == 1:
        _network(row, doc, event, values)
    elif kind == 3:
        _registry(row, doc, values)
    elif kind == 4:
        row[AT["target"]] = values.strings.add(part(doc, "dns", "question", "name"))
        row[AT["details"]] = values.strings.add(_answers(doc))
    if provider == _PACKETBEAT:
        _flow_record(row, doc, event, values)
    _sysmon_fields(row, doc, kind, provider, values)
    return row


def _host(row: Row, doc: dict[str, Any], values: Values) -> None:
    host, add = doc.get("host"), values.strings.add
    name = part(doc, "winlog", "computer_name") or part(host, "name") or part(host, "hostname") or part(doc, "agent", "hostname")
    row[AT["host"]] = add(name.lower() if isinstance(name, str) else None)
    row[AT["host_id"]] = add(part(host, "id"))
    ips = part(host, "ip")
    ips = [ips] if isinstance(ips, str) else ips if isinstance(ips, list) else []
    row[AT["host_ip"]] = add(",".join(ip for ip in ips[:64] if isinstance(ip, str)))


def _process(row: Row, doc: dict[str, Any], values: Values) -> None:
    process, add = doc.get("process"), values.strings.add
    for side in ("source", "destination"):
        if isinstance(part(doc, side, "process"), dict):
            process = {**(process if isinstance(process, dict) else {}), **doc[side]["process"]}
            row[AT["process_side"]] = add(side)
            break
    row[AT["user"]] = add(_user(doc.get("user")))
    if not isinstance(process, dict):
        return
    get = process.get
    row[AT["guid"]] = add(guid(get("entity_id")))
    row[AT["pid"]] = whole(get("pid"), 0xFFFF_FFFF)
    row[AT["image"]] = add(image(get("executable") or get("exe") or get("name")))
    row[AT["command_line"]] = add(get("command_line") or _arguments(get("args")))
    row[AT["original_name"]] = add(part(process, "pe", "original_file_name"))
    parent = get("parent")
    if isinstance(parent, dict):
        row[AT["parent_guid"]] = add(guid(parent.get("entity_id")))
        row[AT["parent_pid"]] = whole(parent.get("pid"), 0xFFFF_FFFF)
        row[AT["parent_image"]] = add(image(parent.get("executable") or parent.get("name")))
        row[AT["parent_command_line"]] = add(parent.get("command_line"))
    else:
        row[AT["parent_pid"]] = whole(get("ppid"), 0xFFFF_FFFF)
    _signature(row, get("code_signature"), values)


def _signature(row: Row, signature: Any, values: Values) -> None:
    signature = first(signature)
    if not isinstance(signature, dict):
        return
    exists, trusted = truth(signature.get("exists")), truth(signature.get("trusted"))
    row[AT["signed"]] = 0 if exists == 0 or trusted == 0 else 1 if trusted == 1 else -1
    row[AT["signer"]] = values.strings.add(signature.get("subject_name"))


def _user(user: Any) -> Any:
    name, domain = part(user, "name"), part(user, "domain")
    if isinstance(name, str) and isinstance(domain, str) and domain and "\\" not in name:
        return f"{domain}\\{name}"
    return name


def _arguments(args: Any) -> Any:
    return " ".join(a for a in args[:256] if isinstance(a, str)) if isinstance(args, list) else args


def _network(row: Row, doc: dict[str, Any], event: dict[str, Any], values: Values) -> None:
    network, source, destination = doc.get("network"), doc.get("source"), doc.get("destination")
    word = part(network, "transport")
    proto = transport(word if word is not None else part(network, "iana_number"))
    endpoints(row, values, proto, _ip(source), part(source, "port"), _ip(destination), part(destination, "port"))
    direction = str(part(network, "direction") or "").lower()
    row[AT["outbound"]] = 1 if direction in _OUT else 0 if direction in _IN else -1
    action = str(event.get("action") or "").lower()
    if action in ("connection_attempted", "connection_accepted"):
        row[AT["edge"]] = _START
        row[AT["outbound"]] = 1 if action == "connection_attempted" else 0
    elif action == "disconnect_received":
        row[AT["edge"]] = _END
    row[AT["src_bytes"]], row[AT["dst_bytes"]] = whole(part(source, "bytes")), whole(part(destination, "bytes"))
    row[AT["packets"]] = whole(part(network, "packets"))
    row[AT["community_id"]] = values.strings.add(part(network, "community_id"))


def _ip(side: Any) -> Any:
    ip = first(part(side, "ip"))
    return ip if ip is not None else part(side, "address")


def _registry(row: Row, doc: dict[str, Any], values: Values) -> None:
    registry = doc.get("registry")
    path, name = part(registry, "path"), part(registry, "value")
    key = part(registry, "key")
    if not isinstance(path, str) and isinstance(key, str):
        path = f"{key}\\{name}" if isinstance(name, str) else key
    row[AT["target"]] = values.strings.add(path)
    row[AT["details"]] = values.strings.add(first(part(registry, "data", "strings")))


def _answers(doc: dict[str, Any]) -> str:
    answers = part(doc, "dns", "answers")
    told = [a.get("data") for a in answers[:64] if isinstance(a, dict)] if isinstance(answers, list) else []
    ips = part(doc, "dns", "resolved_ip")
    told += ips[:64] if isinstance(ips, list) else [ips]
    return ";".join(text for text in told if isinstance(text, str))


def _flow_record(row: Row, doc: dict[str, Any], event: dict[str, Any], values: Values) -> None:
    start, end = values.time(event.get("start"))[0], values.time(event.get("end"))[0]
    duration = whole(event.get("duration"))
    if end == NO_TIME and start != NO_TIME and 0 <= duration < 1 << 60:
        end = start + duration
    row[AT["start_ns"]], row[AT["end_ns"]] = start, end
    row[AT["flow_id"]] = values.strings.add(part(doc, "flow", "id"))
    row[AT["edge"]] = _START
    if start != NO_TIME:
        row[AT["utc_ns"]], row[AT["record_ns"]] = start, NO_TIME
    if truth(part(doc, "flow", "final")) == 0:
        row[AT["marks"]] |= HOST_PARTIAL


def _sysmon_fields(row: Row, doc: dict[str, Any], kind: int, provider: int, values: Values) -> None:
    """What the ECS fields lack and the event's own hold: agents copy both, older ones only some."""
    data = part(doc, "winlog", "event_data")
    if not isinstance(data, dict) or provider not in (0, 3):
        return
    from pcapscan.read.host_windows import Shell, windows_row

    own = windows_row(Shell(5156 if provider == 3 else (1, 3, 5, 13, 22)[kind], None, None, data), values)
    keep_tuple = row[AT["has_tuple"]]
    for name, at in AT.items():
        absent = row[at] == BLANK[at]
        if absent and own[at] != BLANK[at] and not (keep_tuple and name[:4] in ("src_", "dst_")):
            row[at] = own[at]
    if own[AT["utc_ns"]] != NO_TIME:
        row[AT["utc_ns"]] = own[AT["utc_ns"]]
