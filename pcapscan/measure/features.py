"""The numbers that tell a timer from traffic without one, a channel at a time.

A channel's times are cut into check-ins (bursts merged at the valley between short and long intervals). Both the raw intervals
and those between check-ins are described by their spread, by how well beacon and null templates fit their histogram, and by how
like neighbours are; differences over several events find beats under other traffic; counts per eight periods tell a steady
channel from sessions. Everything is in units of the channel's own intervals, so that no period is preferred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcapscan.kernels import allocating_helper, helper, kernel
from pcapscan.measure.sorting import count_below, lay, put_in_order, steps
from pcapscan.measure.spread import quantile, shortest_holding
from pcapscan.measure.templates import BINS, LOG_BIN, NULL_REACH, REACH, SHORTEST_S
from pcapscan.tables import F64, I64, Bool

FEATURES = (
    ("log_checkins", "how many check-ins there are"),
    ("log_events", "how many events there are"),
    ("burst_size", "events per check-in"),
    ("burst_valley", "how clearly short gaps part from long ones"),
    ("span_share", "share of the window between first and last event"),
    ("period_share", "the period relative to the span"),
    ("log_period", "the period itself"),
    ("q05", "short end of the intervals"),
    ("q10", "short end of the intervals"),
    ("q25", "lower quartile of the intervals"),
    ("q75", "upper quartile of the intervals"),
    ("q90", "long end of the intervals"),
    ("q95", "long end of the intervals"),
    ("half25", "how narrow the densest quarter of the intervals is"),
    ("half50", "how narrow the densest half of the intervals is"),
    ("half75", "how narrow the densest three quarters of the intervals are"),
    ("raw_half25", "the same before bursts are merged"),
    ("raw_half50", "the same before bursts are merged"),
    ("raw_half75", "the same before bursts are merged"),
    ("cv", "deviation of the intervals over their mean"),
    ("llr", "beacon template against the best null, per interval"),
    ("llr_total", "beacon template against the best null"),
    ("llr_gamma", "beacon template against gamma, per interval"),
    ("llr_lognormal", "beacon template against log-normal, per interval"),
    ("llr_floor", "beacon template against a client that asks after expiry, per interval"),
    ("llr_floor_total", "beacon template against a client that asks after expiry"),
    ("llr_two_scale", "beacon template against two rates, per interval"),
    ("fit_even", "evenly against normally spread intervals, per interval"),
    ("fit_width", "width of the best template"),
    ("fit_miss", "missed share of the best template"),
    ("fit_other", "other share of the best template"),
    ("raw_llr", "as llr, before bursts are merged"),
    ("raw_llr_total", "as llr_total, before bursts are merged"),
    ("ratio_median", "how alike neighbouring intervals are"),
    ("ratio_q25", "how alike the most alike neighbours are"),
    ("ratio_q75", "how alike the less alike neighbours are"),
    ("ratio_02", "share of neighbours within 2 %"),
    ("ratio_15", "share of neighbours within 15 %"),
    ("ratio_30", "share of neighbours within 30 %"),
    ("ratio_gain", "neighbours within 15 % against intervals drawn at random"),
    ("raw_ratio_15", "as ratio_15, before bursts are merged"),
    ("local_variation", "Shinomoto's LV: 1 for Poisson, 0 for a clock"),
    ("serial", "correlation of neighbouring log-intervals"),
    ("pair_peak", "peak in the differences over up to eight events, in deviations per root event"),
    ("pair_peak_z", "the same peak in deviations"),
    ("pair_share", "share of events that the peak explains"),
    ("pair_agrees", "whether that peak is at the period"),
    ("beat_share", "share of intervals within 15 % of a multiple of the period"),
    ("one_share", "share of intervals within 15 % of the period"),
    ("fano", "dispersion of the counts per eight periods"),
    ("occupied", "share of blocks of eight periods that are not empty"),
    ("longest_gap", "longest gap in periods"),
    ("gap_share", "share of the span in gaps of over five periods"),
    ("pair_even", "evidence of neighbouring pairs of intervals against a locally constant rate, per pair"),
    ("size_orig", "spread of the originator's bytes"),
    ("size_resp", "spread of the responder's bytes"),
    ("size_repeat", "share of events with the commonest originator size"),
    ("size_same", "share of events whose originator size is the one before's, within 2 %"),
    ("duration_spread", "spread of the durations"),
)  # fmt: skip
"""Name and meaning; ``features`` fills its rows in this order."""

NAMES = tuple(name for name, _ in FEATURES)
ESTIMATES = ("period", "period_pair", "checkins", "llr_intervals", "llr_pairs", "jitter", "missed", "burst_share", "threshold", "moments")
"""What else the kernel says of a channel; column order of ``estimates``."""

FEWEST = 4
"""Events below which nothing is said of a channel's timing: most channels of most captures have fewer."""

