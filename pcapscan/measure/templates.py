"""What the intervals of a timer look like in a histogram of log-intervals, and what those of traffic without a timer look like.

The histogram has bins of 5 %. A template is the probability of each bin, seen from the bin that holds the template's own scale (the
period, or the mean). Beacons: an interval is spread evenly or normally around the period, some beats are missed (intervals near 2,
3, ... periods), and a share of intervals is of another origin. Nulls: gamma, log-normal, a floor plus an exponential (a client
that asks again once a cached answer has expired), two rates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Cdf = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Distribution function of an interval, in units of its scale."""

LOG_BIN = float(np.log(1.05))
"""Width of a bin in natural logarithm."""

SHORTEST_S = 1e-3
"""Where bin 0 begins; shorter intervals count as this."""

BINS = 448
"""Up to 3.1e6 s, five weeks."""

REACH = 72
"""Beacon templates span this many bins to each side of the period: 0.03 to 33 periods."""

NULL_REACH = 160

WIDTHS = (0.004, 0.02, 0.05, 0.10, 0.16, 0.24, 0.34, 0.45, 0.58, 0.72, 0.86)
"""Half-width of the even spread of an interval, relative to its mean; a timer that sleeps for U(p - jp, p) has j / (2 - j)."""

NORMAL_WIDTHS = (0.08, 0.18, 0.30, 0.42)
"""Standard deviations of the normally spread ones."""

MISSES = (0.02, 0.12, 0.27, 0.5)
OTHERS = (0.03, 0.25)

PAIR_TIMERS = 10
BEACONS = (len(WIDTHS) + len(NORMAL_WIDTHS)) * len(MISSES) * len(OTHERS)
"""How many beacon templates there are."""

_FINE = 24


def _log_histogram(cdf: Cdf, reach: int) -> NDArray[np.float64]:
    """Probability of each bin from ``-reach`` to ``reach``, averaged over where within its bin the scale lies."""
    edges = np.arange(-reach, reach + 2) * LOG_BIN
    shifts = (np.arange(_FINE) + 0.5) / _FINE * LOG_BIN
    values = cdf(np.exp(edges[None, :] - shifts[:, None]))
    return np.asarray(np.diff(values, axis=1).mean(axis=0))


def _normal_cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    # Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8
    t = 1 / (1 + 0.2316419 * np.abs(x))
    tail = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * t * (
        0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )  # fmt: skip
    return np.asarray(np.where(x > 0, 1 - tail, tail))


def beacon_templates() -> tuple[NDArray[np.float32], NDArray[np.float64], list[tuple[str, float, float, float]]]:
    """Every beacon template.

    Returns
    -------
    gain : float32[t, 2 * REACH + 1]
        Logarithm of the template's probability over that of the other origin, by bin offset from the period; never negative.
    base : float64[t]
        Logarithm of the probability of a bin under the other origin alone.
    names : list
        ``("even" or "normal", width, miss, other)``.
    """
    gain, base, names = [], [], []
    spreads = [("even", w) for w in WIDTHS] + [("normal", w) for w in NORMAL_WIDTHS]
    for shape, width in spreads:
        beats = np.array([_log_histogram(_beat_cdf(shape, width, k), REACH) for k in range(1, 9)])
        for miss in MISSES:
            weights = (1 - miss) * miss ** np.arange(8)
            body = weights @ beats / weights.sum()
            body += 1e-12
            for other in OTHERS:
                floor = other / BINS
                gain.append(np.log(((1 - other) * body + floor) / floor))
                base.append(np.log(floor))
                names.append((shape, width, miss, other))
    return np.array(gain, np.float32), np.array(base), names


def _beat_cdf(shape: str, width: float, k: int) -> Cdf:
    """Distribution of the sum of ``k`` intervals of mean 1."""
    if shape == "even" and k == 1:
        return lambda x: np.clip((x - 1 + width) / (2 * width), 0, 1)
    if shape == "even" and k == 2:  # triangular

        def triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
            u = np.clip((x - 2) / (2 * width), -1, 1)
            return np.where(u < 0, (1 + u) ** 2 / 2, 1 - (1 - u) ** 2 / 2)

        return triangle
    deviation = (width / np.sqrt(3) if shape == "even" else width) * np.sqrt(k)
    return lambda x: _normal_cdf((x - k) / deviation)


