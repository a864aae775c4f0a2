"""Findings: folded by place, the sum of their reasons, severe only where kinds of evidence agree."""

from __future__ import annotations

import numpy as np
import pytest

from pcapscan.findings import Process, Reason
from pcapscan.judge import Context, Processes, findings, judge, severity_of, verdicts
from pcapscan.knowledge import Knowledge, load, load_indicators

K: Knowledge = load()


def found(tables, rows, channels=None, **context):
    t = tables(rows)
    v = verdicts(t.flows, t.identities, K)
    ch = channels(t.flows) if channels else None
    return findings(t.flows, t.identities, v, ch and ch.channels, ch and ch.periods, K, Context(**context))


def measures(finding):
    return {r.measure: r.points for r in finding.reasons}


def test_flows_to_one_place_are_one_finding(tables):
    rows = [{"protocol": "tls", "resp_p": 8088, "at": 60 * i, "orig_p": 40000 + i} for i in range(10)]
    rows += [{"protocol": "tls", "resp_p": 8088, "resp": "203.0.113.11"}]
    one, other = sorted(found(tables, rows), key=lambda f: -f.connections)
    assert one.connections == 10 and other.connections == 1
    assert one.last_ns - one.first_ns == 541_000_000_000
    assert one.orig_bytes == 5000 and len(one.flows) == 5


def test_a_place_of_few_flows_points_to_none_of_the_next_place(tables):
    """Places lie side by side; five flows from where one begins may belong to several."""
    rows = [{"protocol": "tls", "resp_p": 8088, "resp": f"203.0.113.{k}", "at": i} for k in range(1, 7) for i in range(k)]
    numbers = {f"203.0.113.{k}": [n for n, row in enumerate(rows, 1) if row["resp"] == f"203.0.113.{k}"] for k in range(1, 7)}
    for f in found(tables, rows):
        assert [pointer.number for pointer in f.flows] == numbers[f.resp_h][:5]


def test_score_is_the_sum_of_its_reasons(tables, channels_of):
    rows = [{"protocol": "tls", "resp_p": 8088, "at": 60 * i} for i in range(10)]
    (f,) = found(tables, rows, lambda flows: channels_of(flows, [range(10)]))
    assert f.score == pytest.approx(sum(r.points for r in f.reasons))
    assert {"pair", "direction", "beacon"} <= set(measures(f))
    assert f.period_s == 60.0 and "every 60 s" in next(r.text for r in f.reasons if r.measure == "beacon")


def test_score_over_100_is_capped_by_a_reason(tables, channels_of):
    facts = {"orig_facts": {"ja3": "a"}, "resp_facts": {"self_signed": True, "subject": "CN=Major Cobalt Strike"}}
    rows = [dict(protocol="tls", resp_p=8088, at=60 * i, **facts) for i in range(10)]
    (f,) = found(tables, rows, lambda flows: channels_of(flows, [range(10)]))
    assert f.score == 100 and measures(f)["cap"] < 0 and f.severity == "critical"


def test_critical_needs_two_kinds_that_agree():
    assert severity_of(95, {"mismatch"}, K) == "high"
    assert severity_of(95, {"mismatch", "time"}, K) == "critical"
    assert [severity_of(s, set(), K) for s in (5, 12, 30, 55)] == ["info", "low", "medium", "high"]


def test_habit_on_an_alternate_port_stays_low_and_a_mismatch_does_not(tables):
    def severity(**row):
        return found(tables, [row])[0].severity

    assert severity(protocol="tls", resp_p=8443) == "low"
    assert severity(protocol="http", resp_p=8080) == "low"
    assert severity(protocol="rdp", resp_p=33890) == "high"
    assert severity(protocol="http", resp_p=22) == "high"
    assert severity(protocol="tls", resp_p=8088) == "medium"


def test_internal_destination_lowers_but_does_not_vanish(tables):
    (outside,) = found(tables, [{"protocol": "http", "resp_p": 9001}])
    (inside,) = found(tables, [{"protocol": "http", "resp_p": 9001, "resp": "10.9.9.9"}])
    assert inside.severity == "low" and 0 < inside.score < outside.score