MOMENTS = 9
"""Rows of scratch that the kernels need: times, intervals, logarithms."""

_NF = len(FEATURES)
_ORDERS = 8
_LOG_SHORTEST = float(np.log(SHORTEST_S))


@helper
def _bin_of(d: float) -> int:
    if d <= SHORTEST_S:
        return 0
    return min(BINS - 1, int(np.log(d / SHORTEST_S) / LOG_BIN))


@helper
def _bin_of_log(d: float, x: float) -> int:
    """:func:`_bin_of` an interval whose logarithm is known: another is only taken where rounding could tell on which side of an edge it lies."""
    y = (x - _LOG_SHORTEST) / LOG_BIN
    b = int(y)
    return min(BINS - 1, b) if 1e-9 < y - b < 1 - 1e-9 else _bin_of(d)


@helper
def _valley(hist: I64, lo: int, hi: int, total: int, work: F64) -> tuple[float, float]:
    """Where short gaps part from long ones: threshold in seconds (0 where nowhere), and the depth of the valley in nats.

    Bins from ``lo`` to ``hi`` hold something; ``work`` is scratch.
    """
    smooth, right, deep = work[0], work[1], work[2]
    smooth[max(0, lo - 5) : min(BINS, hi + 5)] = 0.0
    for b in range(lo, hi):
        if hist[b] > 0:
            for k in range(max(0, b - 5), min(BINS, b + 6)):
                smooth[k] += hist[b] * (6 - abs(k - b)) / 6.0
    best = 0.0
    for b in range(hi - 1, lo - 1, -1):
        best = max(best, smooth[b])
        right[b] = best
    left, below, deepest = 0.0, 0, 1.0
    for b in range(lo, hi):
        deep[b] = 0.0
        left = max(left, smooth[b])
        below += hist[b]
        above = total - below
        if above >= 3 and below >= 2 and 0.02 * total <= above <= 0.9 * total:
            deep[b] = (min(left, right[b]) + 0.3) / (smooth[b] + 0.3)
            deepest = max(deepest, deep[b])
    depth = np.log(deepest)
    if depth <= 0:
        return 0.0, 0.0
    first, last, begin = 0, -1, -1
    enough = deepest**0.75
    for b in range(lo, hi):  # of valleys about as deep, the widest
        if deep[b] < enough:
            begin = -1
            continue
        if begin < 0:
            begin = b
        if b - begin > last - first:
            first, last = begin, b
    return SHORTEST_S * np.exp(LOG_BIN * (0.5 * (first + last) + 1.0)), depth


@helper
def _are_bursts(d: F64, ordered: F64, threshold: float) -> bool:
    """Whether the gaps below a threshold are those within bursts.

    They are far shorter than the others (missed beats double or treble an interval), and not a faster timer of its own: regular, in
    long runs.
    """
    cut = np.log(threshold)
    below = count_below(ordered, cut)
    if below < 1 or below >= ordered.size:
        return False
    if quantile(ordered[below:], 0.5) - quantile(ordered[:below], 0.5) < np.log(7.0):
        return False
    runs = 0
    for i in range(d.size):
        runs += d[i] < threshold and (i == 0 or d[i - 1] >= threshold)
    spread = quantile(ordered[:below], 0.75) - quantile(ordered[:below], 0.25)
    return not (below > 6 * runs and spread < 0.9)


