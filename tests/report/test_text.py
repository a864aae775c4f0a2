"""The report for people: fits its terminal, says what was looked at, and no name from the wire gives orders."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len

from pcapscan.report import render


def table(document, **options):
    return render(document, "table", **options)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_lines_fit_the_terminal(reports, width):
    long = reports.finding(4, "RDP on " + "9" * 80, server_name="a" * 200 + ".example", facts={"ja4": "t" * 300})
    document = reports.of((*reports.hostile().findings, long))
    wide = [line for line in table(document, width=width, show_suppressed=True).splitlines() if cell_len(line) > width]
    assert not wide


@pytest.mark.parametrize("width", [60, 140])
def test_every_finding_and_every_reason_is_there(reports, width):
    text = table(reports.hostile(), width=width)
    for words in ("TLS on 8443", "-2+3 is a title", "203.0.113.9:443/tcp", "[2001:db8::9]:443/tcp", "+35", "+10", "-5", "only one host"):
        assert words in text, words
    assert "60 s" in text
    assert "±10 %" in text


def test_a_wide_terminal_gets_a_summary_with_columns(reports):
    first = table(reports.hostile(), width=140).split("\n\n")[1]
    assert [w for w in ("score", "severity", "finding", "from", "to", "seen") if w in first.splitlines()[0]] == [
        "score", "severity", "finding", "from", "to", "seen",
    ]  # fmt: skip
    assert len(first.splitlines()) >= 4


@pytest.mark.parametrize("width", [60, 140])
@pytest.mark.parametrize("color", [False, True])
def test_no_name_from_the_wire_gives_orders(reports, width, color):
    text = table(reports.hostile(), width=width, color=color, show_suppressed=True)
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert reports.bidi not in text
    if not color:
        odd = {c for c in text if c != "\n" and unicodedata.category(c)[0] == "C"}
        assert not odd
    assert "\\x1b" in text


def test_markup_from_the_wire_stays_text(reports):
    assert "[bold]markup[/bold]" in table(reports.hostile(), width=140)


def test_without_colour_there_is_not_one_escape(reports):
    assert "\x1b" not in table(reports.hostile(), width=140)
    assert "\x1b[" in table(reports.hostile(), width=140, color=True)


def test_nothing_found_explains_itself(reports):
    text = table(reports.of((), suppressed=()), width=100)
    for words in (
        "0 findings",
        "12 345 packets",
        "40 flows",
        "no IP 5",
        "cut 1",
        "expected 30",
        "no endpoint data",
        "2 findings below --min-score",
    ):
        assert words in text, words


def test_an_input_that_could_not_be_read_is_said(reports):
    assert "! case/\\x1b]0;owned\\x07\\x1b[31m.pcap: not a capture" in " ".join(table(reports.of(()), width=140).split())


def test_suppressed_findings_are_counted_and_on_demand_listed(reports):
    text = table(reports.hostile(), width=140)
    assert "1 finding suppressed by rule: backup-ssh 1" in text
    assert "SSH on 8022" not in text
    listed = table(reports.hostile(), width=140, show_suppressed=True)
    for words in ("suppressed by backup-ssh", "the backup server", "ops", "2027-01-01", "SSH on 8022"):
        assert words in listed


@pytest.mark.parametrize("width", [60, 140])
def test_no_finding_is_left_out_silently(reports, width):
    document = reports.of(tuple(reports.finding(n, f"title {n}") for n in range(1, 31)))
    text = table(document, width=width, details=5)
    shown = sum(f"title {n}" in text for n in range(1, 31))
    assert shown == 30 or "25 more findings" in text
    assert "30 findings" in text


def test_one_is_singular(reports):
    text = table(reports.of((reports.finding(1),)), width=140)
    assert "1 finding;" in text
    assert "1 findings" not in text
