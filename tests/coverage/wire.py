"""Packets and protocol bytes out of nothing: a seeded writer of captures and Zeek logs, without any packet library.

A conversation is a list of turns ``(side, bytes)``; side 0 is the originator. TCP conversations get a handshake, segments of at most
1,400 bytes, acknowledgements and an orderly end; every checksum is right.
"""

from __future__ import annotations

import hashlib
import ipaddress
import random
import re
import struct
from dataclasses import dataclass
from pathlib import Path

TCP, UDP = 6, 17
SECOND = 1_000_000_000
START = 1_760_000_000 * SECOND
MSS = 1400


@dataclass(frozen=True)
class Talk:
    """One conversation."""

    at: float
    orig: str
    orig_p: int
    resp: str
    resp_p: int
    proto: int
    turns: tuple[tuple[int, bytes], ...]
    service: str = "-"
    lasts: float = 2.0


def _sum16(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(src: str, dst: str, proto: int, segment: bytes) -> bytes:
    """Ethernet and IP around a transport segment whose checksum field (TCP at 16, UDP at 6) is zero."""
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    pseudo = (
        a.packed
        + b.packed
        + (struct.pack(">BBH", 0, proto, len(segment)) if a.version == 4 else struct.pack(">IHBB", len(segment), 0, 0, proto))
    )
    at = 16 if proto == TCP else 6
    check = _sum16(pseudo + segment) or 0xFFFF
    segment = segment[:at] + struct.pack(">H", check) + segment[at + 2 :]
    if a.version == 4:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0x4000, 64, proto, 0) + a.packed + b.packed
        ip, kind = head[:10] + struct.pack(">H", _sum16(head)) + head[12:], 0x0800
    else:
        ip, kind = struct.pack(">IHBB", 6 << 28, len(segment), proto, 64) + a.packed + b.packed, 0x86DD
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">H", kind) + ip + segment


def packets(talk: Talk, rng: random.Random) -> list[tuple[int, bytes]]:
    """(time, frame) of a conversation."""
    clock = START + int(talk.at * SECOND)
    ends = (talk.orig, talk.resp)
    ports = (talk.orig_p, talk.resp_p)
    out: list[tuple[int, bytes]] = []
    step = int(talk.lasts * SECOND / (2 * len(talk.turns) + 6))

    if talk.proto == UDP:
        for side, data in talk.turns:
            segment = struct.pack(">HHHH", ports[side], ports[1 - side], 8 + len(data), 0) + data
            out.append((clock, frame(ends[side], ends[1 - side], UDP, segment)))
            clock += step
        return out

    seq = [rng.getrandbits(32), rng.getrandbits(32)]

    def say(side: int, flags: int, data: bytes = b"") -> None:
        nonlocal clock
        options = b"\x02\x04\x05\xb4" if flags & 2 else b""
        ack = 0 if flags == 2 else seq[1 - side]
        head = struct.pack(">HHIIBBHHH", ports[side], ports[1 - side], seq[side], ack, (20 + len(options)) << 2, flags, 64240, 0, 0)
        out.append((clock, frame(ends[side], ends[1 - side], TCP, head + options + data)))
        seq[side] = (seq[side] + len(data) + bool(flags & 3)) & 0xFFFFFFFF
        clock += step

    say(0, 2), say(1, 0x12), say(0, 0x10)
    for side, data in talk.turns:
        for cut in range(0, len(data), MSS):
            say(side, 0x18, data[cut : cut + MSS])
        say(1 - side, 0x10)
    say(0, 0x11), say(1, 0x11), say(0, 0x10)
    return out


