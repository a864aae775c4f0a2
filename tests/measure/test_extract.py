from __future__ import annotations

import numpy as np

from pcapscan.measure import measure
from pcapscan.measure.channels import CLAIM
from pcapscan.measure.extract import extract
from pcapscan.measure.features import ESTIMATES, NAMES
from pcapscan.measure.model import gate

DAY = 86_400.0


def beacons(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Timers of a minute to an hour, up to 40 % jitter, up to a fifth of the beats missed."""
    drawn = []
    for _ in range(count):
        period, jitter, n = rng.uniform(60, 3600), rng.uniform(0, 0.4), int(rng.integers(12, 200))
        at = np.cumsum(period * rng.uniform(1 - jitter, 1 + jitter, n))
        drawn.append(at[rng.random(n) > rng.uniform(0, 0.2)])
    return drawn


def poisson(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    return [np.sort(rng.uniform(0, DAY, int(rng.integers(8, 200)))) for _ in range(count)]


def test_gate_lets_beacons_through_and_dismisses_most_of_what_has_no_timer(events_of):
    rng = np.random.default_rng(3)
    _, of_beacons = extract(events_of(*beacons(rng, 1500)), gated=True)
    _, of_poisson = extract(events_of(*poisson(rng, 1500)), gated=True)
    period = ESTIMATES.index("period")
    assert np.isnan(of_beacons[:, period]).mean() <= 0.002
    assert np.isnan(of_poisson[:, period]).mean() >= 0.8


def test_gate_changes_nothing_of_what_it_lets_through(events_of):
    rng = np.random.default_rng(4)
    events = events_of(*beacons(rng, 100), *poisson(rng, 300))
    rows, estimates = extract(events)
    gated_rows, gated_estimates = extract(events, gated=True)
    through = ~np.isnan(gated_estimates[:, 0])
    assert 100 <= through.sum() < 250
    np.testing.assert_array_equal(gated_rows[through], rows[through])
    np.testing.assert_array_equal(gated_estimates[through], estimates[through])


def test_gate_asks_only_for_what_costs_little(events_of):
    """What a dismissed channel's row holds is what the gate saw."""
    rows, estimates = extract(events_of(*poisson(np.random.default_rng(5), 200)), gated=True)
    dismissed = np.isnan(estimates[:, 0])
    known = {name for name, column in zip(NAMES, rows[dismissed].T, strict=True) if not np.isnan(column).all()}
    assert set(gate().names) - {"duration_spread"} <= known  # no duration is known here
    assert not known & {"llr", "fit_width", "pair_peak", "beat_share"}


def test_what_the_gate_dismisses_is_ranked_and_nothing_is_claimed_of_it(events_of):
    rng = np.random.default_rng(6)
    channels = [*poisson(rng, 400), [1.0, 2.0]]
    found = measure(events_of(*channels))
    _, estimates = extract(events_of(*channels), gated=True)
    dismissed = np.isnan(estimates[:400, 0])
    assert dismissed.mean() > 0.7
    score = found.score[:400][dismissed]
    assert (score > 0).all() and len(np.unique(score)) > 0.9 * len(score) and score.max() < CLAIM
    assert np.isnan(found.period_s[:400][dismissed]).all() and (found.false_alarm[:400][dismissed] == 1).all()
    assert found.score[400] == 0, "two events are not ranked"


def test_dismissed_channels_are_ranked_about_as_the_model_would(events_of):
    """The more even, the higher: a gate that only said no would put half-even channels among the random ones."""
    rng = np.random.default_rng(7)
    even = [np.cumsum(rng.gamma(k, 1 / k, 60) * 60) for k in (0.4, 1.0, 2.5) for _ in range(150)]
    found = measure(events_of(*even))
    low, middle, high = (np.median(found.score[i : i + 150]) for i in (0, 150, 300))
    assert low < middle < high
