"""Events to verdict-free columns: score, probability, period, jitter, missed beats, kind.

The score ranks; it is learned (:mod:`pcapscan.measure.model`). The probability is not: it is a bound on how often a channel of
the stated null gives as much evidence.

The null, in two parts, of which the average of the evidence is taken:

- intervals drawn independently from the most favourable of gamma (shape 0.4 to 1.6, among them Poisson), log-normal (0.85 to 2.3),
  a floor plus an exponential of at least 0.75 times the floor (a cached answer that expires), or two rates, at any scale;
- or, locally: each two neighbouring intervals share one rate (whatever it is, so that rush hours and nights are covered), and
  the fraction of the first in both is Beta(a, a), 0.4 <= a <= 2.5, a = 1 being Poisson, or that of a floor plus exponentials.

Against each the likelihood ratio of a fixed bank of beacons is an e-value: its mean under the null is at most 1, so by Markov's
inequality a value of 1/p or more has a chance of at most p. (Vovk and Wang, "E-values: calibration, combination and applications",
Annals of Statistics 49(3), 2021.) A regular benign timer is as improbable as a beacon: this says "not by accident", not "malicious".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import kernel
from pcapscan.measure.extract import by_ranges, described, ready
from pcapscan.measure.features import ESTIMATES, NAMES
from pcapscan.measure.model import ALERT, forest, judge_rows, ranked_by_gate
from pcapscan.measure.templates import BEACONS, BINS, PAIR_TIMERS
from pcapscan.tables import CHANNEL_KINDS, F64, I8, I64, Bool, ChannelTable, EventTable

CLAIM = 0.05
"""Score below which no period is claimed."""

DISMISSED = 0.02
"""No channel that the gate dismisses scores more: well below what is claimed."""

STROBE_PER_DAY = 86_400
"""Connections a day from which a channel is a strobe, as RITA has it."""

OPEN_SHARE = 0.8
"""Share of the window with an open connection from which a channel is a long connection."""

SLOTS = 24
"""Equal parts of the window, hours for a day, in which something began or not."""

_E = {name: i for i, name in enumerate(ESTIMATES)}
_F = {name: i for i, name in enumerate(NAMES)}
_K = {name: i for i, name in enumerate(CHANNEL_KINDS)}


def measure(events: EventTable, workers: int = 1) -> ChannelTable:
    """Measure how periodic every channel is.

    Parameters
    ----------
    events : EventTable
        As :func:`pcapscan.measure.group` gives it.
    workers : int
        Threads.

    Returns
    -------
    ChannelTable
        Row by row the channels of ``events``.
    """
    ready()
    connections = np.diff(events.start)
    ends, shares = np.empty((2, len(connections)), np.int64), np.empty((3, len(connections)))
    begin, end = events.window
    columns: Any = (events.start, events.time_ns, events.duration_ns, events.answered)
    told: Any = (*map(np.ascontiguousarray, columns), begin, float(max(1, end - begin)), ends, shares)
    sum_up(*told)
    span_s = max(1e-9, (end - begin) * 1e-9)
    long = (shares[2] >= OPEN_SHARE * span_s) & (connections <= 50)
    none = np.full(len(connections), np.nan)
    table = ChannelTable(
        connections, connections.copy(), ends[0], ends[1], none, none.copy(), none.copy(), np.zeros(len(none)), np.ones(len(none)), shares[0],
        shares[1], np.where(long, _K["long_connection"], _K["none"]).astype(np.int8),
    )  # fmt: skip

    def fill(some: I64) -> None:
        """What is known of channels that may have a timer."""
        rows, est, sums = described(events, some, True)
        model = forest()
        tested = ~np.isnan(est[:, _E["period"]])
        score = np.zeros(len(some))
        score[tested] = judge_rows(model, rows[tested][:, [_F[name] for name in model.names]])
        dismissed = ~tested & ~np.isnan(sums)  # by the gate: nothing is claimed, but they rank
        score[dismissed] = np.minimum(ranked_by_gate(sums[dismissed]), DISMISSED)
        table.score[some], table.false_alarm[some] = score, false_alarm(est, tested)
        table.checkins[some[tested]] = est[tested, _E["checkins"]]
        table.kind[some] = np.where(long[some], table.kind[some], _kinds(connections[some], rows, est, score, span_s))
        claimed = tested & (score >= CLAIM)
        table.period_s[some[claimed]] = _period(rows, est)[claimed]
        table.jitter[some[claimed]], table.missed[some[claimed]] = est[claimed, _E["jitter"]], est[claimed, _E["missed"]]

    by_ranges(events, fill, workers)
    return table


def _period(rows: F64, est: F64) -> F64:
    """Period between check-ins; under denser other traffic, where neighbouring events say little, that of the pairs of events."""
    f = {name: rows[:, _F[name]] for name in ("beat_share", "pair_peak_z", "fit_width")}
    hidden = (f["beat_share"] < 0.3) & (f["pair_peak_z"] > 15) & (f["fit_width"] < 0.5)
    return np.where(hidden, est[:, _E["period_pair"]], est[:, _E["period"]])


def false_alarm(est: F64, tested: np.ndarray) -> F64:
    """Bound on the probability under the null of the module's docstring; 1 where nothing was tested."""
    by_interval = est[:, _E["llr_intervals"]] - np.log(BEACONS * BINS)
    by_pair = est[:, _E["llr_pairs"]] - np.log(PAIR_TIMERS)
    evidence = np.logaddexp(np.where(tested, by_interval, 0), np.where(tested, by_pair, 0)) - np.log(2)
    return np.where(tested, np.exp(-np.clip(evidence, 0, 690)), 1.0)


