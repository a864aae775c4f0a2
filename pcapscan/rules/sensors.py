"""Rules for sensors and captures: Suricata, Zeek, BPF, Wireshark; and a layer for ATT&CK Navigator.

These see the protocol. Suricata's ``app-layer-protocol`` says it by content; Zeek's table entries tell its own detection where a protocol
is at home; the filters cut a rule's packets out of a capture.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pcapscan.knowledge import Knowledge
from pcapscan.rules.model import Rule, safe
from pcapscan.tables import SCTP, TCP, UDP

SURICATA = {
    "http": "http", "websocket": "websocket", "http2": "http2", "tls": "tls", "ssh": "ssh", "rdp": "rdp", "smb": "smb", "dns": "dns", "smtp": "smtp",
    "imap": "imap", "pop3": "pop3", "ftp": "ftp", "vnc": "rfb", "snmp": "snmp", "ntp": "ntp", "tftp": "tftp", "ike": "ike", "kerberos": "krb5",
    "ldap": "ldap", "mqtt": "mqtt", "sip": "sip", "quic": "quic", "telnet": "telnet", "dhcp": "dhcp", "dcerpc": "dcerpc", "dnp3": "dnp3",
    "enip": "enip", "modbus": "modbus", "postgresql": "pgsql", "bittorrent": "bittorrent-dht",
}  # fmt: skip
"""Suricata's names of protocols it recognises by content."""


def suricata(rule: Rule, taken: set[int] | None = None) -> list[str]:
    """Suricata rules, one a protocol; none where Suricata can't name the protocol, or no port is said.

    ``taken`` holds the signature ids in use; those written are added, and one in use is counted up.

    Raw bytes on a port say ``app-layer-protocol:failed``: Suricata looked, and gave up.
    """
    out: list[str] = []
    taken = set() if taken is None else taken
    origin, target = ("$EXTERNAL_NET", "$HOME_NET") if rule.inbound else ("any" if rule.responder else "$HOME_NET", "$EXTERNAL_NET")
    target = rule.responder or target
    transport = rule.transport
    if transport not in ("tcp", "udp"):
        return out
    ports = rule.numbers()
    where = f"[{','.join(map(str, ports))}]" if ports else "any"
    for name in rule.protocols or ("?",):
        if name not in ("?", "fake", "none") and name not in SURICATA:
            continue
        spoken = "failed" if name in ("?", "fake") else SURICATA.get(name, "")
        asked = ("flow:established; " if transport == "tcp" else "") + f"app-layer-protocol:{spoken}; "
        if name == "none":  # nothing was said: what can be seen is that somebody tries
            asked = "flow:stateless; flags:S,CE; " if transport == "tcp" else "dsize:0; "
        words = {"failed": "unknown", "": "attempt"}.get(spoken, name)
        text = safe(f"pcapscan {rule.title}: {words} on {where}").replace(";", ",")
        sid = rule.sid
        while sid in taken:
            sid = 1_000_000 + (sid + 1) % 900_000
        taken.add(sid)
        out.append(
            f'alert {transport} {origin} any -> {target} {where} (msg:"{text}"; {asked}'
            f"flowbits:isnotset,pcapscan.{sid}; flowbits:set,pcapscan.{sid}; classtype:trojan-activity; "
            f"reference:url,attack.mitre.org/techniques/T1571/; metadata:mitre_technique_id {rule.techniques[0]}; sid:{sid}; rev:1;)"
        )
    return out


def suricata_reserved(knowledge: Knowledge) -> list[str]:
    """For each reserved port whose protocols Suricata all knows: anything else that it recognises there."""
    out: list[str] = []
    for key in knowledge.reserved_keys.tolist():
        proto, port = key >> 16, key & 0xFFFF
        names = knowledge.expected_at(proto, port)
        if proto not in (TCP, UDP) or not names or any(n not in SURICATA for n in names):
            continue
        word = "tcp" if proto == TCP else "udp"
        wrong = " ".join(f"app-layer-protocol:!{SURICATA[n]};" for n in names)
        flow = "flow:established; " if proto == TCP else ""
        out.append(
            f'alert {word} any any -> any {port} (msg:"pcapscan another protocol than {" or ".join(names)} on {word} {port}"; {flow}'
            f"{wrong} app-layer-protocol:!failed; classtype:policy-violation; reference:url,attack.mitre.org/techniques/T1571/; "
            f"sid:{1_900_000 + len(out)}; rev:1;)"
        )
    return out


