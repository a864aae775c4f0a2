"""``protocols``, ``knowledge show`` and ``explain`` as a person and as a program see them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pcapscan import lookup
from pcapscan.cli import COMMANDS, main


@pytest.fixture
def run():
    def call(*words: str):
        return CliRunner().invoke(main, list(words))

    return call


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(run, name):
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"pcapscan {name}" in done.output


def test_json_is_the_answer_as_it_is(run):
    assert json.loads(run("knowledge", "show", "2083", "--format", "json").output) == lookup.known("2083")
    assert json.loads(run("explain", "beacon", "--format", "json").output) == lookup.topic("beacon")
    assert json.loads(run("protocols", "--format", "json").output) == lookup.protocols()


def test_text_names_the_campaign_its_source_and_whom_it_wrongs(run):
    output = run("knowledge", "show", "2083").output
    assert "WIRTE (G0090)" in output
    assert "source:" in output
    assert "false positives:" in output


def test_protocols_lists_every_name(run):
    output = run("protocols").output
    assert all(row["name"] in output for row in lookup.protocols())


def test_page_of_a_protocol_shows_where_it_is_at_home(run):
    output = run("protocols", "ssh").output
    assert "RFC 4253" in output
    assert "tcp/22" in output


@pytest.mark.parametrize("words", [("protocols", "shh"), ("knowledge", "show", "ssh2"), ("explain", "shh")])
def test_misspelt_word_is_a_usage_error_that_says_what_was_meant(run, words):
    done = run(*words)
    assert done.exit_code == 2
    assert "ssh" in done.output
    assert "Traceback" not in done.output


def test_escape_sequences_of_a_word_do_not_reach_the_terminal(run):
    assert "\x1b[31m" not in run("explain", "\x1b[31mred").output


def test_port_that_nobody_names_says_so(run):
    assert "nothing is at home there" in run("knowledge", "show", "tcp/64999").output
