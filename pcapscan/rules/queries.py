"""Queries for hosts' events and flow records: EQL, ES|QL, KQL for Kibana, KQL for Defender and Sentinel, SPL.

Each writer takes a :class:`~pcapscan.rules.model.Rule` and returns text. Endpoint events hold no protocol, so these say ports, places,
processes and repetition; the rules for sensors (:mod:`.sensors`) say protocols.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from pcapscan.rules.model import INSIDE, Rule, safe


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{w}"' for w in words)


def eql(rule: Rule) -> str:
    """EQL: one event, or the same event repeated (``with runs``, which Elasticsearch 7.16 and later know).

    ``cidrMatch`` is EQL's function; the destination's range is left out where one address is asked for.
    """
    terms = []
    numbers = rule.numbers()
    if numbers:
        terms.append(f'network.transport == "{rule.transport}"')
        terms.append(f"destination.port in ({', '.join(map(str, numbers))})")
    if rule.responder:
        terms.append(f'destination.ip == "{rule.responder}"')
    elif rule.inbound:
        terms.append(f"cidrMatch(destination.ip, {_quoted(INSIDE)})")
    else:
        terms.append("destination.ip != null")
        terms.append(f"not cidrMatch(destination.ip, {_quoted(INSIDE)})")
    if rule.inbound:
        terms.append("source.ip != null")
        terms.append(f"not cidrMatch(source.ip, {_quoted(INSIDE)})")
    if rule.processes:
        terms.append("(" + " or ".join(f'process.name : "{p}"' for p in rule.processes) + ")")
    where = "network where " + " and\n  ".join(terms)
    if rule.repeats == 1:
        return where + "\n"
    by = "host.id, process.entity_id, destination.ip" if rule.processes else "source.ip, destination.ip, destination.port"
    return f"sequence by {by} with maxspan={rule.window_s // 60}m\n  [{where}] with runs={rule.repeats}\n"


def esql(rule: Rule) -> str:
    """ES|QL; repetition is counted in tumbling windows: events on both sides of an edge are missed."""
    lines = ["FROM logs-endpoint.events.network-*, logs-network_traffic.*, logs-zeek.connection-*"]
    if rule.numbers():
        lines.append(f'| WHERE network.transport == "{rule.transport}" AND destination.port IN ({", ".join(map(str, rule.numbers()))})')
    if rule.responder:
        lines.append(f'| WHERE destination.ip == TO_IP("{rule.responder}")')
    else:
        lines.append(f"| WHERE {'' if rule.inbound else 'NOT '}CIDR_MATCH(destination.ip, {_quoted(INSIDE)})")
    if rule.inbound:
        lines.append(f"| WHERE NOT CIDR_MATCH(source.ip, {_quoted(INSIDE)})")
    if rule.processes:
        lines.append(f"| WHERE TO_LOWER(process.name) IN ({_quoted(p.lower() for p in rule.processes)})")
    if rule.repeats > 1:
        lines.append(f"| EVAL window = DATE_TRUNC({rule.window_s // 60} minutes, @timestamp)")
        lines.append("| STATS events = COUNT(*) BY window, source.ip, destination.ip, destination.port")
        lines.append(f"| WHERE events >= {rule.repeats}")
    else:
        lines.append("| KEEP @timestamp, host.name, process.name, source.ip, destination.ip, destination.port")
    return "\n".join(lines) + "\n"


def kql_kibana(rule: Rule) -> str:
    """KQL of Kibana: a filter; it can't count, so repetition is left to the rule's threshold."""
    terms = []
    if rule.numbers():
        terms.append(f"network.transport : {rule.transport} and destination.port : ({' or '.join(map(str, rule.numbers()))})")
    if rule.responder:
        terms.append(f'destination.ip : "{rule.responder}"')
    else:
        terms.append(f"{'' if rule.inbound else 'not '}destination.ip : ({' or '.join(_kibana_net(n) for n in INSIDE)})")
    if rule.inbound:
        terms.append(f"not source.ip : ({' or '.join(_kibana_net(n) for n in INSIDE)})")
    if rule.processes:
        terms.append(f"process.name : ({' or '.join(_quoted([p]) for p in rule.processes)})")
    return "event.category : network and " + " and ".join(terms) + "\n"


def _kibana_net(net: str) -> str:
    return f'"{net}"'


def kql_defender(rule: Rule) -> str:
    """KQL of Defender XDR and Sentinel (table DeviceNetworkEvents): ports are numbers, IPv6 ranges have their own function.

    The table knows a local and a remote end; who listens is remote, but for a connection that was accepted.
    """
    four = [n for n in INSIDE if ":" not in n]
    six = [n for n in INSIDE if ":" in n]
    port = "LocalPort" if rule.inbound else "RemotePort"
    actions = ("InboundConnectionAccepted",) if rule.inbound else _DEFENDER_ACTIONS
    lines = ["DeviceNetworkEvents", f"| where ActionType in ({_quoted(actions)})"]
    if rule.numbers():
        lines.append(f'| where Protocol startswith "{rule.transport}"')  # Tcp, TcpV4, TcpV6: the table says all three
        lines.append(f"| where {port} in ({', '.join(map(str, rule.numbers()))})")
    lines.append("| where isnotempty(RemoteIP)")
    if rule.responder:
        lines.append(f'| where {"LocalIP" if rule.inbound else "RemoteIP"} == "{rule.responder}"')
    if rule.inbound or not rule.responder:
        lines.append(f"| where not(coalesce(ipv4_is_in_any_range(RemoteIP, dynamic([{_quoted(four)}])), false))")
        lines.append(f"| where not(coalesce(ipv6_is_in_any_range(RemoteIP, dynamic([{_quoted(six)}])), false))")
    if rule.processes:
        lines.append(f"| where InitiatingProcessFileName in~ ({_quoted(rule.processes)})")
    if rule.repeats > 1:
        lines.append(
            f"| summarize Events = count() by bin(Timestamp, {rule.window_s // 60}m), DeviceId, InitiatingProcessFileName, RemoteIP, {port}"
        )
        lines.append(f"| where Events >= {rule.repeats}")
    return "\n".join(lines) + "\n"


_DEFENDER_ACTIONS = ("ConnectionSuccess", "ConnectionFailed", "ConnectionAttempt")


def spl(rule: Rule) -> str:
    """SPL over Sysmon event 3; repetition is counted in tumbling windows."""
    initiated = "false" if rule.inbound else "true"
    lines = [f'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=3 Initiated={initiated}']
    if rule.numbers():
        lines[0] += f" Protocol={rule.transport} DestinationPort IN ({', '.join(map(str, rule.numbers()))})"
    if rule.responder:
        lines[0] += f' DestinationIp="{rule.responder}"'
    else:
        inside = "(" + " OR ".join(f'cidrmatch("{n}", DestinationIp)' for n in INSIDE) + ")"
        lines.append(f"| where {inside if rule.inbound else 'NOT ' + inside}")
    if rule.inbound:
        lines.append("| where NOT (" + " OR ".join(f'cidrmatch("{n}", SourceIp)' for n in INSIDE) + ")")
    if rule.processes:
        names = "|".join(p.replace(".", "\\.").lower() for p in rule.processes)
        lines.append(f'| where match(lower(Image), "(^|[\\\\\\\\/])({names})$")')
    if rule.repeats > 1:
        lines.append(f"| bin _time span={rule.window_s // 60}m")
        lines.append("| stats count by _time, host, Image, DestinationIp, DestinationPort")
        lines.append(f"| where count >= {rule.repeats}")
    else:
        lines.append("| table _time, host, User, Image, SourceIp, SourcePort, DestinationIp, DestinationPort")
    return "\n".join(lines) + "\n"


def sigma(rule: Rule, product: str = "windows") -> str:
    """Sigma: ``network_connection`` of a host, or Zeek's conn log (which knows the protocol as ``service``)."""
    zeek = product == "zeek"
    port, ip = ("id.resp_p", "id.resp_h") if zeek else ("DestinationPort", "DestinationIp")
    out = [
        f"title: {_yaml(safe(rule.title, 100) + (' (Zeek)' if zeek else ''))}",
        f"id: {rule.uuid if not zeek else _other(rule)}",
        "status: experimental",
    ]
    if rule.repeats > 1:
        out.append(f"name: {_name(rule, product)}")
    out += ["description: >-", f"  {safe(rule.why, 300)}", "references:", *(f"  - {r}" for r in rule.references), "author: pcapscan"]
    out += ["tags:", "  - attack.command-and-control", *(f"  - attack.{t.lower()}" for t in rule.techniques)]
    out += (
        ["logsource:", "  product: zeek", "  service: conn"]
        if zeek
        else ["logsource:", "  category: network_connection", f"  product: {product}"]
    )
    out.append("detection:")
    conditions = ["selection"]
    body = [] if zeek else [f"    Initiated: '{str(not rule.inbound).lower()}'"]
    if rule.numbers():
        body += [f"    {'proto' if zeek else 'Protocol'}: {rule.transport}", f"    {port}:", *(f"      - {n}" for n in rule.numbers())]
    if rule.responder:
        body.append(f"    {ip}: '{rule.responder}'")
    if rule.processes and not zeek:
        windows = product == "windows"
        body += ["    Image|endswith:", *(f"      - '{chr(92) if windows else '/'}{p}'" for p in rule.processes)]
    services = [_ZEEK.get(p, p) for p in rule.protocols if p not in ("?", "fake")]
    if zeek and services:
        body += ["    service|contains:", *(f"      - {s}" for s in dict.fromkeys(services))]
    elif zeek and rule.protocols:
        body.append("    service: null")
    out += ["  selection:", *(body or [f"    {port}|gt: 0"])]
    if rule.inbound or not rule.responder:
        ip = ("id.orig_h" if zeek else "SourceIp") if rule.inbound else ip
        out += ["  filter_inside:", f"    {ip}|cidr:", *(f"      - '{n}'" for n in INSIDE)]
        conditions.append("not filter_inside")
    out += [
        f"  condition: {' and '.join(conditions)}",
        "falsepositives:",
        f"  - {_yaml(safe(rule.false_positives) or 'Unknown')}",
        f"level: {rule.level}",
    ]
    return "\n".join(out) + "\n"


