"""Pictures count what they show, mark the period, and fit the terminal."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pcapscan.findings import Finding, Reason, Timing
from pcapscan.report.pictures import BLOCKS, HEIGHT, bars, gathered, pictures, under

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
CLOCK = Timing(BEGIN, BEGIN + 86_400 * SECOND, (15,) * 96, 50.0, 72.0, (0,) * 24 + (1439,) + (0,) * 23, 60.2, (720, *(0,) * 30, 719))
ONE = Finding(
    id="a", severity="high", score=60.0, kind="port", title="t", orig_h="10.0.0.5", resp_h="203.0.113.10", resp_p=8088, transport="tcp", protocol="tls",
    verdict="unexpected_port", attempt=False, expected_ports=(443,), server_name=None, connections=1440, first_ns=BEGIN, last_ns=BEGIN, orig_bytes=1, resp_bytes=1,
    reasons=(Reason("pair", "m", 60.0, "t"),), period_s=60.2, timing=CLOCK,
)  # fmt: skip


def heights(lines):
    """Eighths of each column, read back from the letters."""
    width = max(map(len, lines))
    return [sum(BLOCKS.index(line.ljust(width)[k]) for line in lines) for k in range(width)]


def test_bars_are_as_high_as_what_they_count():
    assert heights(bars([0, 1, 50, 100])) == [0, 1, 16, 32]
    assert heights(bars([0, 0])) == [0, 0] and len(bars([])) == HEIGHT


def test_a_single_check_in_among_a_million_still_shows():
    assert heights(bars([1, 1_000_000]))[0] == 1


def test_nothing_is_lost_where_a_terminal_is_narrow():
    assert sum(gathered(range(96), 20)) == sum(range(96)) and len(gathered(range(96), 20)) <= 20
    assert gathered([], 5) == []


def test_labels_do_not_overlap():
    assert under(4, (0, "begin"), (2, "middle"), (3, "end")).split() == ["begin", "middle", "end"]


def test_period_is_marked_where_the_intervals_are():
    drawn = pictures(ONE).splitlines()
    mark = next(line for line in drawn if "▲" in line)
    above = drawn[drawn.index(mark) - 1]
    assert above[mark.index("▲")] == "█", "the clock's intervals stand on the mark"
    assert "period 60.2 s" in drawn[drawn.index(mark) + 1]


def test_three_pictures_with_their_times():
    drawn = pictures(ONE)
    assert all(
        word in drawn
        for word in ("check-ins over the evidence", "intervals between check-ins", "phase fold", "2023-11-14T22:13:20Z", "15 min")
    )


def test_no_period_no_picture():
    assert pictures(replace(ONE, timing=None)) == ""


@pytest.mark.parametrize("width", [1, 40, 80, 300])
def test_pictures_fit(width):
    assert all(len(line) <= max(width, 100) for line in pictures(ONE, width).splitlines())


@pytest.mark.parametrize(
    "timing",
    [
        replace(CLOCK, timeline=(), intervals=(), fold=()),
        replace(CLOCK, interval_from_s=0.0, interval_to_s=0.0),
        replace(CLOCK, interval_from_s=float("nan")),
        replace(CLOCK, begin_ns=-(2**63), end_ns=2**63 - 1),
        replace(CLOCK, period_s=float("inf"), fold=()),
        replace(CLOCK, period_s=0.0),
        replace(CLOCK, interval_to_s=float("inf")),
        replace(CLOCK, timeline=(-5, 10**30, 3)),
        replace(CLOCK, timeline=(0,) * 96, intervals=(0,) * 48, fold=(0,) * 32),
    ],
    ids=["empty", "no ends", "nan", "all of time", "infinite period", "no period", "infinite end", "absurd counts", "zeros"],
)
def test_a_report_of_anybodys_making_breaks_nothing(timing):
    assert isinstance(pictures(replace(ONE, timing=timing)), str)