@allocating_helper
def _fit(
    hist: I64,
    n: int,
    gain: NDArray[np.float32],
    base: F64,
    scouts: I64,
    by_offset: NDArray[np.float32],
    nulls: NDArray[np.float32],
    out: F64,
) -> None:
    """Best beacon template and the best of each null family.

    ``out``: best log-likelihood, its template, its shift, best even, best normal, then gamma, lognormal, floor, two_scale; sum
    of the templates' likelihoods against the null that is stated. ``gain`` is given backwards; ``by_offset`` is it turned, ``nulls`` is turned
    too: all templates lie side by side, so that they are added at once.
    """
    at = np.empty(BINS, np.int64)
    many = np.empty(BINS, np.float32)
    used = 0
    for b in range(BINS):
        if hist[b] > 0:
            at[used] = b
            many[used] = hist[b]
            used += 1
    lo, hi = max(0, at[0] - 4), min(BINS, at[used - 1] + 5)
    top = np.full(BINS, -1e30)
    line = np.empty(BINS + 2 * REACH + 2, np.float32)
    for s in range(scouts.size):
        k = scouts[s]
        line[:] = 0
        for u in range(used):
            # offset = bin - shift, so shift runs against the gain, which is given backwards
            # parts and rows by themselves: an index that may be negative keeps a loop from being done eight or sixteen at a time
            weight, part, own = many[u], line[at[u] : at[u] + 2 * REACH + 1], gain[k]
            for o in range(2 * REACH + 1):
                part[o] += weight * own[o]
        floor, part, best_of = n * base[k], line[lo + REACH : hi + REACH], top[lo:hi]
        for i in range(hi - lo):
            best_of[i] = max(best_of[i], part[i] + floor)
    all_templates = np.empty(base.size)
    together, strict = 0.0, -1e30
    best, best_k, best_p, even, normal = -1e30, 0, lo, -1e30, -1e30
    for _ in range(3):
        peak = lo
        for p in range(lo, hi):
            if top[p] > top[peak]:
                peak = p
        if top[peak] < -1e29:
            break
        for p in range(max(lo, peak - 2), min(hi, peak + 3)):
            for k in range(base.size):
                all_templates[k] = n * base[k]
            for u in range(used):
                o = at[u] - p + REACH
                if 0 <= o <= 2 * REACH:
                    weight, own = many[u], by_offset[o]
                    for k in range(base.size):
                        all_templates[k] += weight * own[k]
            for k in range(base.size):
                v = all_templates[k]
                if v > best:
                    together = together * np.exp(best - v) + 1.0
                    best, best_k, best_p = v, k, p
                elif v > best - 25:
                    together += np.exp(v - best)
                if k < 88:
                    even = max(even, v)
                else:
                    normal = max(normal, v)
        for p in range(max(lo, peak - 4), min(hi, peak + 5)):
            top[p] = -1e30
    seen, median = 0, at[0]
    for u in range(used):
        seen += hist[at[u]]
        if 2 * seen >= n:
            median = at[u]
            break
    for f in range(4):
        out[5 + f] = -1e30
    all_nulls = np.empty(nulls.shape[1])
    for p in range(median - 64, median + 44, 2):
        all_nulls[:] = 0.0
        for u in range(used):
            o = min(max(at[u] - p + NULL_REACH, 0), 2 * NULL_REACH)
            weight, own = many[u], nulls[o]
            for k in range(nulls.shape[1]):
                all_nulls[k] += weight * own[k]
        for k in range(nulls.shape[1]):
            f = 0 if k < 4 else (1 if k < 9 else (2 if k < 17 else 3))
            v = all_nulls[k]
            if v > out[5 + f]:
                out[5 + f] = v
            if k != 4 and k != 9 and k != 10 and v > strict:  # the narrowest ones are rivals for ranking, not the stated null
                strict = v
    out[0], out[1], out[2], out[3], out[4] = best, best_k, best_p, even, normal
    out[9] = best + np.log(together) - strict


