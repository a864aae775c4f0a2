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
