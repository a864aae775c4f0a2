from __future__ import annotations

import ipaddress
import json

import numpy as np
import pytest

from pcapscan.flows.from_zeek import OUTER, ZeekFacts, canonical, from_zeek, names_of, split_service
from pcapscan.read import find_inputs, open_zeek
from pcapscan.tables import BASES, CONN_STATES, ORIG_BASES, TUNNELS, FlowTable, IdentityTable, ZeekConnTable

CONN = {
    "ts": 1.5, "uid": "C1", "id.orig_h": "10.0.0.1", "id.orig_p": 1000, "id.resp_h": "203.0.113.5", "id.resp_p": 8088, "proto": "tcp",
    "duration": 2.0, "orig_bytes": 10, "resp_bytes": 20, "conn_state": "SF", "orig_pkts": 3, "resp_pkts": 4,
}  # fmt: skip


@pytest.fixture
def joined(tmp_path):
    """Rows of logs as dicts (with _path) to what from_zeek makes of them."""

    def run(*rows, **options):
        (tmp_path / "x").write_text("".join(json.dumps({"_path": "conn", **row}) + "\n" for row in rows))
        facts, conns = ZeekFacts(), []
        for table in open_zeek(find_inputs([tmp_path / "x"])[0]):
            if isinstance(table, ZeekConnTable):
                conns.append(table)
            else:
                facts.add(table)
        flows, identities, dropped = zip(*(from_zeek(conn, facts, **options) for conn in conns), strict=True)
        return FlowTable.concat(flows), IdentityTable.concat(identities), dropped[0], facts

    return run


def name(identities, row=0, column="protocol"):
    code = getattr(identities, column)[row]
    return identities.names[code] if code >= 0 else None


@pytest.mark.parametrize(
    ("service", "proto", "expected"),
    [
        ("ssl", 6, ("tls", "")), ("ssl", 17, ("dtls", "")), ("dtls", 17, ("dtls", "")), ("http", 6, ("http", "")),
        ("ssl,http", 6, ("http", "tls")), ("http,ssl", 6, ("http", "tls")), ("smtp,ssl", 6, ("smtp", "tls")), ("ssl,pop3", 6, ("pop3", "tls")),
        ("ssl,socks", 6, ("socks", "tls")), ("gssapi,smb,krb", 6, ("smb", "")), ("ntlm,dce_rpc,smb,gssapi", 6, ("smb", "")),
        ("dce_rpc,ntlm", 6, ("dcerpc", "")), ("krb_tcp", 6, ("kerberos", "")), ("krb", 17, ("kerberos", "")), ("rfb", 6, ("vnc", "")),
        ("dnp3_udp", 17, ("dnp3", "")), ("spicy_ldap_tcp", 6, ("ldap", "")), ("quic,ssl", 17, ("quic", "")), ("gssapi", 6, ("", "")),
        ("rdpeudp", 17, ("rdpudp", "")), ("http,websocket", 6, ("http", "websocket")), ("ftp-data", 6, ("ftp-data", "")), ("", 6, ("", "")),
        ("-", 6, ("", "")), ("rdp,ssl", 6, ("rdp", "tls")), ("(other)", 6, ("", "")),
    ],
)  # fmt: skip
def test_services_become_canonical_names(service, proto, expected):
    assert split_service(service, proto)[:2] == expected


def test_order_of_a_set_changes_nothing():
    assert {split_service(s, 6) for s in ("gssapi,smb,krb", "krb,gssapi,smb", "smb,krb,gssapi")} == {("smb", "", ())}


def test_failed_analyzers_name_nothing_but_are_told():
    assert split_service("-ssl", 6) == ("", "", ("ssl",))
    assert split_service("http,-ssl", 6) == ("http", "", ("ssl",))


def test_failed_analyzers_stand_in_the_facts(joined):
    _, identities, _, _ = joined({**CONN, "service": "-ssl"}, {**CONN, "service": "http"})
    assert identities.facts[identities.resp_facts[0]] == {"failed_analyzers": ["ssl"]} and identities.resp_facts[1] == -1
    assert name(identities, 0) is None


def test_outer_protocols_are_canonical():
    assert all(canonical(word, 6) == word for word in OUTER if word != "dtls")


