"""Suppression: reversible, explained, never by a wildcard that means more than it says."""

from __future__ import annotations

import datetime
import time

import pytest

from pcapscan.findings import Finding, Process, Reason
from pcapscan.judge import account, explain, suppress, suppression_notes
from pcapscan.judge.suppression import covers, fits, name_matches
from pcapscan.knowledge import Suppression


def ns(text):
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1e9)


NOW = ns("2026-06-15T12:00:00+00:00")


def finding(**changes):
    values = {
        "id": "a", "severity": "medium", "score": 35.0, "kind": "port", "title": "t", "orig_h": "10.0.0.5", "resp_h": "203.0.113.10", "resp_p": 8088, "transport": "tcp",
        "protocol": "tls", "verdict": "unexpected_port", "attempt": False, "expected_ports": (443,), "server_name": "dev.example.com", "connections": 1,
        "first_ns": ns("2026-06-15T22:10:00+00:00"), "last_ns": ns("2026-06-15T22:20:00+00:00"), "orig_bytes": 1, "resp_bytes": 1,
        "reasons": (Reason("pair", "medium", 35.0, "x"),),
    }  # fmt: skip
    return Finding(**(values | changes))


def rule(**conditions):
    common = {
        "id": "r",
        "why": "w",
        "source": "s",
        "confidence": "high",
        "false_positives": "f",
        "file": "x.toml",
        "owner": "soc",
        "expires": "2026-12-31",
    }
    return Suppression(**(common | conditions))


@pytest.mark.parametrize(
    ("conditions", "hidden"),
    [
        ({"protocols": ("tls",), "ports": (8088,)}, True),
        ({"protocols": ("http",), "ports": (8088,)}, False),
        ({"responders": ("203.0.113.0/24",)}, True),
        ({"responders": ("203.0.114.0/24",)}, False),
        ({"responders": ("2001:db8::/32",)}, False),
        ({"originators": ("10.0.0.5/32",)}, True),
        ({"names": ("*.example.com",)}, True),
        ({"names": ("example.com",)}, False),
        ({"ports": (8088,), "max_score": 30}, False),
        ({"ports": (8088,), "hours": (22 * 60, 22 * 60 + 30)}, True),
        ({"ports": (8088,), "hours": (22 * 60, 22 * 60 + 15)}, False),
        ({"ports": (8088,), "hours": (20 * 60, 6 * 60)}, True),
        ({"ports": (8088,), "days": (0,)}, True),
        ({"ports": (8088,), "days": (1,)}, False),
        ({"ports": (8088,), "after_ns": ns("2026-06-15T22:00:00+00:00"), "before_ns": ns("2026-06-15T23:00:00+00:00")}, True),
        ({"ports": (8088,), "before_ns": ns("2026-06-15T22:15:00+00:00")}, False),
        ({"ports": (8088,), "processes": ("*/node",)}, False),
    ],
    ids=str,
)
def test_rule(conditions, hidden):
    kept, gone = suppress([finding()], [rule(**conditions)], NOW)
    assert (len(gone) == 1) == hidden and len(kept) + len(gone) == 1


def test_window_longer_than_the_hours_is_not_hidden():
    long = finding(last_ns=ns("2026-06-16T22:20:00+00:00"))
    assert suppress([long], [rule(ports=(8088,), hours=(22 * 60, 22 * 60 + 30))], NOW)[0]


def test_hidden_finding_says_which_rule_and_who():
    _, (gone,) = suppress([finding()], [rule(ports=(8088,))], NOW)
    assert (gone.rule, gone.owner, gone.expires) == ("r", "soc", "2026-12-31") and gone.finding == finding()


def test_expired_rule_hides_nothing_and_is_said():
    old = rule(ports=(8088,), expires="2026-06-14")
    assert suppress([finding()], [old], NOW)[0]
    assert "ended on 2026-06-14" in suppression_notes([old], NOW)[0]
    assert not suppress([finding()], [rule(ports=(8088,), expires="2026-06-15")], NOW)[0], "the last day counts"


def test_overlapping_rules_name_the_first():
    rules = [rule(id="one", ports=(8088,)), rule(id="two", ports=(8088,))]
    assert suppress([finding()], rules, NOW)[1][0].rule == "one"
    assert "'two'" in suppression_notes(rules, NOW)[0]


def test_explain_says_what_held_and_what_failed():
    told = explain(finding(), rule(protocols=("http",), ports=(8088,)))
    assert told.held == ("ports", "max_score") and told.failed == ("protocols",) and not told.fits


def test_process_path_star_stays_in_its_folder():
    mine = finding(process=(Process("h", "orig", "/opt/dev/node/bin/node"),))
    assert not suppress([mine], [rule(processes=("/opt/dev/*/bin/node",))], NOW)[0]
    assert suppress([mine], [rule(processes=("/opt/*/bin/node",))], NOW)[0]
    assert suppress([mine], [rule(processes=("/bin/node",))], NOW)[0], "a tail of the path is not the path"


def test_names_wildcards_mean_what_they_say():
    assert not name_matches("*.cymru.com", "cymru.com") and name_matches(".cymru.com", "cymru.com")
    assert not name_matches(".cymru.com", "evilcymru.com") and name_matches("*.cymru.com", "A.CYMRU.com.")


def test_explain_says_what_the_finding_has_and_what_the_rule_asks():
    told = explain(finding(), rule(protocols=("http",), ports=(1, 2), responders=("10.0.0.0/8",), max_score=30))
    assert told.said == (
        "protocols: tls is none of http",
        "ports: 8088 is none of 1, 2",
        "responders: 203.0.113.10 is none of 10.0.0.0/8",
        "max_score: 35 is above 30",
    )
    late = explain(finding(), rule(before_ns=ns("2026-06-15T22:15:00+00:00"), hours=(0, 5)))
    assert late.failed == ("hours", "before") and "2026-06-15T22:10:00Z to 2026-06-15T22:20:00Z" in late.said[0]


