"""Verdicts: the slow obvious twin, and the lies each rule is there for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.judge import attempts, expected_ports, verdicts
from pcapscan.knowledge import load
from pcapscan.tables import HEAD_MIDSTREAM, HEAD_SNAPPED, ICMP, TCP, UDP, VERDICTS

K = load()


def verdict_of(tables, head_flags=None, **row):
    t = tables([row])
    return VERDICTS[verdicts(t.flows, t.identities, K, head_flags)[0]]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"protocol": "tls", "resp_p": 443}, "expected"),
        ({"protocol": "tls", "resp_p": 8088}, "unexpected_port"),
        ({"protocol": "tls", "resp_p": 8443}, "unexpected_port"),
        ({"protocol": "http", "resp_p": 8080}, "unexpected_port"),
        ({"protocol": "rdp", "resp_p": 33890}, "unexpected_port"),
        ({"protocol": "http", "resp_p": 443}, "wrong_protocol"),
        ({"protocol": "http", "resp_p": 22}, "wrong_protocol"),
        ({"protocol": "ssh", "resp_p": 443}, "wrong_protocol"),
        ({"protocol": "tls", "resp_p": 53}, "wrong_protocol"),
        ({"protocol": "tls", "resp_p": 587}, "wrong_protocol"),
        ({"protocol": "http", "resp_p": 20}, "wrong_protocol"),
        ({"protocol": "http", "resp_p": 995}, "wrong_protocol"),
        ({"protocol": "http", "resp_p": 5985}, "expected"),
        ({"protocol": "smtp", "resp_p": 587, "upgraded": "tls"}, "expected"),
        ({"protocol": "quic", "resp_p": 443, "proto": UDP}, "expected"),
        ({"protocol": "quic", "resp_p": 27777, "proto": UDP}, "unexpected_port"),
        ({"protocol": "rtp", "resp_p": 27777, "proto": UDP}, "expected"),
        ({"protocol": "rtp", "resp_p": 53, "proto": UDP}, "wrong_protocol"),
        ({"protocol": "bittorrent", "resp_p": 51000}, "expected"),
        ({"protocol": "dcerpc", "resp_p": 49668}, "expected"),
        ({"protocol": "dcerpc", "resp_p": 8135}, "unexpected_port"),
        ({"protocol": "ftp-data", "resp_p": 34567}, "expected"),
        ({"protocol": "tftp", "resp_p": 50618, "proto": UDP}, "expected"),
        ({"protocol": "tftp", "resp_p": 20069, "proto": UDP, "resp_bytes": 0, "basis": "orig"}, "unexpected_port"),
        ({"protocol": "tftp", "resp_p": 69, "proto": UDP, "resp_bytes": 0, "basis": "orig"}, "expected"),
        ({"protocol": "tftp", "resp_p": 53, "proto": UDP, "resp_bytes": 0, "basis": "orig"}, "wrong_protocol"),
        ({"protocol": "rtp", "resp_p": 27777, "proto": UDP, "resp_bytes": 0, "basis": "orig"}, "expected"),
        ({"protocol": "stun", "resp_p": 50016, "proto": UDP}, "expected"),
        ({"protocol": "never-heard-of", "resp_p": 4711}, "expected"),
        ({"resp_p": 443}, "unknown_on_reserved"),
        ({"resp_p": 25}, "unknown_on_reserved"),
        ({"resp_p": 5900, "proto": UDP}, "unknown_on_reserved"),
        ({"resp_p": 4050}, "unknown"),
        ({"resp_p": 443, "orig_bytes": 0, "resp_bytes": 0}, "none"),
        ({"resp_p": 443, "orig_bytes": -1, "resp_bytes": -1}, "none"),
        ({"resp_p": 443, "fake": "no_hello"}, "fake"),
        ({"protocol": "tls", "resp_p": 443, "fake": "answered_by_junk"}, "fake"),
        ({"resp_p": 8, "proto": ICMP}, "none"),
    ],
    ids=lambda v: "-".join(str(x) for x in v.values()) if isinstance(v, dict) else v,
)
def test_verdict(tables, row, expected):
    assert verdict_of(tables, **row) == expected


@pytest.mark.parametrize("port", [465, 563, 636, 853, 989, 990, 993, 995])
def test_implicit_tls_of_the_ports_own_protocol_is_expected(tables, port):
    assert verdict_of(tables, protocol="tls", resp_p=port) == "expected"
    assert verdict_of(tables, protocol="http", resp_p=port) == "wrong_protocol"


@pytest.mark.parametrize("row", [{"orig_basis": "port", "state": "OTH"}, {"state": "OTH"}, {"orig_basis": "first"}])
def test_midstream_is_not_accused_of_being_unknown_on_reserved(tables, row):
    assert verdict_of(tables, resp_p=443, **row) == "unknown"


@pytest.mark.parametrize("flag", [HEAD_MIDSTREAM, HEAD_SNAPPED])
def test_cut_head_is_not_accused(tables, flag):
    assert verdict_of(tables, np.array([[0, flag]], np.uint8), resp_p=443) == "unknown"
    assert verdict_of(tables, np.array([[0, 0]], np.uint8), resp_p=443) == "unknown_on_reserved"


def test_a_probe_to_a_closed_mouth_is_not_a_service(tables):
    assert verdict_of(tables, resp_p=443, orig_bytes=40, resp_bytes=0) == "unknown"
    assert verdict_of(tables, resp_p=443, orig_bytes=1, resp_bytes=1) == "unknown"


def test_source_port_53_hides_nothing(tables):
    assert verdict_of(tables, protocol="ftp", orig_p=53, resp_p=1234) == "unexpected_port"
    assert verdict_of(tables, protocol="dns", proto=UDP, orig_p=53, resp_p=1234) == "unexpected_port"


def test_server_to_server_protocols_may_hold_the_port_at_either_end(tables):
    assert verdict_of(tables, protocol="ntp", proto=UDP, orig_p=123, resp_p=40000) == "expected"
    assert verdict_of(tables, protocol="ike", proto=UDP, orig_p=500, resp_p=40000) == "expected"


def test_guessed_roles_do_not_make_an_unexpected_port(tables):
    assert verdict_of(tables, protocol="ssh", orig_basis="first", orig_p=22, resp_p=50000) == "expected"
    assert verdict_of(tables, protocol="ssh", orig_basis="handshake", orig_p=22, resp_p=50000) == "unexpected_port"


def test_zeek_silence_means_nothing_where_zeek_is_blind(tables):
    """Zeek knows no TDS: an empty service on 1433 is no unknown protocol. It knows TLS: on 443 it is one."""
    assert verdict_of(tables, resp_p=1433, orig_basis="zeek") == "unknown"
    assert verdict_of(tables, resp_p=443, orig_basis="zeek") == "unknown_on_reserved" or "dnscrypt" in K.protocols


def test_attempt_is_when_only_the_client_spoke(tables):
    t = tables(
        [
            {"protocol": "http", "resp_p": 22, "resp_bytes": 0, "basis": "orig"},
            {"protocol": "http", "resp_p": 22},
            {"resp_p": 22, "orig_basis": "zeek", "resp_bytes": -1, "state": "SF"},
            {"resp_p": 22, "orig_basis": "zeek", "resp_bytes": -1, "state": "S0"},
        ]
    )
    assert attempts(t.flows, t.identities).tolist() == [True, False, False, True]


def test_expected_ports_by_name_and_transport():
    table = expected_ports(("tls", "quic", "vnc", "unheard"), K)
    assert 443 in table["tls", TCP] and ("tls", UDP) not in table
    assert 443 in table["quic", UDP]
    assert not any(name == "unheard" for name, _ in table)


def slow_verdict(row, k):
    """The rules as sentences."""
    proto, port, name = row["proto"], row["resp_p"], row["protocol"]
    if row["fake"]:
        return "fake"
    known = k.protocol(name) if name else None
    reserved = any((proto, port) in s for p in k.protocols.values() for s in p.reserved)
    if name:
        if known is None or not (known.expected or known.anywhere):
            return "wrong_protocol" if reserved else "expected"
        if any((proto, port) in s for s in known.expected):
            return "expected"
        if known.symmetric and any((proto, row["orig_p"]) in s for s in known.expected):
            return "expected"
        if reserved:
            return "wrong_protocol"
        if known.answered and row["resp_bytes"] == 0 and row["basis"] == "orig":
            return "unexpected_port"
        return "expected" if any((proto, port) in s for s in known.anywhere) else "unexpected_port"
    a, b = row["orig_bytes"], row["resp_bytes"]
    if a <= 0 and b <= 0:
        return "none"
    enough = a + b >= 12 if a > 0 and b > 0 else max(a, 0) + max(b, 0) >= 256
    return "unknown_on_reserved" if reserved and enough else "unknown"


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "protocol": st.sampled_from([None, "tls", "http", "ntp", "rtp", "tftp", "dcerpc", "unheard", "mssql", "quic", "smtp"]),
                "proto": st.sampled_from([TCP, UDP]),
                "resp_p": st.sampled_from([22, 25, 53, 80, 123, 443, 1433, 3306, 5985, 49152, 60000, 65535, 0]),
                "orig_p": st.sampled_from([123, 443, 50000]),
                "orig_bytes": st.sampled_from([-1, 0, 5, 300]),
                "resp_bytes": st.sampled_from([-1, 0, 6, 300]),
                "basis": st.sampled_from(["both", "orig"]),
                "fake": st.sampled_from(["", "", "", "hello_empty"]),
            }
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=60, deadline=None)
def test_columns_agree_with_the_sentences(rows):
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    spec = spec_from_file_location("judge_tables", Path(__file__).parent / "conftest.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    t = module.make_tables(rows)
    assert [VERDICTS[v] for v in verdicts(t.flows, t.identities, K)] == [slow_verdict(r, K) for r in rows]