def test_documentation_addresses_count_as_outside(tables):
    (f,) = found(tables, [{"protocol": "http", "resp_p": 9001, "resp": "192.0.2.4"}])
    assert measures(f)["direction"] > 0


def test_home_net_turns_outside_into_inside(tables):
    (f,) = found(tables, [{"protocol": "http", "resp_p": 9001}], home=("203.0.113.0/24",))
    assert measures(f)["direction"] < 0


def test_attempt_weighs_less_than_a_service(tables):
    (served,) = found(tables, [{"protocol": "http", "resp_p": 22}])
    (tried,) = found(tables, [{"protocol": "http", "resp_p": 22, "resp_bytes": 0, "basis": "orig", "state": "S1"}])
    assert tried.attempt and not served.attempt and tried.score < served.score / 2 + 5


def test_beacon_on_its_own_port_is_a_finding_but_not_a_grave_one(tables, channels_of):
    rows = [{"protocol": "tls", "resp_p": 443, "at": 60 * i, "name": "updates.example"} for i in range(10)]
    (f,) = found(tables, rows, lambda flows: channels_of(flows, [range(10)]))
    assert f.kind == "beacon" and f.verdict == "expected" and f.severity == "low"


def test_protocols_that_are_periodic_by_design_beacon_in_peace(tables, channels_of):
    rows = [{"protocol": "ntp", "proto": 17, "resp_p": 123, "at": 64 * i} for i in range(20)]
    assert found(tables, rows, lambda flows: channels_of(flows, [range(20)])) == []


def test_period_without_certainty_gives_nothing(tables, channels_of):
    rows = [{"protocol": "tls", "resp_p": 443, "at": 60 * i} for i in range(10)]
    assert found(tables, rows, lambda flows: channels_of(flows, [range(10)], false_alarm=0.3)) == []


def test_keepalives_inside_one_connection_weigh_a_quarter(tables, channels_of):
    row = {"protocol": "tls", "resp_p": 5229, "lasts": 7000}
    (habit,) = found(tables, [row], lambda flows: channels_of(flows, [[0]], within=True))
    (odd,) = found(tables, [row | {"resp_p": 8088}], lambda flows: channels_of(flows, [[0]], within=True))
    assert habit.severity == "low" and measures(habit)["beacon"] == 3.8 and measures(odd)["beacon"] == 7.5


def test_expected_flows_without_a_sign_are_no_findings(tables):
    assert found(tables, [{"protocol": "tls", "resp_p": 443}, {"protocol": "dns", "proto": 17, "resp_p": 53}]) == []


def test_rarity_needs_hosts_and_counts_them(tables):
    lone = {"protocol": "http", "resp_p": 9001, "resp": "203.0.113.66", "orig": "10.0.0.99"}
    crowd = [{"protocol": "tls", "resp_p": 443, "orig": f"10.0.0.{i}"} for i in range(1, 9)]
    (alone,) = found(tables, [lone])
    (rare,) = found(tables, [lone, *crowd])
    assert "rarity_responder" not in measures(alone)
    assert measures(rare)["rarity_responder"] > 0
    everyone = [{"protocol": "http", "resp_p": 9001, "orig": f"10.0.0.{i}"} for i in range(1, 9)]
    assert all(measures(f)["rarity_responder"] < 0 for f in found(tables, everyone))


def test_fingerprint_of_one_host_is_rare_and_of_all_is_not(tables):
    def host(i, ja4, **more):
        return {"protocol": "tls", "resp_p": 443, "orig": f"10.0.0.{i}", "orig_facts": {"ja4": ja4}} | more

    odd = {"resp_p": 8088, "resp": "203.0.113.66"}
    crowd = [host(i, "t13d1516h2_8daaf6152771_b186095e22b6") for i in range(1, 9)]
    (rare,) = found(tables, [host(1, "t12d0810h1_aaaaaaaaaaaa_bbbbbbbbbbbb", **odd), *crowd])
    (common,) = found(tables, [host(1, "t13d1516h2_8daaf6152771_b186095e22b6", **odd), *crowd])
    assert measures(rare)["rarity_fingerprint"] == K.number("rarity.fingerprint_rare")
    assert "rarity_fingerprint" not in measures(common)
    (reason,) = [r for r in rare.reasons if r.measure == "rarity_fingerprint"]
    assert reason.value == "ja4 t12d0810h1_aaaaaaaaaaaa_bbbbbbbbbbbb" and "one host among 8" in reason.text