def test_row_becomes_a_flow(joined):
    flows, identities, dropped, _ = joined({**CONN, "service": "ssl"})
    assert dropped == {} and len(flows) == len(identities) == 1
    assert (flows.first_ns[0], flows.last_ns[0]) == (1_500_000_000, 3_500_000_000)
    assert CONN_STATES[flows.state[0]] == "SF" and ORIG_BASES[flows.orig_basis[0]] == "zeek" and flows.uid[0] == b"C1"
    assert (flows.orig_bytes[0], flows.resp_bytes[0], flows.number[0], flows.offset[0]) == (10, 20, 1, 0)
    assert name(identities) == "tls" and BASES[identities.basis[0]] == "zeek" and identities.bits[0] > 0
    assert name(identities, column="resp_protocol") == "tls"


def test_unknown_bytes_stay_unknown_and_no_service_names_nothing(joined):
    row = {k: v for k, v in CONN.items() if k not in ("orig_bytes", "resp_bytes", "conn_state", "duration")}
    flows, identities, _, _ = joined(row)
    assert (flows.orig_bytes[0], flows.resp_bytes[0]) == (-1, -1) and CONN_STATES[flows.state[0]] == "OTH"
    assert flows.first_ns[0] == flows.last_ns[0] and flows.orig_number[0] == -1
    assert name(identities) is None and BASES[identities.basis[0]] == "" and identities.bits[0] == 0


def test_only_the_originator_spoke(joined):
    _, identities, _, _ = joined({**CONN, "service": "http", "resp_bytes": 0})
    assert name(identities, column="orig_protocol") == "http" and name(identities, column="resp_protocol") is None


def test_tls_facts_are_joined_by_uid_whatever_the_order(joined):
    ssl = {
        "_path": "ssl", "ts": 1.6, "uid": "C1", "version": "TLSv12", "server_name": "c2.example", "ja3": "abc", "cert_chain_fps": ["ff00"],
        "established": True, "cipher": "X",
    }  # fmt: skip
    cert = {
        "_path": "x509", "ts": 1.7, "fingerprint": "ff00", "certificate.subject": "CN=a", "certificate.issuer": "CN=a",
        "certificate.not_valid_before": 1650535726.0, "certificate.not_valid_after": 1682071726.0,
    }  # fmt: skip
    for rows in ((cert, ssl, {**CONN, "service": "ssl"}), ({**CONN, "service": "ssl"}, ssl, cert)):
        _, identities, _, _ = joined(*rows)
        assert identities.strings[identities.server_name[0]] == "c2.example"
        orig, resp = identities.facts[identities.orig_facts[0]], identities.facts[identities.resp_facts[0]]
        assert orig == {"sni": "c2.example", "ja3": "abc"}
        assert resp["version"] == "TLSv1.2" and resp["self_signed"] is True and resp["not_before"] == "2022-04-21T10:08:46Z"


def test_http_host_and_agent_are_joined_and_the_first_request_counts(joined):
    rows = [
        {"_path": "http", "ts": 1, "uid": "C1", "method": "GET", "host": h, "uri": "/", "user_agent": "curl"}
        for h in ("a.example", "b.example")
    ]
    _, identities, _, _ = joined(*rows, {**CONN, "service": "http"})
    assert identities.strings[identities.server_name[0]] == "a.example"
    assert identities.facts[identities.orig_facts[0]]["user_agent"] == "curl"


def test_rows_that_say_the_same_cost_one_object(joined):
    logs = [{"_path": "ssl", "ts": k, "uid": f"C{k}", "server_name": "same.example", "cipher": "X"} for k in range(500)]
    conns = [{**CONN, "uid": f"C{k}", "service": "ssl"} for k in range(500)]
    _, identities, _, facts = joined(*logs, *conns)
    assert len(facts.facts) == 2 and len(facts.strings) == 1 and (identities.server_name == 0).all()


def test_uid_that_is_missing_joins_nothing(joined):
    ssl = {"_path": "ssl", "ts": 1.6, "server_name": "c2.example", "cipher": "X"}
    _, identities, _, _ = joined(ssl, {k: v for k, v in CONN.items() if k != "uid"})
    assert identities.server_name[0] == -1


