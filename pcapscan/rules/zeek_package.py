"""Tables of the Zeek package (``zeek_scripts/``): where protocols are at home, what is reserved, what campaigns used.

The package judges on a live sensor by the same knowledge as pcapscan; a test keeps the generated files equal to it. Zeek names fewer
protocols: only those it names are given a home, and only ports all of whose protocols it names are said to be misused.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapscan.knowledge import Knowledge, Ports, Protocol
from pcapscan.rules.model import safe
from pcapscan.tables import TCP, UDP

WORDS = {
    "ssl": "tls", "krb": "kerberos", "krb_tcp": "kerberos", "krb_udp": "kerberos", "dce_rpc": "dcerpc", "rfb": "vnc", "rdpeudp": "rdpudp",
    "dnp3_tcp": "dnp3", "dnp3_udp": "dnp3", "spicy_ldap_tcp": "ldap", "spicy_ldap_udp": "ldap", "ldap_tcp": "ldap", "ldap_udp": "ldap",
    "postgres": "postgresql", "spicy_quic": "quic", "spicy_redis": "redis",
}  # fmt: skip
"""Zeek's words of ``service`` where they differ from ours; DTLS is told from TLS by the transport."""

NAMED = (
    "tls", "dtls", "http", "ssh", "smtp", "ftp", "irc", "pop3", "imap", "dns", "ntp", "rdp", "rdpudp", "smb", "dcerpc", "kerberos", "ldap",
    "mysql", "postgresql", "redis", "mqtt", "modbus", "dnp3", "sip", "snmp", "socks", "syslog", "radius", "vnc", "quic", "websocket", "xmpp",
    "dhcp", "mdns", "llmnr", "nbns",
)  # fmt: skip
"""Protocols that Zeek names by content; the outermost of several services is the first of these but for tls and http, which carry others."""

DIALECTS = {5353: "mdns", 5355: "llmnr", 137: "nbns"}
"""Zeek's one analyzer for DNS says ``dns`` of its dialects too, which share a format: on these UDP ports they are at home."""

_HEAD = """##! {title}
##!
##! Generated from pcapscan's knowledge by ``pcapscan knowledge zeek``. Do not edit: redefine what a site needs to differ.

module Pcapscan;

export {{
"""


def _port(proto: int, number: int) -> str:
    return f"{number}/{'tcp' if proto == TCP else 'udp'}"


def _split(specs: Iterable[Ports]) -> tuple[list[str], list[str]]:
    """Single ports, and ranges as records."""
    single, ranges = [], []
    for spec in sorted(s for s in specs if s.proto in (TCP, UDP)):
        if spec.last - spec.first < 16:
            single += [_port(spec.proto, n) for n in range(spec.first, spec.last + 1)]
        else:
            ranges.append(f"PortRange($first={_port(spec.proto, spec.first)}, $last={_port(spec.proto, spec.last)})")
    return single, ranges


def _rows(text: Iterable[tuple[str, str]]) -> str:
    return "".join(f"\t\t[{key}] = {value},\n" for key, value in text)


def _named(knowledge: Knowledge) -> list[Protocol]:
    return [p for name in NAMED if (p := knowledge.protocol(name)) is not None and p.id == name]