def write_pcap(path: Path, talks: list[Talk], seed: int) -> None:
    """A nanosecond capture of some conversations, in time order."""
    rng = random.Random(seed)
    records = sorted((p for t in talks for p in packets(t, rng)), key=lambda r: r[0])
    with path.open("wb") as f:
        f.write(struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for time, data in records:
            f.write(struct.pack("<IIII", time // SECOND, time % SECOND, len(data), len(data)) + data)


def write_zeek(path: Path, talks: list[Talk]) -> None:
    """The conn.log that Zeek would write of the same conversations."""
    rows = []
    for number, t in enumerate(sorted(talks, key=lambda t: t.at)):
        sent = [sum(len(d) for s, d in t.turns if s == side) for side in (0, 1)]
        state, history = ("SF", "ShADadFf") if t.proto == TCP else ("SF" if sent[1] else "S0", "Dd" if sent[1] else "D")
        count = [3 + sum(s == side for s, _ in t.turns) for side in (0, 1)]
        rows.append(
            (*_zeek_head(t, number), "tcp" if t.proto == TCP else "udp", t.service, f"{t.lasts:.6f}", sent[0], sent[1], state, 0, history,
             count[0], sent[0] + 40 * count[0], count[1], sent[1] + 40 * count[1])
        )  # fmt: skip
    fields = "proto service duration orig_bytes resp_bytes conn_state missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes"
    types = "enum string interval count count string count string count count count count"
    _zeek_log(path, "conn", fields, types, rows)


def write_zeek_logs(folder: Path, talks: list[Talk]) -> None:
    """conn.log, and ssl.log, x509.log and http.log with what Zeek would have read from the same bytes."""
    folder.mkdir(exist_ok=True)
    write_zeek(folder / "conn.log", talks)
    ssl, x509, http = [], {}, []
    for number, t in enumerate(sorted(talks, key=lambda t: t.at)):
        head = _zeek_head(t, number)
        ask, answer = (b"".join(d for s, d in t.turns if s == side) for side in (0, 1))
        if t.service == "ssl":
            subject, issuer, print_, years = _certificate_of(answer)
            version = "TLSv12" if subject else "TLSv13"
            ssl.append((*head, version, _name_of(ask) or "-", "T", print_ or "-", subject or "-", issuer or "-"))
            if subject:
                x509[print_] = (head[0], print_, subject, issuer, "1735689600.000000", f"{1735689600 + years * 31557600}.000000")
        elif t.service == "http" and b" HTTP/1." in ask:
            method, uri, _ = ask.split(b"\r\n", 1)[0].decode().split(" ")
            fields = dict(line.split(": ", 1) for line in ask.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")[1:])
            status = answer.split(b" ", 2)[1].decode() if answer else "-"
            http.append((*head, method, fields.get("Host", "-"), uri, fields.get("User-Agent", "-"), status))
    if ssl:
        _zeek_log(
            folder / "ssl.log",
            "ssl",
            "version server_name established cert_chain_fps subject issuer",
            "string string bool vector[string] string string",
            ssl,
        )
    if x509:
        lines = [
            "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tx509",
            "\t".join(("#fields", "ts", "fingerprint", "certificate.subject", "certificate.issuer", "certificate.not_valid_before", "certificate.not_valid_after")),
            "\t".join(("#types", "time", "string", "string", "string", "time", "time")),
        ]  # fmt: skip
        lines += ["\t".join(row) for row in x509.values()]
        (folder / "x509.log").write_text("\n".join(lines) + "\n#close\t2025-10-09-00-00-00\n")
    if http:
        _zeek_log(folder / "http.log", "http", "method host uri user_agent status_code", "string string string string count", http)


def _zeek_head(t: Talk, number: int) -> tuple[str, ...]:
    when = START + int(t.at * SECOND)
    return (f"{when // SECOND}.{when % SECOND // 1000:06d}", f"C{number:017d}", t.orig, str(t.orig_p), t.resp, str(t.resp_p))


def _zeek_log(path: Path, name: str, fields: str, types: str, rows: list[tuple[object, ...]]) -> None:
    lines = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", f"#path\t{name}"]
    lines += ["\t".join(("#fields", *f"ts uid id.orig_h id.orig_p id.resp_h id.resp_p {fields}".split()))]
    lines += ["\t".join(("#types", *f"time string addr port addr port {types}".split()))]
    lines += ["\t".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n#close\t2025-10-09-00-00-00\n")


def _name_of(hello: bytes) -> str | None:
    """The name in a ClientHello of this module's making."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2])
    at += 1 + hello[at] + 2
    if hello[at : at + 2] != b"\0\0":
        return None
    size = int.from_bytes(hello[at + 7 : at + 9])
    return hello[at + 9 : at + 9 + size].decode()


def _certificate_of(flight: bytes) -> tuple[str, str, str, int]:
    """Subject, issuer, fingerprint and years of the certificate in a server's flight; empty texts where it is encrypted."""
    names = [m.start() for m in re.finditer(re.escape(bytes.fromhex("0603550403") + b"\x0c"), flight)]
    if len(names) < 2:
        return "", "", "", 0
    issuer, subject = (flight[at + 7 : at + 7 + flight[at + 6]].decode() for at in names[:2])
    years = int(re.search(rb"250101000000Z\x17\r(\d\d)0101000000Z", flight)[1]) - 25
    return f"CN={subject}", f"CN={issuer}", hashlib.sha256(flight[names[0] : names[1] + 300]).hexdigest(), years


# --- TLS ------------------------------------------------------------------------------------------------------------------------


def _vector(size: int, data: bytes) -> bytes:
    return len(data).to_bytes(size) + data


def _record(kind: int, data: bytes, version: int = 0x0303) -> bytes:
    return struct.pack(">BHH", kind, version, len(data)) + data


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + _vector(2, data)


def client_hello(rng: random.Random, name: str | None, alpn: tuple[str, ...] = ("h2", "http/1.1"), tls13: bool = True) -> bytes:
    """A ClientHello record as browsers (or, without name and ALPN, programs) send it."""
    ciphers = (0x1301, 0x1302, 0x1303) * tls13 + (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x9C, 0x9D, 0x2F, 0x35)
    extensions = b""
    if name:
        extensions += _extension(0, _vector(2, b"\0" + _vector(2, name.encode())))
    extensions += _extension(0x17, b"") + _extension(0xFF01, b"\0")
    extensions += _extension(10, _vector(2, struct.pack(">HHH", 0x1D, 0x17, 0x18))) + _extension(11, b"\x01\0")
    extensions += _extension(13, _vector(2, struct.pack(">6H", 0x403, 0x804, 0x401, 0x503, 0x805, 0x501)))
    if alpn:
        extensions += _extension(16, _vector(2, b"".join(_vector(1, a.encode()) for a in alpn)))
    if tls13:
        extensions += _extension(43, _vector(1, b"\x03\x04\x03\x03")) + _extension(45, b"\x01\x01")
        extensions += _extension(51, _vector(2, b"\0\x1d" + _vector(2, rng.randbytes(32))))
    body = (
        b"\x03\x03" + rng.randbytes(32) + _vector(1, rng.randbytes(32)) + _vector(2, struct.pack(f">{len(ciphers)}H", *ciphers)) + b"\x01\0"
    )
    body += _vector(2, extensions)
    return _record(22, b"\x01" + _vector(3, body), 0x0301)


def _der(tag: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    size = (
        bytes([len(data)]) if len(data) < 128 else (b"\x81" + len(data).to_bytes(1) if len(data) < 256 else b"\x82" + len(data).to_bytes(2))
    )
    return bytes([tag]) + size + data


def certificate(rng: random.Random, subject: str, issuer: str, years: int = 1) -> bytes:
    """An X.509 certificate whose signature nobody checks."""
    rsa = _der(0x30, _der(6, bytes.fromhex("2a864886f70d01010b")), b"\5\0")
    key = _der(
        0x30,
        _der(0x30, _der(6, bytes.fromhex("2a864886f70d010101")), b"\5\0"),
        _der(3, b"\0" + _der(0x30, _der(2, b"\0" + rng.randbytes(256)), b"\2\3\1\0\1")),
    )

    def called(text: str) -> bytes:
        return _der(0x30, _der(0x31, _der(0x30, _der(6, b"\x55\x04\x03"), _der(12, text.encode()))))

    validity = _der(0x30, _der(23, b"250101000000Z"), _der(23, b"%02d0101000000Z" % (25 + years)))
    body = _der(0x30, _der(0xA0, b"\2\1\2"), _der(2, b"\1" + rng.randbytes(8)), rsa, called(issuer), validity, called(subject), key)
    return _der(0x30, body, rsa, _der(3, b"\0" + rng.randbytes(256)))


def server_flight(rng: random.Random, tls13: bool, subject: str = "example", issuer: str = "Example CA") -> bytes:
    """A server's answer: TLS 1.3 with encrypted rest, or TLS 1.2 with its certificate in the clear."""
    session = _vector(1, rng.randbytes(32))
    if tls13:
        extensions = _extension(43, b"\x03\x04") + _extension(51, b"\0\x1d" + _vector(2, rng.randbytes(32)))
        hello = b"\x02" + _vector(3, b"\x03\x03" + rng.randbytes(32) + session + b"\x13\x01\0" + _vector(2, extensions))
        return _record(22, hello) + _record(20, b"\1") + _record(23, rng.randbytes(2800)) + _record(23, rng.randbytes(53))
    hello = b"\x02" + _vector(
        3, b"\x03\x03" + rng.randbytes(32) + session + b"\xc0\x2f\0" + _vector(2, _extension(0xFF01, b"\0") + _extension(11, b"\x01\0"))
    )
    chain = b"\x0b" + _vector(3, _vector(3, _vector(3, certificate(rng, subject, issuer))))
    exchange = b"\x0c" + _vector(3, b"\3\0\x1d" + _vector(1, rng.randbytes(32)) + b"\4\1" + _vector(2, rng.randbytes(256)))
    return _record(22, hello) + _record(22, chain) + _record(22, exchange) + _record(22, b"\x0e\0\0\0")


def tls(
    rng: random.Random,
    name: str | None = "www.example.com",
    alpn: tuple[str, ...] = ("h2", "http/1.1"),
    tls13: bool = True,
    **certified: str,
) -> tuple[tuple[int, bytes], ...]:
    """A whole TLS conversation."""
    turns = [(0, client_hello(rng, name, alpn, tls13)), (1, server_flight(rng, tls13, **certified))]
    if tls13:
        turns += [(0, _record(20, b"\1") + _record(23, rng.randbytes(53)))]
    else:
        turns += [
            (0, _record(22, b"\x10" + _vector(3, _vector(1, rng.randbytes(32)))) + _record(20, b"\1") + _record(22, rng.randbytes(40)))
        ]
        turns += [(1, _record(20, b"\1") + _record(22, rng.randbytes(40)))]
    return (*turns, (0, _record(23, rng.randbytes(300))), (1, _record(23, rng.randbytes(1200))))


def fake_tls(rng: random.Random, kind: str) -> tuple[tuple[int, bytes], ...]:
    """TLS that is none, in the ways of the Lazarus tools' reports."""
    if kind == "no_hello":  # application records from the first byte
        return tuple((side, _record(23, rng.randbytes(120 + 40 * side))) for side in (0, 1, 0, 1, 0, 1))
    if kind == "overrun":  # a hello whose inner lengths do not fit
        hello = bytearray(client_hello(rng, "www.example.com"))
        hello[44 + 32 : 44 + 34] = b"\xff\xf0"
        return (
            (0, bytes(hello)),
            (1, _record(22, rng.randbytes(90))),
            (0, _record(23, rng.randbytes(80))),
            (1, _record(23, rng.randbytes(90))),
        )
    if kind == "junk":  # a good hello, answered by what is no handshake
        return ((0, client_hello(rng, "www.example.com")), (1, rng.randbytes(400)), (0, rng.randbytes(90)), (1, rng.randbytes(200)))
    assert kind == "choice"  # a whole handshake in which the server chooses what was never offered
    answer = server_flight(rng, True).replace(b"\x13\x01\0", b"\xfe\xfe\0", 1)
    return (
        (0, client_hello(rng, "www.example.com")),
        (1, answer),
        (0, _record(23, rng.randbytes(80))),
        (1, _record(23, rng.randbytes(90))),
    )


# --- the others -----------------------------------------------------------------------------------------------------------------


def http(
    rng: random.Random,
    host: str = "www.example.com",
    agent: str | None = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
    path: str = "/",
    method: str = "GET",
) -> tuple[tuple[int, bytes], ...]:
    body = rng.randbytes(200).hex()
    ask = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n" + (f"User-Agent: {agent}\r\n" if agent else "") + "Accept: */*\r\n\r\n"
    answer = f"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return ((0, ask.encode()), (1, answer.encode()))


def websocket(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    ask = "GET /ws HTTP/1.1\r\nHost: ws.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    return ((0, ask.encode()), (1, answer.encode()), (0, b"\x81\x85" + rng.randbytes(9)), (1, b"\x81\x05hello"))


def ssh(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    lists = ("curve25519-sha256", "ssh-ed25519", "aes256-ctr", "aes256-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "")

    def kex() -> bytes:
        body = b"\x14" + rng.randbytes(16) + b"".join(_vector(4, w.encode()) for w in lists) + bytes(5)
        pad = 8 - (len(body) + 5) % 8 + (8 if 8 - (len(body) + 5) % 8 < 4 else 0)
        return struct.pack(">IB", len(body) + pad + 1, pad) + body + bytes(pad)

    return (
        (0, b"SSH-2.0-OpenSSH_9.6\r\n"),
        (1, b"SSH-2.0-dropbear_2022.83\r\n"),
        (0, kex()),
        (1, kex()),
        (0, rng.randbytes(44)),
        (1, rng.randbytes(200)),
    )


def rdp(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    ask = b"Cookie: mstshash=user\r\n" + bytes.fromhex("0100080003000000")
    ask = bytes([6 + len(ask), 0xE0, 0, 0, 0, 0, 0]) + ask
    answer = bytes.fromhex("0ed000001234000200080001000000")
    return (
        (0, struct.pack(">BBH", 3, 0, 4 + len(ask)) + ask),
        (1, struct.pack(">BBH", 3, 0, 4 + len(answer)) + answer),
        *tls(rng, None, ()),
    )


def vnc(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    return (
        (1, b"RFB 003.008\n"),
        (0, b"RFB 003.008\n"),
        (1, b"\1\2"),
        (0, b"\2"),
        (1, rng.randbytes(16)),
        (0, rng.randbytes(16)),
        (1, bytes(4)),
    )


def raw(rng: random.Random, rounds: int = 3) -> tuple[tuple[int, bytes], ...]:
    """Bytes as an RC4 stream gives them, each side in its turn."""
    return tuple((i % 2, rng.randbytes(rng.randint(60, 400))) for i in range(2 * rounds))


def binary(rng: random.Random, rounds: int = 3) -> tuple[tuple[int, bytes], ...]:
    """Length-prefixed records of an own kind: a magic of its own, a command, a body."""
    magic = rng.randbytes(4)

    def one() -> bytes:
        body = bytes([rng.randint(1, 9), 0, 0, 0]) + rng.randbytes(4).hex().encode() + bytes(12) + rng.randbytes(40)
        return magic + struct.pack("<I", len(body)) + body

    return tuple((i % 2, one()) for i in range(2 * rounds))


def lines(client: str, server: str, greets: bool = True) -> tuple[tuple[int, bytes], ...]:
    """A text protocol: the server's and the client's lines by turns, ``|`` between turns."""
    asks, answers = ([w.encode() for w in text.split("|")] for text in (client, server))
    turns: list[tuple[int, bytes]] = []
    first, second = ((1, answers), (0, asks)) if greets else ((0, asks), (1, answers))
    for i in range(max(len(asks), len(answers))):
        turns += [(side, words[i].replace(b"\n", b"\r\n")) for side, words in (first, second) if i < len(words)]
    return tuple(turns)


def smtp() -> tuple[tuple[int, bytes], ...]:
    return lines(
        "EHLO host.example\n|MAIL FROM:<a@example.com>\n|QUIT\n",
        "220 mx.example.com ESMTP Postfix\n|250-mx.example.com\n250 STARTTLS\n|250 2.1.0 Ok\n|221 2.0.0 Bye\n",
    )


def imap() -> tuple[tuple[int, bytes], ...]:
    return lines(
        "a1 CAPABILITY\n|a2 LOGOUT\n",
        "* OK [CAPABILITY IMAP4rev1] Dovecot ready.\n|* CAPABILITY IMAP4rev1 STARTTLS\na1 OK done\n|* BYE\na2 OK done\n",
    )


def pop3() -> tuple[tuple[int, bytes], ...]:
    return lines("CAPA\n|USER bob\n|QUIT\n", "+OK Dovecot ready.\n|+OK\nUIDL\nTOP\n.\n|+OK\n|+OK bye\n")


def ftp() -> tuple[tuple[int, bytes], ...]:
    return lines(
        "USER anonymous\n|PASS x@example.com\n|SYST\n|QUIT\n",
        "220 (vsFTPd 3.0.5)\n|331 Please specify the password.\n|230 Login successful.\n|215 UNIX Type: L8\n|221 Goodbye.\n",
    )


def dns(rng: random.Random, name: str = "www.example.com") -> tuple[tuple[int, bytes], ...]:
    question = b"".join(_vector(1, w.encode()) for w in name.split(".")) + b"\0\0\1\0\1"
    number = rng.randbytes(2)
    answer = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + bytes([203, 0, 113, 9])
    return ((0, number + b"\1\0\0\1\0\0\0\0\0\0" + question), (1, number + b"\x81\x80\0\1\0\1\0\0\0\0" + question + answer))


def ntp(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    now = struct.pack(">II", 3_968_988_800, rng.getrandbits(32))
    return ((0, b"\x23\0\6\xec" + bytes(36) + now), (1, b"\x24\2\6\xec" + bytes.fromhex("0000010000000200c0a80101") + now * 4))


def stun(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    number = rng.randbytes(12)
    return ((0, b"\0\1\0\0\x21\x12\xa4\x42" + number), (1, b"\1\1\0\x0c\x21\x12\xa4\x42" + number + b"\0\x20\0\x08\0\1" + rng.randbytes(6)))


def mqtt() -> tuple[tuple[int, bytes], ...]:
    return ((0, b"\x10\x15\0\4MQTT\4\2\0\x3c\0\x09client-01"), (1, b"\x20\2\0\0"), (0, b"\xc0\0"), (1, b"\xd0\0"))


def wireguard(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    return (
        (0, b"\1\0\0\0" + rng.randbytes(128) + bytes(16)),
        (1, b"\2\0\0\0" + rng.randbytes(72) + bytes(16)),
        (0, b"\4\0\0\0" + rng.randbytes(4) + struct.pack("<Q", 0) + rng.randbytes(32)),
    )


def ssdp() -> tuple[tuple[int, bytes], ...]:
    return ((0, b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'),)


def mdns() -> tuple[tuple[int, bytes], ...]:
    return ((0, bytes(4) + b"\0\1\0\0\0\0\0\0\x05_http\4_tcp\5local\0\0\x0c\0\1"),)


def snmp() -> tuple[tuple[int, bytes], ...]:
    def message(kind: int) -> bytes:
        bind = _der(0x30, _der(0x30, _der(6, bytes.fromhex("2b06010201010300")), b"\5\0" if kind == 0xA0 else b"\x43\2\1\2"))
        return _der(0x30, b"\2\1\1", _der(4, b"public"), _der(kind, b"\2\1\x11", b"\2\1\0", b"\2\1\0", bind))

    return ((0, message(0xA0)), (1, message(0xA2)))


def ldap() -> tuple[tuple[int, bytes], ...]:
    ask = _der(0x30, b"\2\1\1", _der(0x60, b"\2\1\3", _der(4, b"cn=reader,dc=example"), _der(0x80, b"secret")))
    return ((0, ask), (1, _der(0x30, b"\2\1\1", _der(0x61, b"\x0a\1\0", b"\4\0", b"\4\0"))))


def syslog() -> tuple[tuple[int, bytes], ...]:
    return ((0, b"<134>Oct  9 10:00:00 host app[123]: connection accepted from 10.1.2.3"),)


def openvpn(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    a, b = rng.randbytes(8), rng.randbytes(8)
    return ((0, b"\x38" + a + bytes(5)), (1, b"\x40" + b + b"\1" + bytes(4) + a + bytes(4)), (0, b"\x28" + a + b"\1" + bytes(4) + b))


def rtp(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    source = rng.randbytes(4)
    return tuple(
        (i % 2, b"\x80\0" + struct.pack(">HI", 100 + i // 2, 160 * (i // 2)) + source[:3] + bytes([i % 2]) + rng.randbytes(160))
        for i in range(12)
    )


def redis() -> tuple[tuple[int, bytes], ...]:
    return ((0, b"*1\r\n$4\r\nPING\r\n"), (1, b"+PONG\r\n"), (0, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), (1, b"$1\r\nv\r\n"))


def mysql(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    greeting = (
        b"\x0a8.0.36\0"
        + struct.pack("<I", 11)
        + rng.randbytes(8).replace(b"\0", b"a")
        + b"\0"
        + bytes.fromhex("fff7ff0200ffdf15")
        + bytes(10)
    )
    greeting += rng.randbytes(12).replace(b"\0", b"b") + b"\0caching_sha2_password\0"
    login = struct.pack("<IIB", 0x0FA685, 1 << 24, 255) + bytes(23) + b"app\0\0"
    return (
        (1, len(greeting).to_bytes(3, "little") + b"\0" + greeting),
        (0, len(login).to_bytes(3, "little") + b"\1" + login),
        (1, b"\7\0\0\2\0\0\0\2\0\0\0"),
    )


def postgresql() -> tuple[tuple[int, bytes], ...]:
    body = struct.pack(">I", 196608) + b"user\0app\0database\0app\0\0"
    return ((0, struct.pack(">I", len(body) + 4) + body), (1, b"R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"))


def smb(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    head = b"\xfeSMB\x40\0" + bytes(58)
    ask = head + b"\x24\0\2\0\1\0\0\0" + bytes(4) + rng.randbytes(16) + bytes(8) + b"\x02\x02\x10\x02"
    answer = b"\xfeSMB\x40\0" + bytes(10) + b"\1\0\0\0" + bytes(44) + b"\x41\0\1\0\x10\2\0\0" + rng.randbytes(16) + bytes(40)
    return ((0, struct.pack(">I", len(ask)) + ask), (1, struct.pack(">I", len(answer)) + answer))


def sip() -> tuple[tuple[int, bytes], ...]:
    ask = "REGISTER sip:example.com SIP/2.0\nVia: SIP/2.0/UDP 10.1.2.3:5060;branch=z9hG4bK1\nFrom: <sip:a@example.com>;tag=1\nTo: <sip:a@example.com>\nCall-ID: 1@host\nCSeq: 1 REGISTER\nContent-Length: 0\n\n"
    answer = ask.replace("REGISTER sip:example.com SIP/2.0", "SIP/2.0 200 OK", 1)
    return lines(ask, answer, greets=False)


def quic(rng: random.Random) -> tuple[tuple[int, bytes], ...]:
    """Initials of QUIC 1 as browsers send them, then short headers; the payload is as even as the encrypted one."""
    mine, theirs = rng.randbytes(8), rng.randbytes(8)

    def initial(to: bytes, of: bytes, token: bytes = b"\0") -> bytes:
        head = bytes([0xC0 | rng.randrange(4)]) + b"\0\0\0\1" + _vector(1, to) + _vector(1, of) + token
        return head + struct.pack(">H", 0x4000 | (1200 - len(head) - 2)) + rng.randbytes(1200 - len(head) - 2)

    def short(to: bytes, size: int) -> bytes:
        return bytes([0x40 | rng.randrange(64)]) + to + rng.randbytes(size)

    return (
        (0, initial(theirs, b"")),
        (1, initial(b"", mine)),
        (0, short(mine, 60)),
        (1, short(b"", 900)),
        (0, short(mine, 40)),
        (1, short(b"", 1100)),
    )


def kerberos(over_tcp: bool) -> tuple[tuple[int, bytes], ...]:
    """A ticket asked for and refused for want of pre-authentication, as every logon begins."""

    def framed(data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + data if over_tcp else data

    realm, service = (
        _der(27, b"EXAMPLE.COM"),
        _der(0x30, _der(0xA0, b"\2\1\2"), _der(0xA1, _der(0x30, _der(27, b"krbtgt"), _der(27, b"EXAMPLE.COM")))),
    )
    body = _der(
        0x30, _der(0xA0, _der(3, b"\0\x40\x81\0\x10")), _der(0xA2, realm), _der(0xA3, service), _der(0xA5, _der(24, b"20370913024805Z")),
        _der(0xA7, b"\2\4\x12\x34\x56\x78"), _der(0xA8, _der(0x30, b"\2\1\x12", b"\2\1\x11")),
    )  # fmt: skip
    ask = _der(0x6A, _der(0x30, _der(0xA1, b"\2\1\5"), _der(0xA2, b"\2\1\x0a"), _der(0xA4, body)))
    refused = _der(
        0x30, _der(0xA0, b"\2\1\5"), _der(0xA1, b"\2\1\x1e"), _der(0xA4, _der(24, b"20251009080000Z")), _der(0xA5, b"\2\3\1\2\3"),
        _der(0xA6, b"\2\1\x19"), _der(0xA9, realm), _der(0xAA, service),
    )  # fmt: skip
    return ((0, framed(ask)), (1, framed(_der(0x7E, refused))))