def test_account_names_what_was_hidden_what_an_earlier_rule_took_and_what_is_near():
    two = finding(id="b", resp_p=9001)
    rules = [rule(id="one", ports=(8088,)), rule(id="two", protocols=("tls",)), rule(id="old", ports=(9001,), expires="2020-01-01")]
    one, other, old = account([finding(), two], rules, NOW)
    assert (one.hid, one.also, one.near) == (("a",), (), ())
    assert (other.hid, other.also) == (("b",), ("a",)), "an earlier rule hid a"
    assert old.expired and not old.hid and old.also == ("b",)
    kept, hidden = suppress([finding(), two], rules, NOW)
    assert not kept and {h.rule: h.finding.id for h in hidden} == {"one": "a", "two": "b"}, "the account is what suppress does"


def test_account_orders_near_misses_by_how_little_they_lack():
    far, near = finding(id="far", resp_p=1, protocol="http"), finding(id="near", resp_p=1)
    (told,) = account([far, near], [rule(ports=(8088,), protocols=("tls",), originators=("10.0.0.0/8",))], NOW)
    assert [t.finding for t in told.near] == ["near", "far"] and told.near[0].failed == ("ports",)
    (nothing,) = account([finding()], [rule(ports=(1,))], NOW)
    assert not nothing.near, "a score below the limit alone is no near miss"


def test_the_quick_answer_is_that_of_the_long_one():
    some = [finding(), finding(resp_p=1), finding(protocol=None, score=0.0, reasons=()), finding(server_name=None)]
    rules = [
        rule(ports=(8088,)),
        rule(protocols=("?",)),
        rule(names=(".example.com",), max_score=10),
        rule(days=(0,), hours=(0, 5)),
        rule(after_ns=0, before_ns=1),
    ]
    for f in some:
        for r in rules:
            assert fits(f, r) == explain(f, r).fits


def test_a_thousand_findings_and_five_hundred_rules_cost_a_second_or_two():
    rules = [rule(id=f"r{i}", responders=(f"198.51.{i % 256}.0/24",), ports=(i,)) for i in range(500)]
    some = [finding(id=str(i), resp_p=20_000 + i) for i in range(1000)]
    begin = time.process_time()
    kept, hidden = suppress(some, rules, NOW)
    assert len(kept) == 1000 and not hidden and time.process_time() - begin < 5


@pytest.mark.parametrize(
    ("wide", "narrow", "does"),
    [
        ({"ports": (1, 2)}, {"ports": (1,)}, True),
        ({"ports": (1,)}, {"ports": (1, 2)}, False),
        ({"ports": (1,)}, {"ports": (1,), "protocols": ("tls",)}, True),
        ({"ports": (1,), "protocols": ("tls",)}, {"ports": (1,)}, False),
        ({"responders": ("10.0.0.0/8",)}, {"responders": ("10.1.0.0/16", "10.2.0.1/32")}, True),
        ({"responders": ("10.0.0.0/8",)}, {"responders": ("10.1.0.0/16", "fd00::/8")}, False),
        ({"names": (".example.com",)}, {"names": ("*.example.com", "example.com")}, True),
        ({"names": ("*.example.com",)}, {"names": (".example.com",)}, False),
        ({"names": ("*.example.com",)}, {"names": ("*.a.example.com", "b.example.com")}, True),
        ({"names": ("*.a.example.com",)}, {"names": ("*.example.com",)}, False),
        ({"hours": (0, 1439)}, {"hours": (60, 120)}, True),
        ({"hours": (22 * 60, 5 * 60)}, {"hours": (23 * 60, 60)}, True),
        ({"hours": (60, 120)}, {"ports": (1,)}, False),
        ({"days": (0, 1)}, {"days": (0,), "hours": (60, 120)}, True),
        ({"after_ns": 5}, {"after_ns": 6}, True),
        ({"after_ns": 6}, {"after_ns": 5}, False),
        ({"before_ns": 6}, {"before_ns": 5, "after_ns": 1}, True),
        ({"ports": (1,), "max_score": 30}, {"ports": (1,)}, False),
        ({"processes": ("/A/b",)}, {"processes": ("/a/B",)}, True),
    ],
    ids=str,
)
def test_one_rule_covers_another(wide, narrow, does):
    assert covers(rule(**wide), rule(**narrow)) == does


def test_a_rule_that_never_decides_is_said():
    wide, narrow = rule(id="wide", ports=(1, 2)), rule(id="narrow", ports=(1,), expires="2027-01-01")
    (told,) = suppression_notes([wide, narrow], NOW)
    assert "'narrow'" in told and "'wide'" in told and "never decides" in told and "until 2027-01-01" in told
    (told,) = suppression_notes([narrow, wide], NOW)
    assert "'narrow' is a part of 'wide'" in told
    over = rule(id="wide", ports=(1, 2), expires="2020-01-01")
    assert "never decides" not in " ".join(suppression_notes([over, narrow], NOW)), "a rule that is over covers nothing"
    assert not suppression_notes([rule(id="a", ports=(1,)), rule(id="b", ports=(2,))], NOW)


def test_very_many_rules_are_not_all_compared_and_that_is_said():
    rules = [rule(id=f"r{i}", ports=(i % 60_000,)) for i in range(20_000)]
    begin = time.process_time()
    (told,) = suppression_notes(rules, NOW)
    assert "first 500 only" in told and time.process_time() - begin < 3