def sigma_repeated(rule: Rule, product: str = "windows") -> str:
    """Sigma's correlation over :func:`sigma`: so many events of one channel within the window. Backends count in tumbling windows."""
    zeek = product == "zeek"
    again = replace(rule, id=f"{rule.id}-{product}-repeated")
    by = ("id.orig_h", "id.resp_h", "id.resp_p") if zeek else ("Computer", "Image", "DestinationIp", "DestinationPort")
    out = [
        f"title: {_yaml(f'{safe(rule.title, 100)}, {rule.repeats} times in {rule.window_s // 60} minutes' + (' (Zeek)' if zeek else ''))}",
        f"id: {again.uuid}", "status: experimental", "correlation:", "  type: event_count", "  rules:", f"    - {_name(rule, product)}",
        "  group-by:", *(f"    - {field}" for field in by), f"  timespan: {rule.window_s // 60}m", "  condition:", f"    gte: {rule.repeats}",
        f"level: {rule.level}",
    ]  # fmt: skip
    return "\n".join(out) + "\n"


def _yaml(text: str) -> str:
    """A scalar in double quotes: whatever it begins with or holds, it is a text (:func:`safe` left neither quotes nor backslashes)."""
    return f'"{text}"'


def _name(rule: Rule, product: str) -> str:
    """The name by which a correlation calls a rule."""
    return re.sub(r"[^a-z0-9]+", "_", f"pcapscan_{rule.id}_{product}".lower())


_ZEEK = {"tls": "ssl", "vnc": "rfb", "websocket": "http", "http2": "http"}


def _other(rule: Rule) -> str:
    return replace(rule, id=rule.id + "-zeek").uuid