@allocating_helper
def _pair_peak(t: F64, out: F64) -> None:
    """Peak in the differences over 1 to 8 events: deviations, share explained, its place; place of the first that is a third as high."""
    n = t.size
    cum = np.zeros(BINS + 1)
    for k in range(1, _ORDERS + 1):
        for i in range(n - k):
            cum[_bin_of(t[i + k] - t[i]) + 1] += 1
    for b in range(BINS):
        cum[b + 1] += cum[b]
    z_best, share, place = 0.0, 0.0, 0.0
    high = np.zeros(BINS)
    for half in (0, 1, 3, 6):
        width = 2 * half + 1
        for b in range(16, BINS - 16):
            inside = cum[b + half + 1] - cum[b - half]
            if inside < 3:
                continue
            far = half + 3 + width
            a, z = max(0, b - far), min(BINS, b + far + 1)
            skip_a, skip_z = b - half - 2, b + half + 3
            outside = (cum[skip_a] - cum[a]) + (cum[z] - cum[skip_z])
            bins = (skip_a - a) + (z - skip_z)
            expected = outside * width / bins
            v = (inside - expected) / np.sqrt(expected + 1.0)
            high[b] = max(high[b], v)
            if v > z_best:
                z_best = v
                share = (inside - expected) / n
                place = SHORTEST_S * np.exp(LOG_BIN * (b + 0.5))
    first = 0
    while first < BINS - 8 and high[first] < 0.3 * z_best:
        first += 1
    for b in range(first, first + 8):
        if high[b] > high[first]:
            first = b
    out[0], out[1], out[2], out[3] = z_best, share, place, SHORTEST_S * np.exp(LOG_BIN * (first + 0.5))


@helper
def _refine(d: F64, period: float, width: float) -> float:
    """Mean length of a beat over the intervals near a multiple of the period, twice."""
    tolerance = min(0.45, max(0.06, 1.3 * width))
    for _ in range(4):
        total, beats = 0.0, 0
        for i in range(d.size):
            k = int(d[i] / period + 0.5)
            if 1 <= k <= 4 and abs(d[i] - k * period) <= tolerance * period * np.sqrt(k):
                total += d[i]
                beats += k
        if beats == 0:
            return period
        period = total / beats
    return period


@helper
def _spread_and_missed(d: F64, period: float, width: float, out: F64) -> None:
    """Half-width of an even spread with the deviation seen in single beats, relative to the period; share of beats without a check-in.

    Gaps of more than eight periods are sleep, not missed beats.
    """
    tolerance = min(0.5, max(0.06, 1.6 * width))
    squares, singles, beats, arrived = 0.0, 0, 0, 0
    for i in range(d.size):
        k = int(d[i] / period + 0.5)
        if k <= 1:
            k = 1
            if abs(d[i] - period) <= max(tolerance, min(1.0, 1.2 * width)) * period:
                squares += (d[i] / period - 1) ** 2
                singles += 1
        if k <= 8:
            beats += k
            arrived += 1
    out[0] = min(1.0, np.sqrt(3 * squares / singles)) if singles > 0 else np.nan
    out[1] = 1 - arrived / beats if beats > 0 else np.nan


@helper
def _neighbours(x: F64, ordered: F64, r: F64, spare: F64, out: F64) -> None:
    """Likeness of neighbouring log-intervals: median, quartiles, shares within 2, 15, 30 %, the gain over chance; ``r`` and ``spare`` are scratch."""
    n = x.size - 1
    a, b, c = 0, 0, 0
    for i in range(n):
        r[i] = abs(x[i + 1] - x[i])
        a += r[i] < 0.02
        b += r[i] < 0.14
        c += r[i] < 0.262
    put_in_order(r, spare)
    out[0], out[1], out[2] = quantile(r, 0.5), quantile(r, 0.25), quantile(r, 0.75)
    out[3], out[4], out[5] = a / n, b / n, c / n
    j, pairs = 0, 0
    for i in range(ordered.size):
        while ordered[i] - ordered[j] >= 0.14:
            j += 1
        pairs += i - j
    chance = 2.0 * pairs / (ordered.size * (ordered.size - 1.0))
    out[6] = np.log((b / n + 0.02) / (chance + 0.02))


