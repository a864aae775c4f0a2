"""TLS that real software spoke, in every cut; its facts against a second opinion; and what only looks like it."""

import hashlib
import random

import dpkt
import pytest

from pcapscan.tables import HEAD_CAPPED, HEAD_MIDSTREAM

VERSIONS = ["TLSv1_2", "TLSv1_3"]


def record(kind, body, version=b"\3\3"):
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


def split(head, size):
    """The first record's message, cut into records of ``size`` bytes."""
    length = int.from_bytes(head[3:5], "big")
    body = head[5 : 5 + length]
    return b"".join(record(22, body[k : k + size], head[1:3]) for k in range(0, len(body), size)) + head[5 + length :]


@pytest.mark.parametrize("version", VERSIONS)
def test_real_handshake(one, tls_pair, version):
    client, server = tls_pair(version)
    found = one(client[:4096], server[:4096])
    assert (found["protocol"], found["basis"], found["fake"], found["server_name"]) == ("tls", "both", "", "www.example.com")
    assert found["bits"] > 100
    assert found["orig_facts"]["alpn"] == ["h2", "http/1.1"]
    assert found["orig_facts"]["version"] == found["resp_facts"]["version"] == version.replace("_", ".")


def test_certificate_in_clear(one, tls_pair):
    found = one(*tls_pair("TLSv1_2"))["resp_facts"]
    assert found["subject"] == found["issuer"] == "CN=c2.example, O=Test Only"
    assert found["self_signed"] is True and found["not_after"].startswith("21") and len(found["sha256"]) == 64


def test_ja3_is_what_another_parser_makes_of_it(one, tls_pair):
    client, _ = tls_pair("TLSv1_2")
    hello = dpkt.ssl.TLSHandshake(client[5 : 5 + int.from_bytes(client[3:5], "big")]).data
    lists = dict(hello.extensions)
    groups = [int.from_bytes(lists[10][k : k + 2], "big") for k in range(2, len(lists[10]), 2)]
    text = ",".join(
        "-".join(map(str, part))
        for part in ([hello.version], [c.code for c in hello.ciphersuites], [k for k, _ in hello.extensions], groups, list(lists[11][1:]))
    )
    assert one(client, b"")["orig_facts"]["ja3"] == hashlib.md5(text.encode()).hexdigest()


def test_ja4_reads_as_specified(one, tls_pair):
    found = one(tls_pair("TLSv1_2")[0])["orig_facts"]["ja4"]
    a, b, c = found.split("_")
    assert a.startswith("t12d") and a.endswith("h2") and len(b) == len(c) == 12


@pytest.mark.parametrize("version", VERSIONS)
def test_hello_cut_anywhere_is_never_another_protocol(one, tls_pair, version):
    client, _ = tls_pair(version)
    for n in random.Random(1).sample(range(1, len(client)), 60):
        found = one(client[:n], b"", flags=(HEAD_CAPPED, 0))
        assert found["protocol"] in ("tls", None) and found["fake"] == ""
        assert found["protocol"] == "tls" or n < 11


@pytest.mark.parametrize("size", [1, 3, 50, 200])
def test_hello_of_many_records(one, tls_pair, size):
    client, server = tls_pair("TLSv1_2")
    found = one(split(client, size)[:4096], server)
    assert (found["protocol"], found["fake"]) == ("tls", "")


def test_sides_of_active_data_connections_are_reversed(one, tls_pair):
    client, server = tls_pair("TLSv1_2")
    assert one(server, client)["protocol"] == "tls"


def test_records_in_the_middle_of_a_connection(one):
    chance = random.Random(4)
    stream = b"".join(record(23, chance.randbytes(300)) for _ in range(6))
    found = one(stream[111:], b"", sure=False, flags=(HEAD_MIDSTREAM, 0))
    assert (found["protocol"], found["midstream"]) == ("tls", True)


def test_facts_are_shared_by_hellos_that_differ_in_nonces(tls_pair):
    from pcapscan.identify import Identifier, heads_of

    pairs = [tls_pair("TLSv1_3") for _ in range(4)]
    table = Identifier().identify(heads_of(pairs))
    assert len(set(table.orig_facts.tolist())) == 1 and len(set(table.server_name.tolist())) == 1


