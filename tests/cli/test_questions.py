"""Commands that read no evidence: protocols, knowledge, explain."""

from __future__ import annotations

import json

import pytest

from pcapscan.tables import VERDICTS


def test_protocols_are_listed(cli):
    rows = json.loads(cli.run("protocols", "--format", "json").stdout)
    names = [row["name"] for row in rows]
    assert {"tls", "ssh", "http", "rdp", "dns"} <= set(names)
    assert len(set(names)) == len(names)
    assert "tls" in cli.run("protocols").stdout


@pytest.mark.parametrize("word", VERDICTS)
def test_every_verdict_is_explained(cli, word):
    result = cli.run("explain", word)
    assert result.exit_code == 0
    assert len(result.stdout) > 60
    assert all(word in result.stdout for word in ("pcapscan explain investigate", "hunting", "tuning"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "no-such-word"),
        ("protocols", "no-such-protocol"),
        ("knowledge", "show", "no-such-thing"),
        ("knowledge", "show", "tcp/70000"),
    ],
    ids=" ".join,
)
def test_a_question_without_an_answer_is_2(cli, arguments):
    result = cli.run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()


def test_a_hostile_question_gives_no_orders(cli):
    result = cli.run("explain", "x\x1b[31m\u202e")
    assert "\x1b[31m" not in result.output
    assert "\u202e" not in result.output


def test_what_is_known_of_a_port(cli):
    assert "rdp" in cli.run("knowledge", "show", "3389").stdout
    assert json.loads(cli.run("knowledge", "show", "3389", "--format", "json").stdout)["kind"] == "port"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    from tests.cli.conftest import ROOT, run

    out = tmp_path_factory.mktemp("explain") / "report.json"
    run("scan", ROOT / "captures" / "t1571-2-https-beacon-8088" / "capture.pcap", "--format", "json", "-q", "-o", out)
    return out


def test_a_finding_is_explained_with_pictures_of_its_timing(cli, report):
    first = json.loads(report.read_text())["findings"][0]
    timing = first["timing"]
    assert sum(timing["timeline"]) == first["connections"] == 30
    assert sum(timing["intervals"]) == sum(timing["fold"]) == 29
    assert timing["period_s"] == first["period_s"]
    for word in ("1", first["id"], first["id"][:8]):
        text = cli.run("explain", "--report", report, "--finding", word).stdout
        assert first["title"] in text and "▲" in text and "phase fold" in text and first["id"] in text
    assert json.loads(cli.run("explain", "-r", report, "-f", "1", "--format", "json").stdout) == [first]


def test_all_findings_of_a_report_are_explained(cli, report):
    found = json.loads(report.read_text())["findings"]
    text = cli.run("explain", "--report", report).stdout
    assert all(f["id"] in text for f in found)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(("--finding", "1"), "report"), (("beacon", "--report", "x"), "not for both"), (("--report", "no-such"), "no-such")],
    ids=str,
)
def test_a_wrong_question_about_a_report_is_2(cli, arguments, word):
    result = cli.run("explain", *arguments)
    assert result.exit_code == 2 and not result.stdout and word in result.stderr


def test_an_empty_report_has_no_finding_to_explain(cli, tmp_path):
    (tmp_path / "r").write_text('{"schema": "pcapscan.report/1", "findings": [], "suppressed": []}')
    assert "no finding in it" in cli.run("explain", "--report", tmp_path / "r").stdout.replace("\n", " ")
