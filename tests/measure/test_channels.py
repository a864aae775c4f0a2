from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pcapscan.measure import ALERT, measure
from pcapscan.measure.channels import sum_up
from pcapscan.tables import CHANNEL_KINDS, ChannelTable, EventTable

KIND = {k: i for i, k in enumerate(CHANNEL_KINDS)}


def poisson(rng, n, window=86_400.0):
    return rng.uniform(0, window, n)


@pytest.mark.parametrize("n", [5, 8, 15, 40, 150, 1000])
def test_null_poisson_is_rarely_improbable(events_of, n):
    rng = np.random.default_rng(n)
    found = measure(events_of(*[poisson(rng, n) for _ in range(500)]))
    assert np.mean(found.false_alarm < 0.01) <= 0.01
    assert np.mean(found.false_alarm < 0.05) <= 0.05
    assert np.mean(found.score >= ALERT) <= 0.01


def interval_null(draw):
    return lambda rng: np.cumsum(draw(rng, int(np.exp(rng.uniform(np.log(6), np.log(300))))) * 60)


NULLS = {
    "gamma .5": interval_null(lambda r, n: r.gamma(0.5, 2, n)),
    "gamma 1.5": interval_null(lambda r, n: r.gamma(1.5, 1 / 1.5, n)),
    "log-normal 1": interval_null(lambda r, n: r.lognormal(0, 1, n)),
    "log-normal 2": interval_null(lambda r, n: r.lognormal(0, 2, n)),
    "DNS TTL": interval_null(lambda r, n: 1 + r.exponential(r.uniform(0.5, 5), n)),
    "diurnal": lambda rng: rng.normal(12 * 3600, 3 * 3600, int(rng.integers(6, 300))) % 86_400,
}


@pytest.mark.parametrize("null", NULLS)
def test_stated_nulls_are_rarely_improbable(events_of, null):
    rng = np.random.default_rng(11)
    found = measure(events_of(*[NULLS[null](rng) for _ in range(500)], window_s=4e5))
    assert np.mean(found.false_alarm < 0.01) <= 0.01


def test_beacon_stands_out_and_is_described(events_of):
    rng = np.random.default_rng(2)
    steady = 10 + np.cumsum(np.full(118, 60.2))
    jittered = np.cumsum(rng.uniform(0.7, 1.3, 400) * 120)
    awake = np.arange(0, 86_400, 120.0) + rng.uniform(0, 5, 720)
    sleeping = awake[(awake < 30_000) | (awake > 70_000)]
    found = measure(events_of(steady, jittered, sleeping, poisson(rng, 200)))
    assert (found.score[:3] > 0.9).all()
    assert found.score[3] < 0.3
    assert found.period_s[:3] == pytest.approx([60.2, 120, 120], rel=0.03)
    assert found.jitter[1] == pytest.approx(0.3, abs=0.05)
    assert (found.false_alarm[:3] < 1e-6).all()
    assert found.kind.tolist() == [KIND["steady"], KIND["jittered"], KIND["sleep_wake"], KIND["none"]]
    assert np.isnan(found.period_s[3]) == (found.score[3] < 0.05)


def test_more_evidence_is_less_probable_by_accident(events_of):
    found = measure(events_of(*[60.0 * np.arange(n) for n in (6, 12, 30, 100)]))
    assert (np.diff(found.false_alarm) < 0).all()


def test_kinds_of_bursts_tasks_changes_and_open_connections(events_of):
    rng = np.random.default_rng(4)
    beats = 300.0 * np.arange(280) + rng.uniform(0, 20, 280)
    burst = (beats[:, None] + np.array([0, 0.6, 1.9])).ravel()
    tasks = np.concatenate([beats, 20_000 + np.cumsum(rng.exponential(1.5, 300))])
    change = np.concatenate([600.0 * np.arange(60), 36_000 + 60.0 * np.arange(500)])
    found = measure(events_of(burst, tasks, change))
    assert [CHANNEL_KINDS[k] for k in found.kind] == ["bursts", "interactive", "period_change"]
    one = events_of([0.0, 40_000.0])
    open_all_day = EventTable(one.start, one.time_ns, one.orig_bytes, one.resp_bytes, np.full(2, 40_000 * 10**9), one.answered, one.window)
    assert CHANNEL_KINDS[measure(open_all_day).kind[0]] == "long_connection"


def test_more_than_one_a_second_without_a_period_is_a_strobe(events_of):
    rng = np.random.default_rng(6)
    crowd, fast = rng.uniform(0, 86_400, 90_000), 0.5 * np.arange(172_000)
    found = measure(events_of(crowd, fast, rng.uniform(0, 86_400, 5000)))
    assert [CHANNEL_KINDS[k] for k in found.kind] == ["strobe", "steady", "none"]
    assert found.period_s[1] == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    ("period", "count", "days"),
    [(0.2, 400, 1), (0.8, 60, 1), (1.0, 60, 1), (2.1, 297, 1), (9.0, 40, 1), (3600.0, 20, 1), (43_200.0, 26, 14)],
)
def test_sleeps_from_parts_of_a_second_to_half_a_day_are_claimed(events_of, period, count, days):
    rng = np.random.default_rng(int(period * 10))
    times = 100 + np.cumsum(period * rng.uniform(0.9, 1.1, count))
    found = measure(events_of(times, window_s=days * 86_400.0))
    assert found.score[0] >= ALERT and found.false_alarm[0] < 1e-3
    assert found.period_s[0] == pytest.approx(period, rel=0.05)
    assert found.jitter[0] == pytest.approx(0.1, abs=0.05)


