from __future__ import annotations

import numpy as np

from pcapscan.measure import explain, measure, plots, reasons
from pcapscan.measure.explain import chance_text, duration_text


def test_sentence_says_period_jitter_missed_hours_and_chance(events_of):
    events = events_of(60.2 * np.arange(1200), [1.0, 2.0])
    found = measure(events)
    said = explain(events, found, 0)
    assert said.startswith(
        "1 200 check-ins, every 60.2 s (jitter 0 %), 0 % missed, present in 21 of 24 hours; chance of this by accident < 1e-"
    )
    assert explain(events, found, 1) == "2 check-ins, no period, present in 1 of 24 hours"


def test_durations_are_written_as_a_person_would():
    assert [duration_text(s) for s in (0.25, 60.2, 2700, 23_400)] == ["250 ms", "60.2 s", "45 min", "6.5 h"]


def test_chance_is_a_bound_and_never_absurd():
    assert chance_text(3e-10).endswith("< 1e-9")
    assert chance_text(1e-200).endswith("< 1e-12")
    assert chance_text(0.0).endswith("< 1e-12")
    assert chance_text(0.4).endswith("not small")


def test_plots_count_every_check_in_and_interval(events_of):
    events = events_of(60.0 * np.arange(500), [5.0], [])
    drawn = plots(events, 0)
    assert drawn.timeline.sum() == 500
    assert drawn.intervals.sum() == drawn.fold.sum() == 499
    assert drawn.fold[0] + drawn.fold[-1] == 499
    assert abs(drawn.period_s - 60) < 0.5
    for i in (1, 2):
        assert plots(events, i).intervals.size == 0


def test_reasons_are_named(events_of):
    named = reasons(events_of(60.0 * np.arange(500)), 0)
    assert len(named) == 5
    assert all(meaning for _, meaning, _ in named)