@allocating_helper
def _pair_evidence(d: F64, timers: F64, nulls: F64, out: F64) -> None:
    """Fraction u of the first of two neighbouring intervals, over disjoint pairs: even on 0..1 at a locally constant rate.

    ``out``: log-likelihood of the best timer density over that of the most favourable null; number of pairs.
    """
    n = d.size // 2
    cells = timers.shape[1]
    counts = np.zeros(cells)
    for i in range(n):
        counts[min(cells - 1, int(d[2 * i] / (d[2 * i] + d[2 * i + 1]) * cells))] += 1
    best, best_null = -1e30, -1e30
    for k in range(timers.shape[0]):
        v = 0.0
        for c in range(cells):
            v += counts[c] * timers[k, c]
        best = max(best, v)
    for k in range(nulls.shape[0]):
        v = 0.0
        for c in range(cells):
            v += counts[c] * nulls[k, c]
        best_null = max(best_null, v)
    out[0], out[1] = best - best_null, n


@helper
def _blocks(t: F64, period: float, out: F64) -> None:
    """Count in blocks of eight periods: dispersion, share not empty; longest gap in periods, share of the span in gaps over five."""
    n = t.size
    span = t[n - 1] - t[0]
    size = max(8 * period, span / 4096)
    blocks = max(1, int(span / size))
    squares, occupied, current, block = 0.0, 0, 0, 0
    inside = 0
    longest, gaps = 0.0, 0.0
    for i in range(n):
        if i > 0:
            gap = t[i] - t[i - 1]
            longest = max(longest, gap)
            if gap > 5 * period:
                gaps += gap
        b = int((t[i] - t[0]) / size)
        if b >= blocks:
            break
        if b != block:
            squares += current * current
            occupied += current > 0
            current, block = 0, b
        current += 1
        inside += 1
    squares += current * current
    occupied += current > 0
    mean = inside / blocks
    out[0] = np.log((squares / blocks - mean * mean) / mean + 0.05) if mean > 0 and blocks > 1 else np.nan
    out[1] = occupied / blocks if blocks > 1 else np.nan
    out[2] = np.log(longest / period + 0.1)
    out[3] = gaps / span


@helper
def _known(values: I64, place: I64, n: int, unit: float, out: F64) -> int:
    """Known values of the first 2000 moments, in units; how many."""
    known = 0
    for i in range(min(n, 2000)):
        v = values[place[i]] * unit
        if v >= 0:
            out[known] = v
            known += 1
    return known


@helper
def _quartiles_apart(ordered: F64, shift: float) -> float:
    """Interquartile range of the logarithms: only those that it lies between are taken."""
    return _log_quantile(ordered, 0.75, shift) - _log_quantile(ordered, 0.25, shift)


@helper
def _log_quantile(ordered: F64, q: float, shift: float) -> float:
    """:func:`quantile` of the logarithms of sorted values."""
    place = q * (ordered.size - 1)
    k = int(place)
    below = np.log(ordered[min(k, ordered.size - 1)] + shift)
    if k + 1 >= ordered.size:
        return float(below)
    return float(below + (place - k) * (np.log(ordered[k + 1] + shift) - below))


@helper
def _nearly(a: float, b: float) -> bool:
    """Whether two positive numbers are within 2 % of each other; logarithms are only taken at the edge."""
    ratio = a / b
    if 0.9802 < ratio < 1.0202:
        return True
    if ratio < 0.980198 or ratio > 1.020202:
        return False
    return bool(abs(np.log(a) - np.log(b)) < 0.02)


@helper
def _same_size(a: float, b: float) -> bool:
    """Whether the logarithms of two counts of bytes, ``a`` at most ``b``, are within 1e-9: the counts are equal, or huge."""
    if a == b or b < 1e8:
        return a == b
    return bool(np.log(b + 20.0) - np.log(a + 20.0) < 1e-9)


