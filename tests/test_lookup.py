"""What is asked is answered from the same pages and files that the verdicts come from; what is not known says what comes near."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcapscan import lookup
from pcapscan.errors import UsageError
from pcapscan.identify import PROTOCOLS
from pcapscan.judge import DETECTORS
from pcapscan.knowledge import GUIDES, load
from pcapscan.tables import VERDICTS


def test_every_protocol_is_listed_once_and_has_a_page():
    rows = lookup.protocols()
    assert [row["name"] for row in rows] == sorted(PROTOCOLS)
    assert all(lookup.protocol(row["name"])["text"] for row in rows)


def test_expected_ports_are_those_of_the_knowledge():
    rows = {row["name"]: row for row in lookup.protocols()}
    assert rows["ssh"]["expected_ports"] == [str(p) for p in load().protocols["ssh"].expected]
    assert "tcp/22" in rows["ssh"]["reserved_ports"]


def test_alias_is_answered_by_the_protocol():
    assert lookup.known("h2c")["name"] == "http2"


def test_every_shipped_entry_is_reached_by_each_of_its_ports():
    knowledge = load()
    for campaign in knowledge.campaigns:
        for use in campaign.uses:
            for spec in use.ports:
                for port in {spec.first, spec.last}:
                    answer = lookup.known(f"{str(spec).split('/')[0]}/{port}")
                    assert campaign.id in {c["id"] for c in answer["campaigns"]}
    for entry in knowledge.suspicious:
        assert entry.id in {e["id"] for e in lookup.known(str(entry.ports[0]).split("-")[0])["lists"]}


def test_transport_is_kept_apart():
    assert "quic" in {p["protocol"] for p in lookup.known("udp/443")["at_home"]}
    assert "quic" not in {p["protocol"] for p in lookup.known("tcp/443")["at_home"]}
    assert {"quic", "tls"} <= {p["protocol"] for p in lookup.known("443")["at_home"]}
    assert lookup.known("443/udp")["at_home"] == lookup.known("udp/443")["at_home"]


def test_campaign_by_name_id_and_attack_id():
    assert lookup.known("WIRTE")["campaigns"] == lookup.known("wirte")["campaigns"] == lookup.known("G0090")["campaigns"]


def test_port_that_nobody_names_is_an_answer_and_no_error():
    answer = lookup.known("udp/1")
    assert answer["kind"] == "port"
    assert not any(answer[key] for key in ("at_home", "alternates", "lists", "campaigns"))


def test_overlay_is_asked_too(tmp_path: Path):
    said = 'why = "w"\nsource = "s"\nconfidence = "low"\nfalse_positives = "f"\n'
    (tmp_path / "own.toml").write_text(f'[campaign.own]\nname = "Own"\nuses = [{{ protocols = ["tls"], ports = ["tcp/50999"] }}]\n{said}')
    assert lookup.known("50999", [tmp_path])["campaigns"][0]["name"] == "Own"
    assert not lookup.known("50999")["campaigns"]


@pytest.mark.parametrize(("word", "meant"), [("wrte", "wirte"), ("htttp", "http")])
def test_misspelt_name_is_met_with_what_comes_near(word, meant):
    with pytest.raises(UsageError, match=meant):
        lookup.known(word)


@pytest.mark.parametrize("word", ["65536", "tcp/99999", "", " ", "443-444", "\x1b[31m", "nothing like it at all", "tcp/"])
def test_what_is_no_question_is_a_usage_error(word):
    with pytest.raises(UsageError):
        lookup.known(word)
    with pytest.raises(UsageError):
        lookup.topic(word)


def test_every_topic_that_is_listed_is_explained():
    rows = lookup.topics()
    names = [row["name"] for row in rows]
    assert {*VERDICTS, *GUIDES, *(d.__name__ for d in DETECTORS)} <= set(names)
    for row in rows:
        answer = lookup.topic(row["name"])
        assert (answer["kind"], answer["name"]) == (row["kind"], row["name"])
        assert answer["text"].strip()
        assert row["title"]


def test_two_detectors_of_one_file_have_a_title_each():
    titles = [row["title"] for row in lookup.topics() if row["kind"] == "detector"]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("measure", ["pair", "tls_no_name", "http_host_address", "mark_empire", "rarity_port", "campaign"])
def test_the_word_of_a_reason_leads_to_its_detector(measure):
    assert lookup.topic(measure)["kind"] == "detector"


def test_verdict_may_be_written_with_a_hyphen():
    assert lookup.topic("wrong-protocol") == lookup.topic("WRONG_PROTOCOL")


def test_answers_are_plain_data():
    for answer in (
        lookup.protocols(),
        lookup.protocol("tls"),
        lookup.known("443"),
        lookup.known("tls"),
        lookup.known("wirte"),
        lookup.topics(),
    ):
        assert json.loads(json.dumps(answer)) == answer
