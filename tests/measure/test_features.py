from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapscan.measure import reference
from pcapscan.measure.extract import _bank, extract
from pcapscan.measure.features import ESTIMATES, NAMES
from pcapscan.measure.templates import BINS
from pcapscan.tables import EventTable

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


def kinds_of_traffic(rng):
    """Timers and none, few events and many, bursts, gaps, milliseconds and weeks."""
    yield np.cumsum(rng.uniform(0.6, 1.4, 60) * 60)
    yield np.cumsum(np.full(24, 3600.0) + rng.normal(0, 9, 24))
    yield rng.uniform(0, 86_400, int(rng.integers(4, 200)))
    yield np.cumsum(rng.lognormal(2, 1.5, 120))
    yield np.cumsum(60 + rng.exponential(40, 50))
    yield (300.0 * np.arange(40)[:, None] + np.array([0, 0.7, 1.1])).ravel()
    yield np.concatenate([120.0 * np.arange(60), 60_000 + 30.0 * np.arange(80)])
    yield np.concatenate([600.0 * np.arange(100), rng.uniform(0, 60_000, 150)])
    yield np.cumsum(rng.uniform(0.0004, 0.004, 150))
    yield np.cumsum(rng.exponential(0.3, 90)) + np.repeat([0, 5000, 40_000], 30)
    yield 43_200.0 * np.arange(5) + rng.uniform(0, 400, 5)
    yield rng.choice(rng.uniform(0, 3600, 5), 40)


@pytest.mark.parametrize("seed", range(6))
def test_every_feature_and_estimate_is_that_of_its_slow_twin(events_of, seed):
    rng = np.random.default_rng(seed)
    plain = events_of(*kinds_of_traffic(rng), [1.0, 2.0])
    n = len(plain.time_ns)
    sizes = rng.choice([-1, 90, 90, 91, 500, 4000], (2, n)).astype(np.int64)
    events = EventTable(plain.start, plain.time_ns, *sizes, rng.integers(-1, 3, n) * 10**8, plain.answered, plain.window)
    rows, estimates = extract(events)
    for i in range(len(events.start) - 1):
        slow = reference.describe(events, i, _bank())
        if slow is None:
            assert np.isnan(rows[i]).all() and np.isnan(estimates[i]).all()
            continue
        for names, twin, fast in ((NAMES, slow[0], rows[i]), (ESTIMATES, slow[1], estimates[i])):
            assert set(names) == set(twin)
            off = {
                k: (twin[k], v)
                for k, v in zip(names, fast, strict=True)
                if not np.isclose(twin[k], v, rtol=1e-5, atol=1e-4, equal_nan=True)
            }
            assert not off, (i, off)


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
