"""Findings as Elastic Common Schema: fields where the schema has them, of its types."""

from __future__ import annotations

import ipaddress
import json

from pcapscan.report import render


def lines(document):
    return [json.loads(line) for line in render(document, "ecs").splitlines()]


def test_every_line_has_what_a_bulk_import_needs(reports):
    for row in lines(reports.hostile()):
        assert row["@timestamp"] == row["event"]["start"]
        assert row["ecs"]["version"]
        assert row["event"]["kind"] == "alert"
        assert isinstance(row["event"]["category"], list)
        assert isinstance(row["event"]["type"], list)
        assert isinstance(row["event"]["duration"], int)
        assert row["event"]["duration"] >= 0
        assert 0 <= row["event"]["risk_score"] <= 100
        assert row["threat"]["technique"]["id"] == ["T1571"]


def test_addresses_are_addresses(reports):
    for row in lines(reports.hostile()):
        for side in ("source", "destination"):
            assert ipaddress.ip_address(row[side]["ip"])
    named = lines(reports.of((reports.finding(1, resp_h="cdn.example"),)))[0]
    assert "ip" not in named["destination"]
    assert named["destination"]["address"] == "cdn.example"


def test_what_only_looks_like_an_address_is_none(reports):
    row = lines(reports.of((reports.finding(1, resp_h="1.2.3.4.5"),)))[0]
    assert "ip" not in row["destination"]


def test_the_process_of_the_evidence_is_named(reports):
    row = lines(reports.hostile())[0]
    assert row["process"]["pid"] == 41
    assert row["host"]["name"] == "HOST1"
    assert row["user"]["name"] == "u"
    assert "process" not in lines(reports.hostile())[1]


def test_unknown_bytes_are_not_negative(reports):
    row = lines(reports.of((reports.finding(1, orig_bytes=-1, resp_bytes=-1),)))[0]
    assert row["network"]["bytes"] == 0