@helper
def _likeness(orig: I64, resp: I64, duration: I64, place: I64, n: int, work: F64, spare: F64, out: F64) -> None:
    """Say how alike the exchanges are; absent where fewer than four values are known.

    ``place``: where the moments stand in the columns; ``work`` and ``spare`` are scratch. ``out``: interquartile range of both sides' log-bytes,
    commonest originator size, size like the one before, range of log-durations.
    """
    out[:5] = np.nan
    a = work[: _known(orig, place, n, 1.0, work)]
    if a.size >= 4:
        same = 0
        for i in range(1, a.size):
            same += _nearly(a[i] + 20.0, a[i - 1] + 20.0)
        put_in_order(a, spare)
        run, most = 1, 1
        for i in range(1, a.size):
            run = run + 1 if _same_size(a[i - 1], a[i]) else 1
            most = max(most, run)
        out[0], out[2], out[3] = _quartiles_apart(a, 20.0), most / a.size, same / (a.size - 1.0)
    b = work[: _known(resp, place, n, 1.0, work)]
    if b.size >= 4:
        put_in_order(b, spare)
        out[1] = _quartiles_apart(b, 20.0)
    c = work[: _known(duration, place, n, 1e-9, work)]
    if c.size >= 4:
        put_in_order(c, spare)
        out[4] = _quartiles_apart(c, 0.01)


@helper
def _cheap(d: F64, ordered: F64, e: F64, x: F64, x_ordered: F64, work: F64, spare: F64, row: F64) -> None:
    """Fill what costs little: spreads of the intervals, likeness of neighbours.

    ``d``: all intervals, ``ordered`` their logarithms in order; ``e``: those between check-ins, ``x`` their logarithms, ``x_ordered`` these
    in order; ``work`` and ``spare`` are scratch.
    """
    middle = quantile(x_ordered, 0.5)
    row[7], row[8], row[9] = quantile(x_ordered, 0.05) - middle, quantile(x_ordered, 0.1) - middle, quantile(x_ordered, 0.25) - middle
    row[10], row[11], row[12] = quantile(x_ordered, 0.75) - middle, quantile(x_ordered, 0.9) - middle, quantile(x_ordered, 0.95) - middle
    for k in range(3):
        row[13 + k] = shortest_holding(x_ordered, 0.25 * (k + 1))
        row[16 + k] = shortest_holding(ordered, 0.25 * (k + 1)) if e.size < d.size else row[13 + k]
    row[19] = np.log(np.std(e) / np.mean(e) + 1e-4)
    _neighbours(x, x_ordered, work[: x.size - 1], spare, row[33:40])
    raw_near = 0
    for i in range(d.size - 1):
        raw_near += abs(d[i + 1] / d[i] - 1) < 0.15
    row[40] = raw_near / (d.size - 1.0)
    lv, mean = 0.0, 0.0
    for i in range(e.size):
        mean += x[i]
        if i > 0:
            lv += ((e[i] - e[i - 1]) / (e[i] + e[i - 1])) ** 2
    mean /= e.size
    var, cov = 1e-9, 0.0
    for i in range(e.size):
        var += (x[i] - mean) ** 2
        if i > 0:
            cov += (x[i] - mean) * (x[i - 1] - mean)
    row[41] = 3 * lv / (e.size - 1.0)
    row[42] = cov / var


@helper
def _moments(time_ns: I64, a: int, z: int, t: F64, place: I64) -> int:
    """Seconds since the first of the events from ``a`` to ``z`` of which none is closer than 1 ms to the one before; how many there are."""
    n = 0
    for i in range(a, z):
        s = (time_ns[i] - time_ns[a]) * 1e-9
        if n > 0 and s - t[n - 1] < SHORTEST_S:
            continue
        t[n], place[n] = s, i
        n += 1
    return n


@helper
def _check_ins(t: F64, d: F64, x: F64, ordered: F64, keep: F64, spare: F64, hist: I64, work: F64) -> tuple[int, float, float]:
    """Intervals ``d`` of the moments, their logarithms ``x`` and these in order, their histogram, and the check-ins ``keep``.

    How many check-ins there are, the threshold below which intervals lie within bursts (0 where there are none), the depth of the valley.
    """
    n = t.size
    lo, hi = BINS, 0
    hist[:] = 0
    for i in range(n - 1):
        d[i] = t[i + 1] - t[i]
        x[i] = ordered[i] = np.log(d[i])
        b = _bin_of_log(d[i], x[i])
        hist[b] += 1
        lo, hi = min(lo, b), max(hi, b + 1)
    put_in_order(ordered, spare)
    threshold, depth = _valley(hist, lo, hi, n - 1, work)
    keep[0] = t[0]
    m = 1
    if depth > 0.9 and _are_bursts(d, ordered, threshold):
        for i in range(1, n):
            if d[i - 1] >= threshold:
                keep[m] = t[i]
                m += 1
    if m < 4:
        m, threshold, depth = n, 0.0, min(depth, 0.9)
        lay(keep, t)
    return m, threshold, depth


