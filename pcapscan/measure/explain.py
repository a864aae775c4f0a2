"""A channel in one sentence, and its pictures as plain arrays."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from pcapscan.measure.extract import extract
from pcapscan.measure.features import FEATURES, NAMES
from pcapscan.measure.model import contributions, forest
from pcapscan.tables import CHANNEL_KINDS, F64, I64, ChannelTable, EventTable

HOUR_NS = 3_600_000_000_000


class Plots(Struct, frozen=True):
    """What a renderer needs to draw a channel.

    Attributes
    ----------
    timeline_ns : int64[b + 1]
        Edges of equal parts of the window.
    timeline : int64[b]
        Check-ins in each.
    interval_s : float64[k + 1]
        Edges, evenly spaced in logarithm, of the histogram of intervals; empty where there are no intervals.
    intervals : int64[k]
        Intervals in each.
    period_s : float
        Where to draw the period; NaN where none is claimed.
    phase : float64[f + 1]
        Edges of the phase, 0..1, of the fold.
    fold : int64[f]
        Check-ins by time since the check-in before, modulo the period; a timer piles up at 0 and 1. Empty without a period.
    """

    timeline_ns: I64
    timeline: I64
    interval_s: F64
    intervals: I64
    period_s: float
    phase: F64
    fold: I64


def duration_text(seconds: float) -> str:
    """Seconds as a person writes them: 250 ms, 60.2 s, 45 min, 6.5 h."""
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 600:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def chance_text(p: float) -> str:
    """Probability as a bound: ``< 1e-9``; never smaller than 1e-12, which no model of traffic is good for."""
    if p >= 0.1:
        return "chance of this by accident not small"
    return f"chance of this by accident < 1e{int(np.clip(np.ceil(np.log10(max(p, 1e-300))), -12, -1))}"


def hours_present(times_ns: I64, window: tuple[int, int]) -> tuple[int, int]:
    """Hours of the window with a check-in, and hours of the window (both counted from its beginning)."""
    total = max(1, -(-(window[1] - window[0]) // HOUR_NS))
    return len(np.unique(np.clip((times_ns - window[0]) // HOUR_NS, 0, total - 1))), int(total)


def explain(events: EventTable, channels: ChannelTable, i: int) -> str:
    """Say in one sentence what channel ``i`` is.

    Examples
    --------
    ``118 check-ins, every 60.2 s (jitter 18 %), 3 % missed, present in 22 of 24 hours; chance of this by accident < 1e-9``
    """
    times = events.time_ns[events.start[i] : events.start[i + 1]]
    here, of = hours_present(times, events.window)
    count, checkins, period = int(channels.connections[i]), int(channels.checkins[i]), float(channels.period_s[i])
    said = f"{checkins:,} check-ins".replace(",", " ")
    if count > checkins:
        said += f" of {count / checkins:.2g} connections each"
    if np.isnan(period):
        return f"{said}, no period, present in {here} of {of} hours"
    said += f", every {duration_text(period)} (jitter {100 * np.nan_to_num(channels.jitter[i]):.0f} %)"
    said += f", {100 * channels.missed[i]:.0f} % missed"
    kind = {
        "sleep_wake": ", with sleeping hours", "period_change": ", after a change of period", "interactive": ", under other traffic",
    }.get(CHANNEL_KINDS[channels.kind[i]], "")  # fmt: skip
    return f"{said}{kind}, present in {here} of {of} hours; {chance_text(float(channels.false_alarm[i]))}"


def reasons(events: EventTable, i: int, most: int = 5) -> list[tuple[str, str, float]]:
    """Name the features that moved the score of channel ``i`` most: (name, meaning, logits moved), greatest first."""
    row, _ = extract(_only(events, i))
    model = forest()
    moved = contributions(model, row[0][[NAMES.index(name) for name in model.names]])
    meaning = dict(FEATURES)
    ranked = sorted(moved.items(), key=lambda item: -abs(item[1]))[:most]
    return [(name, meaning[name], value) for name, value in ranked]


def plots(events: EventTable, i: int, period_s: float | None = None, bins: int = 96) -> Plots:
    """Arrays for the timeline, the interval histogram with the period, and the phase fold of channel ``i``.

    Parameters
    ----------
    events : EventTable
    i : int
    period_s : float, optional
        The claimed period; measured here if not given.
    bins : int
        Parts of the timeline.
    """
    if period_s is None:
        _, estimates = extract(_only(events, i))
        period_s = float(estimates[0, 0])
    return drawn(events.time_ns[events.start[i] : events.start[i + 1]], events.window, period_s, bins)


def drawn(times: I64, window: tuple[int, int], period_s: float, bins: int = 96) -> Plots:
    """As :func:`plots`, of a channel's times."""
    lo, hi = window[0], max(window[1], window[0] + 1)
    edges = lo + (np.arange(bins + 1) * ((hi - lo) / bins)).astype(np.int64)
    timeline = np.bincount(np.clip(((times - lo) / (hi - lo) * bins).astype(np.int64), 0, bins - 1), minlength=bins)
    gaps = np.diff(times) * 1e-9
    gaps = gaps[gaps > 0]
    if len(gaps):
        interval_s = np.geomspace(max(1e-3, gaps.min() * 0.9), max(2e-3, gaps.max() * 1.1), 49)
        intervals = np.histogram(gaps, interval_s)[0]
    else:
        interval_s, intervals = np.zeros(0), np.zeros(0, np.int64)
    known = np.isfinite(period_s) and period_s > 0 and len(gaps) > 0
    phase = np.linspace(0, 1, 33) if known else np.zeros(0)
    fold = np.histogram((gaps / period_s) % 1.0, phase)[0] if known else np.zeros(0, np.int64)
    return Plots(edges, timeline, interval_s, intervals, float(period_s), phase, fold)


def _only(events: EventTable, i: int) -> EventTable:
    lo, hi = int(events.start[i]), int(events.start[i + 1])
    return EventTable(
        np.array([0, hi - lo], np.int64), events.time_ns[lo:hi], events.orig_bytes[lo:hi], events.resp_bytes[lo:hi],
        events.duration_ns[lo:hi], events.answered[lo:hi], events.window,
    )  # fmt: skip
