"""The cases: one for every ATT&CK procedure example of T1571 that names a port, and ordinary traffic that must stay quiet.

Rows come from the shipped campaigns: what is said of a campaign there is what is spoken here. Every case is alone in its capture,
amid the ordinary browsing of six other hosts.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import wire
from wire import TCP, UDP, Talk

from pcapscan.knowledge import Campaign, Knowledge

CLIENT, SERVER, OUTSIDER = "10.20.30.40", "203.0.113.77", "198.51.100.23"
CALLS = 6
"""Connections of an implant in a row's capture, five minutes apart, a third of that more or less."""

Turns = tuple[tuple[int, bytes], ...]
ZEEK = {"tls": "ssl", "vnc": "rfb", "?": "-", "fake": "-", "websocket": "http", "quic": "-"}
FAKES = ("no_hello", "overrun", "junk", "choice")


@dataclass(frozen=True)
class Place:
    """What must be said of one port of a row."""

    port: int
    proto: int
    spoken: str
    verdict: str
    zeek_verdict: str


@dataclass(frozen=True)
class Case:
    """A capture to be made, and, for a row, what must be found in it."""

    id: str
    title: str
    talks: tuple[Talk, ...]
    places: tuple[Place, ...] = ()


def _speak(spoken: str, rng: random.Random, number: int) -> Turns:
    if spoken == "fake":
        return wire.fake_tls(rng, FAKES[number % len(FAKES)])
    makers: dict[str, Callable[[random.Random], Turns]] = {
        "tls": partial(wire.tls, name=None, alpn=(), tls13=False, subject="server", issuer="server"),
        "http": partial(wire.http, host=SERVER, agent=None, path="/submit.php?id=17", method="POST"),
        "?": (wire.raw, wire.binary)[number % 2], "ssh": wire.ssh, "vnc": wire.vnc, "rdp": wire.rdp, "websocket": wire.websocket,
    }  # fmt: skip
    return makers[spoken](rng)


def _verdict(spoken: str, proto: int, port: int, knowledge: Knowledge) -> tuple[str, str]:
    """From captures, and from Zeek's conn.log alone (which can't tell a fake TLS from no protocol)."""
    reserved = proto << 16 | port in set(knowledge.reserved_keys.tolist())
    unknown = "unknown_on_reserved" if reserved else "unknown"
    if spoken == "fake":
        return "fake", unknown
    if spoken == "?":
        return unknown, unknown if proto << 16 | port in set(knowledge.zeek_reserved_keys.tolist()) else "unknown"
    word = "wrong_protocol" if reserved else "unexpected_port"
    return word, word


def background(rng: random.Random) -> list[Talk]:
    """Six hosts that look up names and browse."""
    talks = []
    for host in range(6):
        for visit in range(3):
            at, me = rng.uniform(0, 1800), f"10.20.30.{100 + host}"
            talks.append(Talk(at, me, rng.randint(32768, 60999), "10.20.30.1", 53, UDP, wire.dns(rng), "dns", 0.02))
            talks.append(
                Talk(at + 0.1, me, rng.randint(32768, 60999), f"198.51.100.{10 + 3 * host + visit}", 443, TCP, wire.tls(rng), "ssl", 9.0)
            )
    return talks


def row(campaign: Campaign, knowledge: Knowledge) -> Case:
    """The capture of one procedure example: on every port it names, several calls."""
    rng = random.Random(campaign.id)
    talks, places, number = background(rng), [], 0
    for use in campaign.uses:
        for spec in use.ports:
            for port in range(spec.first, spec.last + 1):
                spoken = _chosen(use.protocols, spec.proto, port, knowledge)
                orig, resp = (OUTSIDER, CLIENT) if use.listener else (CLIENT, SERVER)
                at = rng.uniform(10, 60)
                for _ in range(CALLS):
                    turns = _speak(spoken, rng, number)
                    talks.append(Talk(at, orig, rng.randint(32768, 60999), resp, port, spec.proto, turns, ZEEK.get(spoken, spoken)))
                    at += 300 * rng.uniform(0.67, 1.33)
                places.append(Place(port, spec.proto, spoken, *_verdict(spoken, spec.proto, port, knowledge)))
                number += 1
    return Case(campaign.id, f"{campaign.name} ({campaign.attack_id})", tuple(talks), tuple(places))