def test_dns_answers_name_addresses(joined):
    dns = {"_path": "dns", "ts": 1, "uid": "C9", "query": "evil.example", "answers": ["alias.example", "203.0.113.5", "2001:db8::1"]}
    flows, _, _, facts = joined(dns, CONN)
    assert names_of(facts, flows.resp_hi, flows.resp_lo) == ["evil.example"]
    six = int(ipaddress.ip_address("2001:db8::1"))
    assert facts.names[(six >> 64, six & (1 << 64) - 1)] == ["evil.example"]
    assert names_of(facts, flows.orig_hi, flows.orig_lo) == [None]


def test_tunnel_type_comes_from_the_parent(joined):
    parent = {**CONN, "uid": "CP", "proto": "udp", "service": "vxlan", "id.resp_p": 4789}
    tunnel = {"_path": "tunnel", "ts": 1, "uid": "CP", "tunnel_type": "Tunnel::VXLAN", "action": "Tunnel::DISCOVER"}
    flows, _, dropped, _ = joined(parent, tunnel, {**CONN, "tunnel_parents": ["CP"]}, {**CONN, "tunnel_parents": ["CX"]})
    assert [TUNNELS[t] for t in flows.tunnel] == ["vxlan", "zeek"]
    assert dropped == {"carrier of a tunnel, whose own rows are read": 1}


def test_unknown_transport_is_counted(joined):
    flows, _, dropped, _ = joined(CONN, {**CONN, "proto": "unknown_transport"})
    assert len(flows) == 1 and dropped == {"unknown transport": 1}


def test_vocabulary_of_packets_is_kept_and_extended(joined):
    _, identities, _, _ = joined({**CONN, "service": "ssl"}, {**CONN, "service": "weirdproto"}, names=("http", "tls"))
    assert identities.names == ("http", "tls", "weirdproto") and identities.protocol.tolist() == [1, 2]


def test_notices_and_weirds_are_counted(joined):
    notice = {"_path": "notice", "ts": 1, "uid": "C1", "note": "ProtocolDetector::Server_Found", "msg": "x"}
    _, _, _, facts = joined(notice, notice, {**notice, "msg": "y"}, {"_path": "weird", "ts": 1, "name": "bad_TCP_checksum"}, CONN)
    assert facts.notes == {"ProtocolDetector::Server_Found": 3, "bad_TCP_checksum": 1}


@pytest.mark.corpus
def test_every_real_log_folder_becomes_flows(corpus):
    named = total = 0
    for folder in sorted({path.parent for path in corpus("zeek_logs").rglob("conn.log")}):
        facts, conns = ZeekFacts(), []
        for source in find_inputs(sorted(folder.glob("*.log"))):
            for table in open_zeek(source):
                if isinstance(table, ZeekConnTable):
                    conns.append(table)
                else:
                    facts.add(table)
        for conn in conns:
            flows, identities, dropped = from_zeek(conn, facts)
            assert len(flows) == len(identities) == len(conn) - sum(dropped.values())
            assert (flows.last_ns >= flows.first_ns).all()
            named += int(np.count_nonzero(identities.protocol >= 0))
            total += len(flows)
    assert named > 0.4 * total > 400


def test_dialects_of_dns_are_told_by_the_port_that_zeek_tells_them_by(joined):
    """Zeek writes ``dns`` for mDNS, LLMNR and NetBIOS names; DNS itself on another port stays DNS, and TCP has no dialects."""
    ports = [(53, 17), (5353, 17), (5355, 17), (137, 17), (5300, 17), (5355, 6)]
    rows = [
        {**CONN, "uid": f"C{n}", "id.resp_p": port, "proto": "udp" if proto == 17 else "tcp", "service": "dns"}
        for n, (port, proto) in enumerate(ports)
    ]
    _, identities, _, _ = joined(*rows)
    assert [name(identities, n) for n in range(len(ports))] == ["dns", "mdns", "llmnr", "nbns", "dns", "dns"]


def test_an_answer_from_the_port_of_a_dialect_is_that_dialect(joined):
    _, identities, _, _ = joined({**CONN, "id.orig_p": 5353, "id.resp_p": 40000, "proto": "udp", "service": "dns"})
    assert name(identities) == "mdns"