def ports_script(knowledge: Knowledge) -> str:
    """``ports.zeek``: expected and reserved ports."""
    named = _named(knowledge)
    homes = {p.id: _split(p.expected) for p in named}
    free = {p.id: _split(p.anywhere) for p in named}
    reserved: dict[str, list[str]] = {}
    for key in knowledge.reserved_keys.tolist():
        if key >> 16 in (TCP, UDP):
            reserved[_port(key >> 16, key & 0xFFFF)] = list(knowledge.expected_at(key >> 16, key & 0xFFFF))
    seen = [_port(key >> 16, key & 0xFFFF) for key in knowledge.zeek_reserved_keys.tolist() if key >> 16 in (TCP, UDP)]
    words = sorted({**{name: name for name in NAMED}, **WORDS}.items())

    def quote(name: str) -> str:
        return f'"{name}"'

    def quoted(names: Iterable[str]) -> str:
        return "set(" + ", ".join(map(quote, names)) + ")"

    return "".join(
        [
            _HEAD.format(title="Where protocols are at home, and which ports belong to one."),
            "\t## A closed range of ports of one transport.\n\ttype PortRange: record {\n\t\tfirst: port;\n\t\tlast: port;\n\t};\n\n",
            "\t## Zeek's word of ``service``, in lower case, to the name of the protocol.\n\tconst protocol_names: table[string] of string = {\n",
            _rows((f'"{word}"', f'"{name}"') for word, name in words),
            "\t} &redef;\n\n\t## What Zeek's ``dns`` is on these ports: dialects of one format.\n\tconst dns_dialects: table[port] of string = {\n",
            _rows((f"{port}/udp", f'"{name}"') for port, name in DIALECTS.items()),
            "\t} &redef;\n\n\t## Ports where a protocol is at home.\n\tconst expected_ports: table[string] of set[port] = {\n",
            _rows((f'"{name}"', f"set({', '.join(single)})") for name, (single, _) in homes.items() if single),
            "\t} &redef;\n\n\t## Ranges of ports where a protocol is at home.\n\tconst expected_ranges: table[string] of vector of PortRange = {\n",
            _rows((f'"{name}"', f"vector({', '.join(ranges)})") for name, (_, ranges) in homes.items() if ranges),
            "\t} &redef;\n\n\t## Ranges of ports that a protocol negotiates at run time: never unexpected there.\n",
            "\tconst anywhere_ranges: table[string] of vector of PortRange = {\n",
            _rows((f'"{name}"', f"vector({', '.join(ranges)})") for name, (_, ranges) in free.items() if ranges),
            "\t} &redef;\n\n\t## Protocols that negotiate ports with an answer: a request that stays alone is judged by its port.\n",
            f"\tconst answered: set[string] = {{ {', '.join(quote(p.id) for p in named if p.answered)} }} &redef;\n\n",
            "\t## Protocols whose both ends may hold the well-known port.\n",
            f"\tconst symmetric: set[string] = {{ {', '.join(quote(p.id) for p in named if p.symmetric)} }} &redef;\n\n",
            "\t## Ports on which only these protocols belong.\n\tconst reserved_ports: table[port] of set[string] = {\n",
            _rows((place, quoted(names)) for place, names in reserved.items()),
            "\t} &redef;\n\n\t## Reserved ports all of whose protocols Zeek can name: no ``service`` there means something.\n",
            "\tconst judged_ports: set[port] = {\n",
            "".join(f"\t\t{place},\n" for place in seen),
            "\t} &redef;\n}\n",
        ]
    )


def campaigns_script(knowledge: Knowledge) -> str:
    """``campaigns.zeek``: ports of named campaigns, by protocol (``?`` bytes of no known protocol, ``*`` any)."""
    rows: dict[tuple[str, str], set[str]] = {}
    for campaign in knowledge.campaigns:
        title = safe(f"{campaign.name} ({campaign.attack_id})" if campaign.attack_id else campaign.name)
        for use in campaign.uses:
            for name in use.protocols or ("*",):
                for spec in use.ports:
                    if spec.proto in (TCP, UDP) and spec.last - spec.first < 64:
                        for number in range(spec.first, spec.last + 1):
                            rows.setdefault((name, _port(spec.proto, number)), set()).add(title)
    order = sorted(rows, key=lambda key: (key[0], key[1].partition("/")[2], int(key[1].partition("/")[0])))
    return "".join(
        [
            _HEAD.format(title="Ports that named campaigns used, from the procedure examples of ATT&CK T1571."),
            "\t## Protocol (``?`` bytes of no known protocol, ``*`` any) and responder port to those who used them.\n",
            "\tconst campaigns: table[string, port] of set[string] = {\n",
            _rows((f'"{name}", {place}', "set(" + ", ".join(f'"{t}"' for t in sorted(rows[name, place])) + ")") for name, place in order),
            "\t} &redef;\n}\n",
        ]
    )


def scripts(knowledge: Knowledge) -> dict[str, str]:
    """File name to content of the generated scripts."""
    return {"ports.zeek": ports_script(knowledge), "campaigns.zeek": campaigns_script(knowledge)}
