from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapscan.measure import reference
from pcapscan.measure.extract import _bank, extract
from pcapscan.measure.features import ESTIMATES, NAMES
from pcapscan.measure.templates import BINS

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def value(events, name):
    rows, estimates = extract(events)
    return rows[:, NAMES.index(name)] if name in NAMES else estimates[:, ESTIMATES.index(name)]


@FEW
@given(seed=st.integers(0, 10**6), n=st.integers(6, 40))
def test_measures_are_those_of_the_slow_twins(events_of, seed, n):
    d = np.round(np.random.default_rng(seed).lognormal(3, 0.3, n), 3)
    t = np.concatenate([[0], np.cumsum(d)])
    events = events_of(t)
    d = np.diff(events.time_ns * 1e-9)
    if value(events, "threshold")[0] > 0:
        return
    assert value(events, "local_variation")[0] == pytest.approx(reference.local_variation(d))
    assert value(events, "half50")[0] == pytest.approx(reference.shortest_holding(np.log(d), 0.5), abs=1e-9)
    timers, nulls = _bank()[5:]
    assert value(events, "llr_pairs")[0] == pytest.approx(reference.pair_evidence(d, timers, nulls))


def test_scouted_fit_is_nearly_the_best_of_all_shifts(events_of):
    gain, base = _bank()[:2]
    for seed in range(4):
        d = 60 * (1 + 0.2 * np.random.default_rng(seed).uniform(-1, 1, 30))
        events = events_of(np.concatenate([[0], np.cumsum(d)]))
        d = np.diff(events.time_ns * 1e-9)
        best = reference.fit_beacon(d, gain, base)
        rows, _ = extract(events)
        k = [NAMES.index(f"llr_{f}") for f in ("gamma", "lognormal", "floor", "two_scale")]
        # the null's likelihood cancels: best = llr + null, and every family's null is at least -n log BINS
        assert rows[0, NAMES.index("llr_total")] <= best + len(d) * np.log(BINS)
        assert rows[0, k].min() * len(d) == pytest.approx(rows[0, NAMES.index("llr_total")])


@pytest.mark.parametrize("period", [0.25, 2.0, 60.0, 3600.0, 43_200.0])
def test_period_from_parts_of_a_second_to_half_a_day(events_of, period):
    t = 5 + period * np.arange(12)
    assert value(events_of(t, window_s=14 * 86_400), "period")[0] == pytest.approx(period, rel=0.01)


def test_bursts_are_merged_and_missed_beats_are_not(events_of):
    rng = np.random.default_rng(3)
    beats = 300.0 * np.arange(80)
    burst = np.sort((beats[:, None] + np.array([0, 0.7, 1.1])).ravel())
    thinned = beats[rng.random(80) > 0.4]
    events = events_of(burst, thinned)
    assert value(events, "checkins").tolist() == [80, len(thinned)]
    assert value(events, "period") == pytest.approx([300, 300], rel=0.02)
    assert value(events, "missed")[1] == pytest.approx(0.4, abs=0.12)


def test_fewer_than_four_moments_say_nothing(events_of):
    events = events_of([1.0], [1.0, 2.0, 3.0], [5.0] * 100, [])
    rows, estimates = extract(events)
    assert np.isnan(rows).all()
    assert np.isnan(estimates).all()


def test_clock_that_steps_back_does_no_harm(events_of):
    t = np.sort(np.concatenate([60.0 * np.arange(50), 1200 + 60.0 * np.arange(50)]))
    rows, estimates = extract(events_of(t, t))
    assert np.isfinite(estimates[0, 0])
    assert np.array_equal(rows[0], rows[1], equal_nan=True)


def test_threads_change_nothing(events_of):
    rng = np.random.default_rng(5)
    events = events_of(*[rng.uniform(0, 86_400, 200) for _ in range(3000)])
    one, two = extract(events, 1), extract(events, 2)
    assert np.array_equal(one[0], two[0], equal_nan=True)
    assert np.array_equal(one[1], two[1], equal_nan=True)