def _chosen(protocols: tuple[str, ...], proto: int, port: int, knowledge: Knowledge) -> str:
    """What to speak: the first the campaign is told of; where any will do, raw bytes."""
    for name in protocols or ("?",):
        if name in ("?", "fake") or (proto, port) not in {(s.proto, p) for s in knowledge.protocols[name].expected for p in (s.first,)}:
            return name
    raise AssertionError(f"{protocols} are all at home on {port}")


def rows(knowledge: Knowledge) -> list[Case]:
    """All 53."""
    return [row(c, knowledge) for c in knowledge.campaigns if c.uses and not c.id.startswith("technique-")]


def twins() -> list[Case]:
    """Ordinary traffic, one kind a case."""
    inside, rng = "10.20.30.5", random.Random("twins")
    browser = wire.tls
    quiet = partial(wire.tls, name=None, alpn=(), tls13=False, subject="appliance", issuer="appliance")
    # id, maker, responder, port, transport, service, connections, seconds between them
    kinds: list[tuple[str, Callable[[], Turns], str, int, int, str, int, float]] = [
        ("browser-443", lambda: browser(rng), SERVER, 443, TCP, "ssl", 8, 40), ("browser-8443", lambda: browser(rng), SERVER, 8443, TCP, "ssl", 5, 70),
        ("browser-2083", lambda: browser(rng), SERVER, 2083, TCP, "ssl", 5, 70), ("browser-2087", lambda: browser(rng), SERVER, 2087, TCP, "ssl", 3, 70),
        ("browser-2053", lambda: browser(rng), SERVER, 2053, TCP, "ssl", 3, 70), ("browser-2096", lambda: browser(rng), SERVER, 2096, TCP, "ssl", 3, 70),
        ("browser-80", lambda: wire.http(rng), SERVER, 80, TCP, "http", 5, 30), ("browser-8080", lambda: wire.http(rng), SERVER, 8080, TCP, "http", 5, 70),
        ("browser-8880", lambda: wire.http(rng), SERVER, 8880, TCP, "http", 3, 70), ("android-push", lambda: browser(rng, "mtalk.google.com"), SERVER, 5228, TCP, "ssl", 1, 60),
        ("apple-push", lambda: browser(rng, "courier.push.apple.com"), SERVER, 5223, TCP, "ssl", 1, 60), ("stun", lambda: wire.stun(rng), SERVER, 3478, UDP, "-", 6, 25),
        ("stun-google", lambda: wire.stun(rng), SERVER, 19302, UDP, "-", 6, 25), ("teams-media", lambda: wire.rtp(rng), SERVER, 3480, UDP, "-", 1, 1),
        ("call-media", lambda: wire.rtp(rng), SERVER, 42312, UDP, "-", 1, 1), ("winrm", lambda: wire.http(rng, "host", "Microsoft WinRM Client", "/wsman", "POST"), inside, 5985, TCP, "http", 9, 60),
        ("prometheus", lambda: wire.http(rng, "10.20.30.5:9090", "Prometheus/2.50", "/metrics"), inside, 9090, TCP, "http", 20, 15),
        ("node-exporter", lambda: wire.http(rng, "10.20.30.5:9100", "Prometheus/2.50", "/metrics"), inside, 9100, TCP, "http", 20, 15),
        ("dev-3000", lambda: wire.http(rng, "10.20.30.5:3000"), inside, 3000, TCP, "http", 6, 20), ("dev-5000", lambda: wire.http(rng, "10.20.30.5:5000"), inside, 5000, TCP, "http", 6, 20),
        ("dev-8000", lambda: wire.http(rng, "10.20.30.5:8000"), inside, 8000, TCP, "http", 6, 20), ("dev-8088", lambda: wire.http(rng, "10.20.30.5:8088"), inside, 8088, TCP, "http", 6, 20),
        ("dev-9001", lambda: wire.http(rng, "10.20.30.5:9001"), inside, 9001, TCP, "http", 6, 20), ("dev-websocket", lambda: wire.websocket(rng), inside, 5173, TCP, "http", 2, 20),
        ("appliance-console", lambda: quiet(rng), inside, 8443, TCP, "ssl", 4, 90), ("hypervisor-console", lambda: quiet(rng), inside, 8006, TCP, "ssl", 4, 90),
        ("wsus", lambda: wire.http(rng, "wsus.corp", "Windows-Update-Agent"), inside, 8530, TCP, "http", 4, 90), ("wsus-tls", lambda: browser(rng, "wsus.corp"), inside, 8531, TCP, "ssl", 4, 90),
        ("ldap", lambda: wire.ldap(), inside, 389, TCP, "ldap_tcp", 6, 30), ("ldaps", lambda: quiet(rng), inside, 636, TCP, "ssl", 6, 30),
        ("global-catalogue", lambda: wire.ldap(), inside, 3268, TCP, "ldap_tcp", 6, 30), ("smb", lambda: wire.smb(rng), inside, 445, TCP, "smb", 6, 30),
        ("dns", lambda: wire.dns(rng), inside, 53, UDP, "dns", 20, 12), ("dns-public", lambda: wire.dns(rng), SERVER, 53, UDP, "dns", 20, 12),
        ("dns-over-tls", lambda: browser(rng, "dns.example", ("dot",)), SERVER, 853, TCP, "ssl", 6, 30), ("mqtt", lambda: wire.mqtt(), inside, 1883, TCP, "mqtt", 2, 60),
        ("mqtt-over-tls", lambda: browser(rng, "iot.example", ()), SERVER, 8883, TCP, "ssl", 2, 60), ("wireguard", lambda: wire.wireguard(rng), SERVER, 51820, UDP, "-", 3, 120),
        ("openvpn", lambda: wire.openvpn(rng), SERVER, 1194, UDP, "-", 2, 600), ("submission", lambda: wire.smtp(), SERVER, 587, TCP, "smtp", 4, 300),
        ("submission-tls", lambda: browser(rng, "smtp.example", ()), SERVER, 465, TCP, "ssl", 4, 300), ("submission-2525", lambda: wire.smtp(), SERVER, 2525, TCP, "smtp", 4, 300),
        ("mail-transfer", lambda: wire.smtp(), SERVER, 25, TCP, "smtp", 4, 100), ("imaps", lambda: browser(rng, "imap.example", ()), SERVER, 993, TCP, "ssl", 12, 300),
        ("imap", lambda: wire.imap(), inside, 143, TCP, "imap", 4, 300), ("pop3s", lambda: browser(rng, "pop.example", ()), SERVER, 995, TCP, "ssl", 12, 300),
        ("pop3", lambda: wire.pop3(), inside, 110, TCP, "pop3", 4, 300), ("ftp", lambda: wire.ftp(), SERVER, 21, TCP, "ftp", 2, 60),
        ("ssh", lambda: wire.ssh(rng), SERVER, 22, TCP, "ssh", 3, 90), ("ssh-2222-inside", lambda: wire.ssh(rng), inside, 2222, TCP, "ssh", 3, 90),
        ("ssh-2222-outside", lambda: wire.ssh(rng), SERVER, 2222, TCP, "ssh", 3, 90), ("rdp", lambda: wire.rdp(rng), inside, 3389, TCP, "rdp", 2, 90),
        ("vnc", lambda: wire.vnc(rng), inside, 5900, TCP, "rfb", 2, 90), ("vnc-display-3", lambda: wire.vnc(rng), inside, 5903, TCP, "rfb", 2, 90),
        ("update-check", lambda: browser(rng, "updates.example"), SERVER, 443, TCP, "ssl", 24, 3600), ("update-check-http", lambda: wire.http(rng, "updates.example", "apt-http/1.3"), SERVER, 80, TCP, "http", 24, 3600),
        ("health-check", lambda: wire.http(rng, "10.20.30.5", "kube-probe/1.29", "/healthz"), inside, 8080, TCP, "http", 60, 10), ("ntp", lambda: wire.ntp(rng), SERVER, 123, UDP, "ntp", 30, 64),
        ("multicast-names", lambda: wire.mdns(), "224.0.0.251", 5353, UDP, "dns", 20, 20), ("multicast-devices", lambda: wire.ssdp(), "239.255.255.250", 1900, UDP, "-", 20, 30),
        ("snmp-poll", lambda: wire.snmp(), inside, 161, UDP, "snmp", 30, 60), ("syslog", lambda: wire.syslog(), inside, 514, UDP, "syslog", 30, 7),
        ("sip", lambda: wire.sip(), SERVER, 5060, UDP, "sip", 10, 60), ("redis", lambda: wire.redis(), inside, 6379, TCP, "redis", 10, 5),
        ("mysql", lambda: wire.mysql(rng), inside, 3306, TCP, "mysql", 10, 5), ("postgresql", lambda: wire.postgresql(), inside, 5432, TCP, "postgresql", 10, 5),
        ("cpanel", lambda: wire.http(rng, "cp.example:2082"), SERVER, 2082, TCP, "http", 3, 60), ("kubernetes-api", lambda: quiet(rng), inside, 6443, TCP, "ssl", 10, 30),
        ("docker-registry", lambda: browser(rng, "registry.corp"), inside, 5000, TCP, "ssl", 3, 60), ("proxy", lambda: wire.http(rng, "www.example.com"), inside, 3128, TCP, "http", 8, 30),
        ("printer", lambda: wire.http(rng, "printer:631", "CUPS/2.4", "/ipp/print", "POST"), inside, 631, TCP, "http", 3, 60), ("game-datagrams", lambda: wire.raw(rng), SERVER, 27931, UDP, "-", 1, 60),
        ("zoom-datagrams", lambda: wire.raw(rng, 8), SERVER, 8801, UDP, "-", 1, 60), ("music-stream", lambda: wire.raw(rng, 8), SERVER, 4070, TCP, "-", 1, 60),
        ("messenger-5222", lambda: wire.raw(rng, 8), SERVER, 5222, TCP, "-", 2, 60),
        ("quic", lambda: wire.quic(rng), SERVER, 443, UDP, "quic", 8, 40), ("kerberos", lambda: wire.kerberos(True), inside, 88, TCP, "krb_tcp", 6, 60),
        ("kerberos-datagrams", lambda: wire.kerberos(False), inside, 88, UDP, "krb", 6, 60),
        ("https-call-home", lambda: browser(rng, "telemetry.example.com"), SERVER, 443, TCP, "ssl", 30, 60),
    ]  # fmt: skip
    cases = []
    for name, maker, resp, port, proto, service, count, gap in kinds:
        at, talks = 20.0, background(rng)
        for _ in range(count):
            talks.append(Talk(at, CLIENT, rng.randint(32768, 60999), resp, port, proto, maker(), service))
            at += gap * rng.uniform(0.98, 1.02)
        cases.append(Case(name, name.replace("-", " "), tuple(talks)))
    cases.append(Case("port-scan", "port scan", (*background(rng), *_scan(rng, inside))))
    cases.append(Case("sweep", "sweep for web servers", (*background(rng), *_sweep(rng))))
    return cases


def _scan(rng: random.Random, target: str) -> list[Talk]:
    """One host, many ports, each asked in HTTP and left in silence."""
    ask = wire.http(rng, target, "Mozilla/5.0 Nmap Scripting Engine")[:1]
    return [Talk(5 + 0.01 * i, CLIENT, 40000 + i, target, 1000 + 13 * i, TCP, ask, "-", 0.5) for i in range(300)]


def _sweep(rng: random.Random) -> list[Talk]:
    ask = wire.http(rng, "x", "zgrab/0.x")[:1]
    return [Talk(5 + 0.01 * i, CLIENT, 40000 + i, f"203.0.113.{i}", 8090, TCP, ask, "-", 0.5) for i in range(1, 200)]