def test_fingerprints_need_hosts_that_show_one(tables):
    lone = {"protocol": "tls", "resp_p": 8088, "orig": "10.0.0.1", "orig_facts": {"ja3": "a" * 32}}
    silent = [{"protocol": "tls", "resp_p": 443, "orig": f"10.0.0.{i}"} for i in range(2, 12)]
    (f,) = found(tables, [lone, *silent])
    assert "rarity_fingerprint" not in measures(f), "hosts whose fingerprint nobody knows say nothing of its rarity"


@pytest.mark.parametrize("kind", ["ja3", "ja4", "ja3s", "hassh", "sha256"])
def test_fingerprint_on_a_users_list_raises(tables, tmp_path, kind):
    value = {"ja4": "t13d1516h2_8daaf6152771_b186095e22b6", "sha256": "c" * 64}.get(kind, "b" * 32)
    side = "resp_facts" if kind in ("ja3s", "sha256") else "orig_facts"
    (tmp_path / "list").write_text(value.upper() + "\n")
    t = tables([{"protocol": "tls", "resp_p": 443, side: {kind: value}}])
    context = Context(indicators=load_indicators([tmp_path / "list"]))
    (f,) = findings(t.flows, t.identities, verdicts(t.flows, t.identities, K), None, None, K, context)
    assert measures(f)["indicator_fingerprint"] == K.number("indicator.fingerprint") and f.kind == "indicator"