def _gamma_cdf(shape: float) -> Cdf:
    grid = np.linspace(-30, np.log(60 / shape + 20), 40_000)
    density = np.exp(shape * grid - shape * np.exp(grid))  # density of the logarithm, mean 1, not normalised
    area = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return lambda x: np.interp(np.log(np.maximum(x, 1e-13)), grid, area / area[-1])


def _lognormal_cdf(deviation: float) -> Cdf:
    return lambda x: _normal_cdf(np.log(np.maximum(x, 1e-13)) / deviation)


def _floor_cdf(scale: float) -> Cdf:
    return lambda x: np.where(x > 1, 1 - np.exp(-(np.maximum(x, 1) - 1) / scale), 0.0)


def _two_scale_cdf(ratio: float) -> Cdf:
    one = _gamma_cdf(1.0)
    return lambda x: 0.6 * one(x) + 0.4 * one(x / ratio)


def null_templates() -> tuple[NDArray[np.float32], list[str]]:
    """Every null template.

    Returns
    -------
    float32[t, 2 * NULL_REACH + 1]
        Logarithm of the probability of each bin by its offset from the scale's.
    list of str
        Families: gamma, lognormal, floor, two_scale.
    """
    cdfs = [("gamma", _gamma_cdf(k)) for k in (0.4, 0.63, 1.0, 1.6)]
    cdfs += [("lognormal", _lognormal_cdf(s)) for s in (0.6, 0.85, 1.3, 1.8, 2.3)]
    cdfs += [("floor", _floor_cdf(f)) for f in (0.35, 0.5, 0.75, 1.0, 1.5, 2.2, 3.5, 6.0)]
    cdfs += [("two_scale", _two_scale_cdf(r)) for r in (8.0, 40.0, 300.0)]
    rows = [np.log(0.97 * _log_histogram(cdf, NULL_REACH) + 0.03 / BINS) for _, cdf in cdfs]
    return np.array(rows, np.float32), [family for family, _ in cdfs]


PAIR_CELLS = 100
"""Cells of the fraction of the first of two neighbouring intervals."""


def pair_templates() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithms of the probabilities of the fraction of the first of two neighbouring intervals, under timers and under nulls.

    Timers: the fraction is spread evenly around 1/2, or 1/3 and 2/3 where one beat is missed; a share of 15 % is of another origin.
    Nulls: Beta(a, a), which is two gamma intervals of one rate, a = 1 being Poisson; a floor plus exponentials.

    Returns
    -------
    float64[PAIR_TIMERS, PAIR_CELLS], float64[k, PAIR_CELLS]
    """
    edges = np.linspace(0, 1, PAIR_CELLS + 1)
    timers = []
    for width in (0.012, 0.03, 0.06, 0.1, 0.16):
        for miss in (0.03, 0.2):
            p = np.full(PAIR_CELLS, 0.15 / PAIR_CELLS)
            for centre, weight in ((1 / 2, 1 - miss), (1 / 3, miss / 2), (2 / 3, miss / 2)):
                p += 0.85 * weight * np.diff(np.clip((edges - centre + width) / (2 * width), 0, 1))
            timers.append(np.log(p))
    u = (edges[1:] + edges[:-1]) / 2
    nulls = [(u * (1 - u)) ** (a - 1) for a in (0.4, 0.63, 1.0, 1.6, 2.5)]
    for f in (0.35, 0.5, 1.0, 2.0):
        rank = (np.arange(1000) + 0.5) / 1000
        d = 1 - f * np.log(rank)
        nulls.append(np.histogram(d[:, None] / (d[:, None] + d[None, :]), edges)[0] / 1e6 + 1e-4)
    return np.array(timers), np.log(np.array([p / p.sum() for p in nulls]))
