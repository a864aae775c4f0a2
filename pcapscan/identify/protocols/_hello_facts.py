"""Facts of hellos and certificates, for the few distinct ones that are looked at closely: JA3, JA3S, JA4 of clients, X.509 names.

JA3 and JA3S as Salesforce published them (2017); JA4 of TLS clients as FoxIO specified it under BSD-3. All in plain Python: called once per distinct
fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from ._x509 import certificate_facts

VERSIONS = {
    0x0002: "SSLv2", 0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3",
    0xFEFF: "DTLSv1.0", 0xFEFD: "DTLSv1.2", 0xFEFC: "DTLSv1.3", 0x0100: "DTLSv0.9",
}  # fmt: skip
JA4_VERSIONS = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


class Hello(Struct):
    """A ClientHello or ServerHello, as far as it could be read."""

    client: bool
    version: int = 0
    ciphers: list[int] = field(default_factory=list)
    extensions: list[tuple[int, bytes]] = field(default_factory=list)
    whole: bool = False

    def extension(self, kind: int) -> bytes | None:
        """Body of the first extension of a kind."""
        return next((body for k, body in self.extensions if k == kind), None)


def _u16(data: bytes, at: int = 0) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _u16_list(data: bytes) -> list[int]:
    return [_u16(data, i) for i in range(0, len(data) - 1, 2)]


def _grease(value: int) -> bool:
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def parse_hello(body: bytes, client: bool, whole: bool, cookie: bool = False) -> Hello:
    """Read a hello's body; what is cut is left out."""
    hello = Hello(client, version=_u16(body))
    if len(body) < 38:
        return hello
    at = 34
    at += 1 + body[at]
    if client:
        if cookie and at < len(body):
            at += 1 + body[at]
        size = _u16(body, at)
        hello.ciphers = _u16_list(body[at + 2 : at + 2 + size])
        at += 2 + size
        if at >= len(body):
            return hello
        at += 1 + body[at]
    else:
        hello.ciphers = _u16_list(body[at : at + 2])
        at += 3
    at += 2
    while at + 4 <= len(body):
        size = _u16(body, at + 2)
        if at + 4 + size > len(body):
            return hello
        hello.extensions.append((_u16(body, at), body[at + 4 : at + 4 + size]))
        at += 4 + size
    hello.whole = whole
    return hello


def handshake_messages(head: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Handshake messages in clear at the head's start, out of however many records: type, body, whether it is whole."""
    stream = bytearray()
    at = 0
    while at + 5 <= len(head) and head[at] == 22 and head[at + 1] == 3:
        size = _u16(head, at + 3)
        stream += head[at + 5 : at + 5 + size]
        at += 5 + size
    at = 0
    while at + 4 <= len(stream):
        size = int.from_bytes(stream[at + 1 : at + 4], "big")
        yield stream[at], bytes(stream[at + 4 : at + 4 + size]), at + 4 + size <= len(stream)
        at += 4 + size


def tls_facts(head: bytes) -> dict[str, Any]:
    """Facts of one side of TLS over TCP."""
    if head[:1] == b"\x15" and len(head) >= 7:
        return {"alert": head[6]}
    found: dict[str, Any] = {}
    for kind, body, whole in handshake_messages(head):
        if kind == 1 and not found:
            found = client_facts(parse_hello(body, True, whole), "t")
        elif kind == 2 and not found:
            found = server_facts(parse_hello(body, False, whole))
        elif kind == 11 and len(body) > 6:
            found |= certificate_facts(body[6 : 6 + int.from_bytes(body[3:6], "big")], int.from_bytes(body[3:6], "big"))
            break
    return found


def _alpn(hello: Hello) -> list[str]:
    body = hello.extension(16) or b""
    names = []
    at = 2
    while at < len(body):
        names.append(body[at + 1 : at + 1 + body[at]].decode("latin-1"))
        at += 1 + body[at]
    return names


def client_facts(hello: Hello, carrier: str) -> dict[str, Any]:
    """Facts of a ClientHello; ``carrier`` is JA4's letter: t TCP, q QUIC, d DTLS."""
    offered = [v for v in _u16_list((hello.extension(43) or b"\0")[1:]) if not _grease(v)]
    highest = max(offered, key=lambda v: -v if v > 0xFE00 else v, default=hello.version)
    found: dict[str, Any] = {"version": VERSIONS.get(highest, f"{highest:#06x}")}
    alpn = _alpn(hello)
    if alpn:
        found["alpn"] = alpn
    if hello.whole:
        found["ja3"] = ja3(hello)
        found["ja4"] = ja4(hello, carrier, highest, alpn)
    return found


def ja3(hello: Hello) -> str:
    """MD5 over version, ciphers, extensions, groups and point formats, without GREASE."""
    groups = _u16_list((hello.extension(10) or b"")[2:])
    formats = list((hello.extension(11) or b"")[1:])
    parts = [
        [hello.version],
        [c for c in hello.ciphers if not _grease(c)],
        [k for k, _ in hello.extensions if not _grease(k)],
        [g for g in groups if not _grease(g)],
        formats,
    ]
    text = ",".join("-".join(map(str, part)) for part in parts)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ja4(hello: Hello, carrier: str, version: int, alpn: list[str]) -> str:
    """JA4 of a TLS client: a_b_c."""
    ciphers = [c for c in hello.ciphers if not _grease(c)]
    kinds = [k for k, _ in hello.extensions if not _grease(k)]
    first = alpn[0].encode("latin-1") if alpn and alpn[0] else b""
    if not first:
        ends = "00"
    elif chr(first[0]).isalnum() and chr(first[-1]).isalnum() and first.isascii():
        ends = chr(first[0]) + chr(first[-1])
    else:
        ends = f"{first[0]:02x}"[0] + f"{first[-1]:02x}"[1]
    a = f"{carrier}{JA4_VERSIONS.get(version, '00')}{'d' if 0 in kinds else 'i'}{min(len(ciphers), 99):02}{min(len(kinds), 99):02}{ends}"
    b = ",".join(sorted(f"{c:04x}" for c in ciphers))
    c = ",".join(sorted(f"{k:04x}" for k in kinds if k not in (0, 16)))
    signatures = _u16_list((hello.extension(13) or b"")[2:])
    if signatures:
        c += "_" + ",".join(f"{s:04x}" for s in signatures if not _grease(s))
    return f"{a}_{_short(b)}_{_short(c) if kinds else '0' * 12}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12


def server_facts(hello: Hello) -> dict[str, Any]:
    """Facts of a ServerHello."""
    chosen = hello.extension(43)
    version = _u16(chosen) if chosen and len(chosen) == 2 else hello.version
    found: dict[str, Any] = {"version": VERSIONS.get(version, f"{version:#06x}")}
    if hello.ciphers:
        found["cipher"] = f"{hello.ciphers[0]:#06x}"
    alpn = _alpn(hello)
    if alpn:
        found["alpn"] = alpn
    if hello.whole and hello.ciphers:
        text = f"{hello.version},{hello.ciphers[0]},{'-'.join(str(k) for k, _ in hello.extensions)}"
        found["ja3s"] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return found