@kernel(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], float64[:, ::1], int64[::1], int64[::1], float64[:, ::1], "
    "float64[:, ::1])"
)
def survey(start: I64, time_ns: I64, orig_bytes: I64, resp_bytes: I64, duration_ns: I64, some: I64,
           moments: F64, place: I64, hist: I64, work: F64, rows: F64) -> None:  # fmt: skip
    """Fill the features that cost little of some channels, NaN for the others and where a channel has fewer than four moments.

    Parameters
    ----------
    start, time_ns, orig_bytes, resp_bytes, duration_ns
        As in :class:`pcapscan.tables.EventTable`.
    some : int64[k]
        Which channels.
    moments, place, hist, work : float64[MOMENTS, e], int64[e], int64[BINS], float64[3, BINS]
        Scratch, of at least as many events as a channel has.
    rows : float64[k, len(FEATURES)]
        Filled.
    """
    keep, scratch, spare = moments[4], moments[7], moments[8]
    for k in range(some.size):
        row = rows[k]
        row[:] = np.nan
        a, z = start[some[k]], start[some[k] + 1]
        n = _moments(time_ns, a, z, moments[0], place) if z - a >= FEWEST else 0
        if n < FEWEST:
            continue
        d, x, ordered = moments[1, : n - 1], moments[2, : n - 1], moments[3, : n - 1]
        m, _, depth = _check_ins(moments[0, :n], d, x, ordered, keep, spare, hist, work)
        e, e_x, e_ordered = d, x, ordered
        if m < n:
            e, e_x, e_ordered = moments[5, : m - 1], moments[6, : m - 1], moments[0, : m - 1]
            for i in range(m - 1):
                e[i] = keep[i + 1] - keep[i]
                e_x[i] = e_ordered[i] = np.log(e[i])
            put_in_order(e_ordered, spare)
        _cheap(d, ordered, e, e_x, e_ordered, scratch, spare, row)
        _likeness(orig_bytes, resp_bytes, duration_ns, place, n, scratch, spare, row[54:59])
        row[0], row[1], row[2], row[3] = np.log(m), np.log(n), n / m, depth


@allocating_helper
def _describe(t: F64, d: F64, c: F64, threshold: float, hist: I64, window: float, gain: NDArray[np.float32], base: F64, scouts: I64,
              widths: F64, by_offset: NDArray[np.float32], nulls: NDArray[np.float32],
              timer_pairs: F64, null_pairs: F64, row: F64, est: F64) -> None:  # fmt: skip
    """Fill what costs much of the features of one channel, and its estimates.

    ``t``: moments, ``d`` their intervals, ``c`` check-ins.
    """
    n, m = t.size, c.size
    e = steps(c)
    k = m - 1.0
    raw_k = n - 1.0
    fit, raw_fit = np.empty(10), np.empty(10)
    _fit(hist, n - 1, gain, base, scouts, by_offset, nulls, raw_fit)
    if m < n:
        hist[:] = 0
        for i in range(m - 1):
            hist[_bin_of(e[i])] += 1
        _fit(hist, m - 1, gain, base, scouts, by_offset, nulls, fit)
    else:
        lay(fit, raw_fit)
    null = max(max(fit[5], fit[6]), max(fit[7], fit[8]))
    raw_null = max(max(raw_fit[5], raw_fit[6]), max(raw_fit[7], raw_fit[8]))
    template = int(fit[1])
    width = widths[template, 0]
    period = _refine(e, SHORTEST_S * np.exp(LOG_BIN * (fit[2] + 0.5)), width)
    peak, pair, block = np.empty(4), np.empty(2), np.empty(4)
    _pair_peak(t, peak)
    _pair_evidence(e, timer_pairs, null_pairs, pair)
    _blocks(c, period, block)
    span = t[n - 1] - t[0]
    beat, one = 0, 0
    for i in range(m - 1):
        q = int(e[i] / period + 0.5)
        beat += 1 <= q <= 6 and abs(e[i] - q * period) <= 0.15 * period
        one += abs(e[i] - period) <= 0.15 * period
    row[4], row[5], row[6] = span / window if window > 0 else 1.0, np.log(period / span), np.log(period)
    row[20], row[21] = (fit[0] - null) / k, fit[0] - null
    row[25] = fit[0] - fit[7]
    row[22], row[23], row[24], row[26] = (
        (fit[0] - fit[5]) / k, (fit[0] - fit[6]) / k, (fit[0] - fit[7]) / k, (fit[0] - fit[8]) / k,
    )  # fmt: skip
    row[27] = (fit[3] - fit[4]) / k
    row[28], row[29], row[30] = width, widths[template, 1], widths[template, 2]
    row[31], row[32] = (raw_fit[0] - raw_null) / raw_k, raw_fit[0] - raw_null
    row[43], row[44], row[45] = peak[0] / np.sqrt(n), peak[0], peak[1]
    off = np.log(peak[2] / period) if peak[2] > 0 else 9.0
    row[46] = abs(off)
    row[47], row[48] = beat / k, one / k
    row[49], row[50], row[51], row[52] = block[0], block[1], block[2], block[3]
    row[53] = pair[0] / max(1.0, pair[1])
    est[0], est[1], est[2] = period, peak[3], m
    est[3] = raw_fit[9]
    _pair_evidence(d, timer_pairs, null_pairs, pair)
    est[4] = pair[0]
    _spread_and_missed(e, period, width, est[5:7])
    several, events = 0, 0
    for i in range(n):
        first = i == 0 or d[i - 1] >= threshold
        several += not first and events == 1
        events = 1 if first else events + 1
    est[7], est[8], est[9] = several / m, threshold, n


