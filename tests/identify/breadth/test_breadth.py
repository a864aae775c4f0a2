"""Conversations of a hundred protocols, written from their specifications, and the liar beside each."""

from __future__ import annotations

import importlib
import os
import random
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pcapscan.identify import PROTOCOLS, heads_of, identify

HERE = Path(__file__).parent
EXAMPLES = runpy.run_path(str(HERE / "examples.py"))["EXAMPLES"]
IDS = [f"{name}-{number}" for number, (name, *_) in enumerate(EXAMPLES)]


def named(orig, resp, proto, sure=True):
    table = identify(heads_of([(orig, resp)], proto=proto, sure=sure))
    return table.names[table.protocol[0]] if table.protocol[0] >= 0 else None


@pytest.mark.parametrize(("name", "proto", "orig", "resp", "liar"), EXAMPLES, ids=IDS)
def test_conversation_is_named(name, proto, orig, resp, liar):
    assert named(orig, resp, proto) == name


@pytest.mark.parametrize(("name", "proto", "orig", "resp", "liar"), EXAMPLES, ids=IDS)
def test_liar_is_not_named_so(name, proto, orig, resp, liar):
    assert named(*((liar, b"") if orig else (b"", liar)), proto) != name


@pytest.mark.parametrize(("name", "proto", "orig", "resp", "liar"), EXAMPLES, ids=IDS)
def test_sides_in_the_wrong_order_are_named_the_same(name, proto, orig, resp, liar):
    assert named(resp, orig, proto, sure=False) == name


def test_examples_speak_of_known_protocols():
    assert {name for name, *_ in EXAMPLES} <= set(PROTOCOLS)


ELSEWHERE = {
    "tls", "dtls", "quic", "http", "http2", "websocket", "ssh", "dns", "mdns", "llmnr", "rdp", "smb", "smtp", "lmtp", "ftp", "ftp-data", "pop3", "imap",
    "nntp", "telnet", "irc", "socks", "xmpp", "ldap", "kerberos",
}  # fmt: skip
"""Protocols whose tests are their own files, beside this folder."""


def test_every_other_protocol_has_a_conversation_here():
    assert set(PROTOCOLS) - ELSEWHERE == {name for name, *_ in EXAMPLES}


def test_prefix_and_junk_get_one_of_the_three_answers_in_plain_python():
    run = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "plain.py")],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (run.stdout, run.stderr) == ("done\n", "")


def test_zeros_repeated_bytes_and_counters_are_nothing():
    flows = []
    for size in (1, 2, 4, 8, 12, 16, 20, 24, 32, 48, 60, 64, 100, 148, 200, 500, 1500):
        flows += [(bytes([fill]) * size, other) for fill in range(256) for other in (b"", bytes([fill]) * size)]
        for order in ("big", "little"):
            flows += [(b"".join(k.to_bytes(width, order) for k in range(size // width + 1)), b"") for width in (1, 2, 4, 8) if size <= 256]
    for proto in (6, 17):
        table = identify(heads_of(flows, proto=proto, sure=False))
        wrong = {table.names[i] for i in table.protocol[table.protocol >= 0]}
        assert wrong == set(), wrong


def test_random_bytes_and_records_are_nothing():
    chance = random.Random(5)
    flows = []
    for _ in range(20000):
        parts = [chance.randbytes(chance.randrange(1, 60)) for _ in range(chance.randrange(1, 6))]
        width, order = chance.choice([(1, "big"), (2, "big"), (4, "big"), (2, "little"), (4, "little")])
        record = b"".join((len(part) & (256**width - 1)).to_bytes(width, order) + part for part in parts)
        flows.append(
            (record if chance.random() < 0.5 else b"".join(parts), chance.choice([b"", chance.randbytes(chance.randrange(1, 400))]))
        )
    total = sum(int(np.count_nonzero(identify(heads_of(flows, proto=proto)).protocol >= 0)) for proto in (6, 17))
    assert total == 0


FACTS = [
    ("mysql", 1, {"server_version": "8.0.36"}),
    ("postgresql", 0, {"user": "bob", "database": "sales"}),
    ("snmp", 0, {"version": "2c", "community": "public"}),
    ("rpc", 0, {"program": 100003, "program_version": 3, "procedure": 0}),
    ("mqtt", 0, {"protocol_version": "3.1.1", "client_id": "abcd"}),
    ("redis", 0, {"command": "GET"}),
    ("tftp", 0, {"file_name": "boot.cfg", "mode": "octet"}),
    ("radius", 0, {"user_name": "bob"}),
    ("git", 0, {"request": "git-upload-pack /p.git"}),
    ("ike", 0, {"version": "2.0", "exchange": "ike_sa_init"}),
    ("vnc", 0, {"protocol_version": "003.008"}),
    ("coap", 0, {"uri_path": "/.well-known/core"}),
    ("bgp", 0, {"as_number": 65000}),
    ("minecraft", 0, {"server_address": "localhost"}),
    ("dicom", 0, {"called": "ANY-SCP", "calling": "ECHOSCU"}),
    ("stratum", 0, {"method": "mining.subscribe"}),
    ("stun", 0, {"method": "binding"}),
]


def module_of(name):
    return importlib.import_module("pcapscan.identify.protocols." + name.replace("-", "_"))


@pytest.mark.parametrize(("name", "side", "said"), FACTS, ids=[name for name, *_ in FACTS])
def test_facts_of_the_conversation(name, side, said):
    sides = next((orig, resp) for known, _, orig, resp, _ in EXAMPLES if known == name)
    assert module_of(name).facts(sides[side], side) == said


def test_facts_of_any_head_are_flat_or_an_exception_that_the_guard_knows():
    chance = random.Random(3)
    for name in sorted({name for name, *_ in EXAMPLES}):
        facts = getattr(module_of(name), "facts", None)
        whole = next(orig or resp for known, _, orig, resp, _ in EXAMPLES if known == name)
        text = whole if isinstance(whole, bytes) else b"".join(whole)
        for _ in range(60 if facts else 0):
            head = text[: chance.randrange(len(text)) + 1] + chance.randbytes(chance.randrange(40))
            for side in (0, 1):
                try:
                    found = facts(head, side)
                except (IndexError, ValueError):
                    continue
                assert all(isinstance(key, str) and isinstance(value, (str, int, float, bool)) for key, value in found.items()), name