@kernel("void(int64[::1], int64[::1], int64[::1], boolean[::1], int64, float64, int64[:, ::1], float64[:, ::1])")
def sum_up(start: I64, time_ns: I64, duration_ns: I64, answered: Bool, begin_ns: int, span_ns: float, ends: I64, shares: F64) -> None:
    """What is counted of every channel, whether it has a timer or not.

    Parameters
    ----------
    start, time_ns, duration_ns, answered
        As in :class:`pcapscan.tables.EventTable`.
    begin_ns, span_ns
        The window.
    ends : int64[2, c]
        Filled: the first and the last time; 0 of a channel without events.
    shares : float64[3, c]
        Filled: share of the window's :data:`SLOTS` in which something began, share of answered events, seconds with an open connection.
    """
    for c in range(start.size - 1):
        lo, hi = start[c], start[c + 1]
        ends[0, c], ends[1, c] = 0, 0
        shares[0, c], shares[1, c], shares[2, c] = 0.0, 0.0, 0.0
        if hi == lo:
            continue
        ends[0, c], ends[1, c] = time_ns[lo], time_ns[hi - 1]
        slots, before, told, open_ns = 0, -1, 0, 0.0
        for i in range(lo, hi):
            place = (time_ns[i] - begin_ns) / span_ns * SLOTS
            slot = 0 if place < 0 else (SLOTS - 1 if place >= SLOTS else int(place))
            slots += slot != before
            before = slot
            told += answered[i]
            open_ns += max(duration_ns[i], 0)
        shares[0, c], shares[1, c], shares[2, c] = slots / SLOTS, told / (hi - lo), open_ns * 1e-9


def _kinds(count: I64, rows: F64, est: F64, score: F64, span_s: float) -> I8:
    jitter = est[:, _E["jitter"]]
    in_burst = 1 - est[:, _E["checkins"]] / est[:, _E["moments"]]
    several = est[:, _E["burst_share"]]
    f = {name: rows[:, _F[name]] for name in NAMES}
    gaps = f["gap_share"] * np.exp(-f["period_share"] - f["longest_gap"])  # at least so many of over five periods
    other = (f["fit_other"] > 0.1) & (f["beat_share"] < 0.5) & (f["pair_peak_z"] > 5) & (f["fit_width"] < 0.5)
    kind = np.where(jitter <= 0.1, _K["steady"], _K["jittered"])
    kind = np.where((f["gap_share"] > 0.15) & (f["longest_gap"] > np.log(12)), _K["sleep_wake"], kind)
    kind = np.where(other, _K["interactive"], kind)
    kind = np.where((f["ratio_15"] > 0.5) & ((f["one_share"] < 0.6) | (gaps > 8)), _K["period_change"], kind)
    kind = np.where((in_burst > 0.2) & (several >= 0.35), _K["bursts"], kind)
    kind = np.where((in_burst > 0.2) & (several < 0.35), _K["interactive"], kind)
    kind = np.where(score < ALERT, _K["none"], kind)
    return np.where((score < ALERT) & (count >= STROBE_PER_DAY * max(1.0, span_s / 86_400)), _K["strobe"], kind).astype(np.int8)