@kernel(
    "void(int64[::1], int64[::1], int64[::1], boolean[::1], float64, float64[:, ::1], int64[::1], int64[::1], float64[:, ::1], float32[:, ::1], float64[::1], int64[::1], float64[:, ::1], "
    "float32[:, ::1], float32[:, ::1], float64[:, ::1], float64[:, ::1], float64[:, ::1], float64[:, ::1])",
    counting=True,
)
def describe(start: I64, time_ns: I64, some: I64, wanted: Bool, window_s: float, moments: F64, place: I64, hist: I64, work: F64,
             gain: NDArray[np.float32], base: F64, scouts: I64, widths: F64, by_offset: NDArray[np.float32], nulls: NDArray[np.float32],
             timer_pairs: F64, null_pairs: F64, rows: F64, estimates: F64) -> None:  # fmt: skip
    """Fill the other features, and the estimates, of those of some channels that are wanted; NaN estimates of the others.

    Parameters
    ----------
    start, time_ns
        As in :class:`pcapscan.tables.EventTable`.
    some : int64[k]
        Which channels.
    wanted : bool[k]
        Only channels of at least four moments may be.
    window_s : float
        Seconds of evidence.
    moments, place, hist, work
        Scratch, as of :func:`survey`.
    gain, base, by_offset, nulls
        Templates: ``gain`` backwards, ``by_offset`` turned (a row for each offset), ``nulls`` turned.
    scouts : int64[s]
        The templates that look for shifts.
    widths : float64[t, 3]
        Width, miss and other share of each template.
    timer_pairs, null_pairs : float64[k, cells]
        Logarithms of the probabilities of the fraction of neighbouring intervals.
    rows : float64[k, len(FEATURES)]
        As :func:`survey` left them.
    estimates : float64[k, len(ESTIMATES)]
        Filled.
    """
    for k in range(some.size):
        est = estimates[k]
        est[:] = np.nan
        if not wanted[k]:
            continue
        c = some[k]
        n = _moments(time_ns, start[c], start[c + 1], moments[0], place)
        t, d = moments[0, :n], moments[1, : n - 1]
        m, threshold, _ = _check_ins(t, d, moments[2, : n - 1], moments[3, : n - 1], moments[4], moments[8], hist, work)
        _describe(t, d, moments[4, :m], threshold, hist, window_s, gain, base, scouts, widths, by_offset, nulls, timer_pairs, null_pairs,
                  rows[k], est)  # fmt: skip