def zeek_places(rules: Sequence[Rule]) -> str:
    """Zeek: the places of findings as a redefinable table, and a notice for what goes there again."""
    rows = [
        f'\t\t[{f"[{r.responder}]" if ":" in r.responder else r.responder}, {n}/{r.transport}] = "{safe(r.title)}",'
        for r in rules if r.responder and r.transport in ("tcp", "udp") for n in r.numbers()
    ]  # fmt: skip
    return "\n".join([_ZEEK_HEAD, *rows, _ZEEK_TAIL])


_ZEEK_HEAD = """module Pcapscan;

export {
\tredef enum Notice::Type += {
\t\t## Something went to a place of a finding.
\t\tPlace,
\t};

\t## Responder and port of each finding, and its title.
\tconst places: table[addr, port] of string = {"""

_ZEEK_TAIL = """\t} &redef;
}

event connection_state_remove(c: connection)
\t{
\tif ( [c$id$resp_h, c$id$resp_p] in places )
\t\tNOTICE([$note=Place, $conn=c, $msg=places[c$id$resp_h, c$id$resp_p],
\t\t        $identifier=cat(c$id$orig_h, c$id$resp_h, c$id$resp_p)]);
\t}
"""


def zeek_ports(knowledge: Knowledge) -> str:
    """Zeek: where each protocol that Zeek names is at home, as a redefinable table."""
    names = {"tls": "SSL", "vnc": "RFB", "kerberos": "KRB", "dcerpc": "DCE_RPC"}
    rows = []
    for p in sorted(knowledge.protocols.values(), key=lambda p: p.id):
        specs = [s for s in p.expected if s.proto in (TCP, UDP)]
        if not p.zeek or not specs:
            continue
        ports = sorted(
            {f"{n}/{'tcp' if s.proto == TCP else 'udp'}" for s in specs for n in range(s.first, min(s.last, s.first + 63) + 1)}, key=_order
        )
        rows.append(f'\t["{names.get(p.id, p.id.upper())}"] = set({", ".join(ports)}),')
    return (
        "\n".join(
            [
                "module Pcapscan;",
                "",
                "export {",
                "\t## Ports where each protocol is at home.",
                "\tconst home_ports: table[string] of set[port] = {",
                *(r.replace("\t[", "\t\t[", 1) for r in rows),
                "\t} &redef;",
                "}",
            ]
        )
        + "\n"
    )


def _order(text: str) -> tuple[str, int]:
    number, _, word = text.partition("/")
    return word, int(number)


def bpf(rule: Rule) -> str:
    """A filter in tcpdump's language: both directions of the rule's packets."""
    parts = []
    for p in rule.ports:
        word = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}[p.proto]
        parts.append(f"{word} port {p.first}" if p.first == p.last else f"{word} portrange {p.first}-{p.last}")
    where = " or ".join(parts)
    if rule.responder:
        return f"host {rule.responder}" + (f" and ({where})" if where else "")
    return where


def wireshark(rule: Rule) -> str:
    """A display filter: both directions of the rule's packets."""
    parts = []
    for p in rule.ports:
        word = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}[p.proto]
        parts.append(f"{word}.port == {p.first}" if p.first == p.last else f"{word}.port in {{{p.first}..{p.last}}}")
    where = " or ".join(parts)
    if rule.responder:
        field = "ipv6.addr" if ":" in rule.responder else "ip.addr"
        return f"{field} == {rule.responder}" + (f" and ({where})" if where else "")
    return where


def navigator(rules: Sequence[Rule], name: str = "pcapscan") -> str:
    """A layer for ATT&CK Navigator: how many rules speak of each technique."""
    count: dict[str, int] = {}
    for rule in rules:
        for technique in rule.techniques:
            count[technique] = count.get(technique, 0) + 1
    most = max(count.values(), default=1)
    layer = {
        "name": safe(name, 60),
        "versions": {"attack": "18", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "Techniques that the exported rules speak of",
        "techniques": [{"techniqueID": t, "score": n, "comment": f"{n} rules", "enabled": True} for t, n in sorted(count.items())],
        "gradient": {"colors": ["#ffffff", "#ff6666"], "minValue": 0, "maxValue": most},
    }
    return json.dumps(layer, indent=2, sort_keys=True) + "\n"
