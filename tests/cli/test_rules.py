"""``pcapscan rules export``: every language, from what is known and from a report."""

from __future__ import annotations

import json

import pytest

from pcapscan import lookup
from pcapscan.cli.rules import LANGUAGES


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    from tests.cli.conftest import ROOT, run

    out = tmp_path_factory.mktemp("rules") / "report.json"
    run("scan", ROOT / "captures" / "t1571-2-https-beacon-8088" / "capture.pcap", "--format", "json", "-q", "-o", out)
    return out


def test_languages_are_those_of_the_rules():
    assert tuple(lookup.rule_languages()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_known_is_written_in(cli, language):
    result = cli.run("rules", "export", "--language", language)
    assert result.exit_code == 0 and len(result.stdout) > 300
    assert result.stdout == lookup.rules(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_is_written_in(cli, report, language):
    first = json.loads(report.read_text())["findings"][0]
    by_number = cli.run("rules", "export", "-l", language, "--report", report, "--finding", "1")
    by_id = cli.run("rules", "export", "-l", language, "--report", report, "--finding", first["id"])
    assert by_number.exit_code == 0 and by_number.stdout == by_id.stdout
    assert "203.0.113.10" in by_number.stdout or language == "navigator"


def test_all_languages_go_to_a_folder(cli, tmp_path):
    assert cli.run("rules", "export", "-o", tmp_path / "a" / "rules").exit_code == 0
    written = {p.name: p.read_text() for p in (tmp_path / "a" / "rules").iterdir()}
    assert len(written) == len(LANGUAGES) and all(written.values())
    assert written["pcapscan.rules"] == lookup.rules("suricata")


def test_one_language_goes_to_a_file(cli, tmp_path):
    assert cli.run("rules", "export", "-l", "spl", "-o", tmp_path / "x.spl").exit_code == 0
    assert (tmp_path / "x.spl").read_text() == lookup.rules("spl")


def test_an_overlay_is_exported(cli, tmp_path):
    (tmp_path / "campaigns.toml").write_text(
        '[campaign.ours]\nname = "Ours"\nuses = [{protocols = ["http"], ports = ["tcp/47111"]}]\n'
        'why = "w"\nsource = "s"\nconfidence = "high"\nfalse_positives = "none"\n'
    )
    assert "47111" in cli.run("rules", "export", "-l", "eql", "--knowledge", tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("-l", "cobol"), "cobol"),
        (("-l", "eql", "--finding", "1"), "report"),
        (("-l", "eql", "-l", "spl"), "folder"),
        ((), "folder"),
        (("-l", "eql", "--report", "no-such-file"), "no-such-file"),
    ],
    ids=str,
)
def test_a_wrong_call_is_2_and_says_why(cli, arguments, word):
    result = cli.run("rules", "export", *arguments)
    assert result.exit_code == 2 and not result.stdout
    assert word in result.stderr.lower()


def test_a_report_that_is_none_is_2(cli, tmp_path):
    (tmp_path / "r.json").write_text("nothing")
    result = cli.run("rules", "export", "-l", "eql", "--report", tmp_path / "r.json")
    assert result.exit_code == 2 and "no report" in result.stderr


def test_a_finding_that_is_not_there_is_2(cli, report):
    result = cli.run("rules", "export", "-l", "eql", "--report", report, "--finding", "999")
    assert result.exit_code == 2 and "no finding" in result.stderr


def test_an_empty_report_is_2(cli, tmp_path):
    cli.run("scan", cli.quiet, "--format", "json", "--min-score", "100", "-q", "-o", tmp_path / "r.json")
    result = cli.run("rules", "export", "-l", "eql", "--report", tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["findings"] or document["suppressed"] or (result.exit_code == 2 and "holds no finding" in result.stderr)