WORDS = {
    "smtp": (b"EHLO me.example\r\nSTARTTLS\r\n", b"220 mx.example ESMTP\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n"),
    "imap": (b"a1 STARTTLS\r\n", b"* OK IMAP4rev1 ready\r\na1 OK begin\r\n"),
    "pop3": (b"CAPA\r\nSTLS\r\n", b"+OK POP3 ready\r\n+OK\r\nSTLS\r\n.\r\n+OK begin\r\n"),
    "ftp": (b"AUTH TLS\r\n", b"220 FTP server ready\r\n234 AUTH TLS successful\r\n"),
    "ldap": (
        b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
    ),
    "xmpp": (b"<?xml version='1.0'?><stream:stream to='a' xmlns='jabber:client'><starttls/>", b"<stream:stream from='a'><proceed/>"),
    "postgresql": (b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"),
    "irc": (b"CAP LS 302\r\nSTARTTLS\r\n", b":irc.example CAP * LS :tls\r\n:irc.example 670 * :STARTTLS successful\r\n"),
    "rdp": (
        b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=admin\r\n\x01\x00\x08\x00\x03\x00\x00\x00",
        b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x01\x08\x00\x02\x00\x00\x00",
    ),
    "http": (b"CONNECT a.example:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 Connection established\r\n\r\n"),
}


@pytest.mark.parametrize("name", WORDS)
def test_upgrade_behind_plain_words(one, tls_pair, name):
    client, server = tls_pair("TLSv1_2")
    found = one((WORDS[name][0] + client)[:4096], (WORDS[name][1] + server)[:4096])
    assert (found["protocol"], found["upgraded"], found["server_name"]) == (name, "tls", "www.example.com")
    assert "ja3" in found["orig_facts"] and "ja3s" in found["resp_facts"]


class TestFake:
    """Each way in which malware's TLS is none."""

    def test_random_bytes_are_no_fake_and_no_tls(self, one):
        chance = random.Random(2)
        found = one(chance.randbytes(300), chance.randbytes(300))
        assert (found["protocol"], found["fake"]) == (None, "")

    def test_records_without_a_hello(self, one):
        assert self.kind(one, record(23, bytes(range(100)), b"\3\1"), b"") == "no_hello"

    def test_empty_hello(self, one):
        assert self.kind(one, b"\x16\3\1\0\0", b"") == "hello_empty"
        assert self.kind(one, record(22, b"\1\0\0\0"), b"") == "hello_empty"

    def test_hello_of_noise(self, one):
        assert self.kind(one, record(22, b"\1\0\0\x60" + b"\3\3" + random.Random(1).randbytes(94)), b"") == "hello_malformed"

    def test_record_longer_than_any(self, one):
        assert self.kind(one, b"\x16\3\1\xff\xff" + bytes(range(60)), b"") == "impossible_length"

    def test_noise_behind_a_whole_hello(self, one, tls_pair):
        client, server = tls_pair("TLSv1_2")
        hello = client[: 5 + int.from_bytes(client[3:5], "big")]
        assert self.kind(one, hello + b"\x99" * 64, server) == "impossible_length"

    def test_application_data_right_behind_the_hellos(self, one, tls_pair):
        client, server = tls_pair("TLSv1_2")
        hello = client[: 5 + int.from_bytes(client[3:5], "big")]
        assert self.kind(one, hello + record(23, bytes(80)), server) == "no_handshake"
        assert self.kind(one, hello, record(23, bytes(range(80)))) == "no_handshake"

    def test_cipher_that_was_not_offered(self, one, tls_pair):
        client, server = tls_pair("TLSv1_2")
        at = 44 + server[43]
        assert self.kind(one, client, server[:at] + b"\x00\x2f" + server[at + 2 :]) == "impossible_choice"

    def test_hello_answered_by_junk(self, one, tls_pair):
        assert self.kind(one, tls_pair("TLSv1_3")[0], bytes(range(7, 90))) == "answered_by_junk"

    @pytest.mark.parametrize("version", VERSIONS)
    def test_the_real_thing_is_none_of_these(self, one, tls_pair, version):
        assert self.kind(one, *tls_pair(version)) == ""

    @staticmethod
    def kind(one, orig, resp):
        found = one(orig[:4096], resp[:4096])
        assert found["protocol"] == ("tls" if found["fake"] == "" else None)
        return found["fake"]