def test_four_events_say_something_and_never_too_much(events_of):
    clock, chance = 600.0 * np.arange(4), [0.0, 600.0, 1900.0, 2000.0]
    found = measure(events_of(clock, chance))
    assert found.checkins.tolist() == [4, 4] and found.score[0] > found.score[1]
    assert found.false_alarm.min() > 1e-6, "three intervals prove nothing"


@pytest.mark.parametrize("step", [-7200.0, -30.0, 30.0, 7200.0])
def test_a_clock_that_is_set_does_not_hide_a_beacon(events_of, step):
    """NTP sets the sensor's clock in mid-capture: the events come out of order, or with a hole."""
    rng = np.random.default_rng(3)
    times = 20_000 + np.cumsum(rng.uniform(54, 66, 400))
    times[200:] += step
    found = measure(events_of(times))
    assert found.score[0] >= ALERT
    assert found.period_s[0] == pytest.approx(60, rel=0.05) or step == -7200.0, "two clocks over each other"


def test_events_out_of_order_do_no_harm():
    """What should not come in unsorted is still answered in range."""
    times = np.random.default_rng(1).permutation(np.arange(100, dtype=np.int64) * 10**9)
    unknown = np.full(100, -1, np.int64)
    found = measure(EventTable(np.array([0, 100]), times, unknown, unknown, unknown, np.ones(100, bool), (0, 10**11)))
    assert np.isfinite(found.score).all() and ((found.false_alarm >= 0) & (found.false_alarm <= 1)).all()


def test_what_is_counted_is_what_a_loop_counts():
    """Channels of none, one and many events, some before and some after the window."""
    rng = np.random.default_rng(8)
    sizes = np.array([0, 1, 2, 0, 40, 300, 1])
    start = np.append(0, np.cumsum(sizes))
    times = np.concatenate([np.sort(rng.integers(-5_000, 105_000, n)) for n in sizes])
    lasted, answered = rng.integers(-1, 900, start[-1]), rng.random(start[-1]) < 0.6
    ends, shares = np.empty((2, len(sizes)), np.int64), np.empty((3, len(sizes)))
    sum_up(start, times, lasted, answered, 0, 100_000.0, ends, shares)
    for c, (lo, hi) in enumerate(pairwise(start.tolist())):
        own = times[lo:hi].tolist()
        slots = {min(max(int(t / 100_000 * 24), 0), 23) for t in own}
        assert ends[:, c].tolist() == ([own[0], own[-1]] if own else [0, 0])
        assert shares[0, c] == len(slots) / 24
        assert shares[1, c] == (sum(answered[lo:hi].tolist()) / len(own) if own else 0)
        assert shares[2, c] == pytest.approx(sum(max(d, 0) for d in lasted[lo:hi].tolist()) * 1e-9)


def test_a_channel_is_told_the_same_whatever_stands_beside_it(events_of, monkeypatch):
    """Most channels are too short to be described, and are left out before; the others are described in ranges on threads."""
    monkeypatch.setattr("pcapscan.measure.extract._RANGE_COSTS", 300)
    rng = np.random.default_rng(9)
    channels = [60 * np.cumsum(rng.uniform(0.8, 1.2, n)) for n in (0, 3, 40, 1, 4, 200, 2, 0, 90, 3)]
    channels += [poisson(rng, n) for n in (3, 50, 2, 400, 4, 1)]
    together = measure(events_of(*channels), workers=2)
    alone = ChannelTable.concat([measure(events_of(times)) for times in channels])
    assert (together.score > 0).sum() >= 5 and (~np.isnan(together.period_s)).sum() >= 3
    for name in ChannelTable.columns():
        np.testing.assert_array_equal(getattr(together, name), getattr(alone, name), name)


def test_nothing_few_equal_and_negative_times(events_of):
    found = measure(events_of([], [3.0], [7.0] * 50, [-5.0, -4.0, -3.0, -2.0, -1.0], [1.0, 2.0, 3.0]))
    assert (found.false_alarm[[0, 1, 2, 4]] == 1).all()
    assert (found.score[[0, 1, 2, 4]] == 0).all()
    assert np.isfinite(found.score).all()
    assert len(measure(events_of())) == 0


def test_window_of_no_length(events_of):
    found = measure(events_of(60.0 * np.arange(20), window_s=0.0))
    assert np.isfinite(found.score).all()
    assert ((found.coverage >= 0) & (found.coverage <= 1)).all()


def test_million_events_in_one_channel(events_of):
    found = measure(events_of(np.arange(1_000_000) * 0.08))
    assert found.period_s[0] == pytest.approx(0.08, rel=0.01)


def test_million_channels_of_one_event():
    n = 1_000_000
    times = np.arange(n, dtype=np.int64)
    found = measure(EventTable(np.arange(n + 1), times, times, times, times, np.ones(n, bool), (0, n)))
    assert len(found) == n
    assert not found.score.any()


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # which machine code passes over, and numpy says in plain Python
def test_times_at_the_ends_of_int64_do_no_harm():
    times = np.array([-(2**63), -1, 0, 1, 2, 2**63 - 1], np.int64)
    unknown = np.full(6, -1, np.int64)
    found = measure(EventTable(np.array([0, 6]), times, unknown, unknown, unknown, np.ones(6, bool), (-(2**63), 2**63 - 1)))
    assert np.isfinite(found.score).all()