@pytest.mark.parametrize(
    ("facts", "mark"),
    [
        (
            {"subject": "CN=Major Cobalt Strike, OU=AdvancedPenTesting, O=cobaltstrike, L=Somewhere, ST=Cyberspace, C=Earth"},
            "cobalt-strike-certificate",
        ),
        ({"sha256": "87F2085C32B6A2CC709B365F55873E207A9CAA10BFFECF2FD16D3CF9D94D390C"}, "cobalt-strike-certificate-hash"),
        ({"cert_chain": ["6ece5ece4192683d2d84e25b0ba7e04f9cb7eb7c"]}, "cobalt-strike-certificate-chain"),
        ({"subject": "C=US, ST=California, O=Microsoft, OU=Security, CN=localhost"}, "brute-ratel-certificate"),
        ({"subject": "CN=localhost,OU=Security,O=Microsoft,ST=California,C=US"}, "brute-ratel-certificate"),
        ({"subject": "CN=MetasploitSelfSignedCA"}, "metasploit-certificate"),
        ({"subject": "CN=Covenant"}, "covenant-certificate"),
        ({"subject": "CN=AsyncRAT Server"}, "asyncrat-certificate"),
        ({"subject": "CN=Quasar Server CA"}, "asyncrat-certificate"),
        ({"subject": "CN=P18055077, OU=Jethpro, O=Pajfds, L=Minnetonka, ST=Minnesota, C=US"}, "mythic-posh-certificate"),
        ({"subject": "CN=BitRAT"}, "bitrat-orcus-certificate"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_default_certificates_of_attack_frameworks_weigh_in_full_even_on_443(tables, facts, mark):
    quiet = {"protocol": "tls", "resp_p": 443, "resp": "203.0.113.99", "resp_facts": {"subject": "CN=www.example.com"}}
    t = tables([{"protocol": "tls", "resp_p": 443, "resp_facts": facts}, quiet])
    (f,) = findings(t.flows, t.identities, verdicts(t.flows, t.identities, K), None, None, K)
    points = {m.id: m.points for m in K.marks}[mark]
    assert measures(f)[f"mark_{mark}"] == points >= 50
    assert f.severity in ("high", "critical")


def test_swarm_is_no_channel(tables):
    rows = [{"resp": f"203.0.113.{i}", "resp_p": 20000 + 7 * i} for i in range(40)]
    assert all(f.severity in ("info", "low") and measures(f)["spread"] < 0 for f in found(tables, rows))


def test_shell_in_the_clear_is_said(tables):
    (f,) = found(tables, [{"resp_p": 4444, "shell": True}])
    assert f.kind == "shell" and f.severity == "high" and "shell" in f.title


def test_campaign_is_named_only_where_its_protocol_is_spoken(tables):
    (tls,) = found(tables, [{"protocol": "tls", "resp_p": 2083}])
    assert next(r for r in tls.reasons if r.measure == "campaign").value == "G0090"
    (ssh,) = found(tables, [{"protocol": "ssh", "resp_p": 2083}])
    assert "campaign" not in measures(ssh)


def test_indicators_raise_what_is_otherwise_ordinary(tables, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("203.0.113.10\n.bad.example\nd41d8cd98f00b204e9800998ecf8427e\n")
    lists = load_indicators([path])
    rows = [
        {"protocol": "tls", "resp_p": 443},
        {"protocol": "tls", "resp_p": 443, "resp": "198.51.100.1", "name": "x.bad.example"},
        {"protocol": "tls", "resp_p": 443, "resp": "198.51.100.2", "orig_facts": {"ja3": "d41d8cd98f00b204e9800998ecf8427e"}},
        {"protocol": "tls", "resp_p": 443, "resp": "198.51.100.3", "name": "good.example"},
    ]
    got = found(tables, rows, indicators=lists)
    assert sorted(f.resp_h for f in got) == ["198.51.100.1", "198.51.100.2", "203.0.113.10"]
    assert all(f.kind == "indicator" and f.severity in ("medium", "high") for f in got)


def test_process_reasons_are_added_and_capped(tables):
    reasons = (Reason("process", "powershell.exe", 30, "a script interpreter"), Reason("process_unsigned", None, 20, "unsigned"))
    who = Processes(np.array([0], np.int32), (Process("h", "orig", "powershell.exe"),), (reasons,), (False,))
    (f,) = found(tables, [{"protocol": "tls", "resp_p": 8088}], processes=who)
    assert sum(p for m, p in measures(f).items() if m.startswith("process")) == 35
    assert f.process[0].image == "powershell.exe"


def test_process_alone_makes_a_finding_only_where_it_may(tables):
    reasons = (Reason("process", "svch0st.exe", 30, "masquerade"),)
    for standalone, count in ((True, 1), (False, 0)):
        who = Processes(np.array([0], np.int32), (Process("h", "orig"),), (reasons,), (standalone,))
        assert len(found(tables, [{"protocol": "tls", "resp_p": 443}], processes=who)) == count


def test_too_many_places_are_counted_not_made(tables):
    rows = [{"resp": f"203.0.{i // 200}.{i % 200}", "resp_p": 4444, "orig": f"10.1.{i // 200}.{i % 200}"} for i in range(600)]
    t = tables(rows)
    j = judge(t.flows, t.identities, verdicts(t.flows, t.identities, K), None, None, K, Context(max_findings=50))
    assert len(j.findings) == 50 and j.left_out == 550 and j.places == 600 and "550" in j.notes[0]


def test_ids_are_stable_and_distinct(tables):
    rows = [
        {"protocol": "tls", "resp_p": 8088},
        {"protocol": "tls", "resp_p": 8089},
        {"protocol": "http", "resp_p": 8088},
        {"resp_p": 8088},
    ]
    first, again = found(tables, rows), found(tables, list(reversed(rows)))
    assert len({f.id for f in first}) == 4
    assert {f.id: f.score for f in first} == {f.id: f.score for f in again}


def test_nothing_in_nothing_out(tables):
    t = tables([{}]).flows.take(np.zeros(0, np.int64))
    ids = tables([{}]).identities.take(np.zeros(0, np.int64))
    assert judge(t, ids, np.zeros(0, np.int8), None, None, K).findings == []


def test_hostile_facts_do_not_break_the_judgement(tables):
    odd = {"subject": ["x"] * 3, "not_before": "yesterday", "not_after": 7, "self_signed": "yes", "user_agent": None, "ja3": 5}
    rows = [{"protocol": p, "resp_p": 9001, "orig_facts": odd, "resp_facts": odd, "name": "\\x00[::1"} for p in ("tls", "http")]
    assert len(found(tables, rows)) == 2
