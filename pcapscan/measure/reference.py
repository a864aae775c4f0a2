"""Slow, obvious twins of the kernels: the formulas as one would write them down. The tests hold both together."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np

from pcapscan.measure.model import Forest
from pcapscan.measure.templates import BINS, LOG_BIN, SHORTEST_S
from pcapscan.tables import F64, I64, U64, EventTable


def number_rows(keys: U64) -> tuple[I64, int]:
    """Twin of :func:`pcapscan.measure.hashing.group_rows`."""
    seen: dict[tuple[int, ...], int] = {}
    numbers = [seen.setdefault(tuple(int(k) for k in row), len(seen)) for row in keys]
    return np.array(numbers, np.int64), len(seen)


def rows_of_groups(numbers: I64, time_ns: I64) -> list[list[int]]:
    """Twin of ``scatter`` and ``order_by_time``: rows of each group in time order."""
    rows: dict[int, list[int]] = defaultdict(list)
    for i, g in enumerate(numbers):
        rows[int(g)].append(i)
    return [sorted(rows[g], key=lambda i: int(time_ns[i])) for g in sorted(rows)]


def bin_of(interval_s: float) -> int:
    """Twin of ``features._bin_of``."""
    return 0 if interval_s <= SHORTEST_S else min(BINS - 1, int(np.log(interval_s / SHORTEST_S) / LOG_BIN))


def shortest_holding(values: F64, share: float) -> float:
    """Twin of :func:`pcapscan.measure.spread.shortest_holding`."""
    ordered = sorted(float(v) for v in values)
    m = max(2, int(np.ceil(round(share * len(ordered), 9))))
    return min(ordered[i + m - 1] - ordered[i] for i in range(len(ordered) - m + 1))


def local_variation(intervals: F64) -> float:
    """Shinomoto's LV: 3 / (n - 1) times the sum of ((a - b) / (a + b)) squared over neighbours. Neural Computation 15 (2003) 2823."""
    terms = [((a - b) / (a + b)) ** 2 for a, b in pairwise(intervals)]
    return float(3 * sum(terms) / len(terms))


def fit_beacon(intervals: F64, gain: np.ndarray, base: F64) -> float:
    """Best log-likelihood of a beacon template over every shift (the kernel looks closely at three): never below the kernel's."""
    offsets = (gain.shape[1] - 1) // 2
    bins = [bin_of(float(d)) for d in intervals]
    best = -np.inf
    for template, floor in zip(gain, base, strict=True):
        for shift in range(BINS):
            inside = [b - shift + offsets for b in bins if abs(b - shift) <= offsets]
            best = max(best, len(bins) * floor + float(sum(template[o] for o in inside)))
    return best


def pair_evidence(intervals: F64, timers: F64, nulls: F64) -> float:
    """Twin of ``features._pair_evidence``."""
    cells = timers.shape[1]
    chosen = [min(cells - 1, int(a / (a + b) * cells)) for a, b in zip(intervals[0::2], intervals[1::2], strict=False)]
    return max(float(sum(t[c] for c in chosen)) for t in timers) - max(float(sum(t[c] for c in chosen)) for t in nulls)


def forest_sum(model: Forest, row: F64) -> float:
    """Twin of :func:`pcapscan.measure.model.add_leaves`, with the bias."""
    total = model.bias
    for root in model.roots:
        node = int(root)
        while model.feature[node] >= 0:
            x = row[model.feature[node]]
            left = bool(model.missing[node]) if np.isnan(x) else bool(x <= model.threshold[node])
            node = int(model.children[node, int(left)])
        total += float(model.value[node])
    return total


# ---- a channel's features and estimates, each as its formula says; the kernel is held against all of them


def moments(time_ns: I64) -> list[int]:
    """Positions of the events that are kept: none closer than a millisecond to the one kept before."""
    kept: list[int] = []
    for i, t in enumerate(time_ns):
        if not kept or (int(t) - int(time_ns[0])) * 1e-9 - (int(time_ns[kept[-1]]) - int(time_ns[0])) * 1e-9 >= SHORTEST_S:
            kept.append(i)
    return kept


def histogram(intervals: F64) -> I64:
    """Intervals in logarithmic bins of 5 %."""
    return np.bincount([bin_of(float(d)) for d in intervals], minlength=BINS).astype(np.int64)


def valley(intervals: F64) -> tuple[float, float]:
    """Twin of ``features._valley``: the threshold is the middle of the widest stretch of the smoothed histogram that is about as deep as any.

    How deep a bin lies is the logarithm of the lower of the highest peaks to its left and right, over its own height.
    """
    hist, total = histogram(intervals), len(intervals)
    kernel = 1 - np.abs(np.arange(-5, 6)) / 6
    smooth = np.convolve(hist, kernel, "same")
    deep = np.zeros(BINS)
    for b in range(BINS):
        below, above = int(hist[: b + 1].sum()), int(hist[b + 1 :].sum())
        if above >= 3 and below >= 2 and 0.02 * total <= above <= 0.9 * total:
            shoulder = min(smooth[: b + 1].max(), smooth[b:].max())
            deep[b] = np.log((shoulder + 0.3) / (smooth[b] + 0.3))
    depth = float(deep.max())
    if depth <= 0:
        return 0.0, 0.0
    stretches, begin = [], None
    for b in [*range(BINS), BINS]:
        good = b < BINS and deep[b] >= 0.75 * depth
        if good and begin is None:
            begin = b
        if not good and begin is not None:
            stretches.append((begin, b - 1))
            begin = None
    first, last = max(stretches, key=lambda s: (s[1] - s[0], -s[0]))
    return float(SHORTEST_S * np.exp(LOG_BIN * (0.5 * (first + last) + 1.0))), depth


def are_bursts(intervals: F64, threshold: float) -> bool:
    """Twin of ``features._are_bursts``."""
    logs = np.log(intervals)
    short, long = np.sort(logs[logs < np.log(threshold)]), np.sort(logs[logs >= np.log(threshold)])
    if not len(short) or not len(long) or np.median(long) - np.median(short) < np.log(7.0):
        return False
    runs = sum(bool(d < threshold) and (i == 0 or bool(intervals[i - 1] >= threshold)) for i, d in enumerate(intervals))
    spread = float(np.quantile(short, 0.75) - np.quantile(short, 0.25))
    return not (len(short) > 6 * runs and spread < 0.9)


def checkins(times: F64) -> tuple[list[int], float, float]:
    """Positions of the first events of bursts (of all events where there are no bursts), the threshold, and the depth of the valley."""
    d = np.diff(times)
    threshold, depth = valley(d)
    if depth > 0.9 and are_bursts(d, threshold):
        kept = [0] + [i + 1 for i, gap in enumerate(d) if gap >= threshold]
        if len(kept) >= 4:
            return kept, threshold, depth
    return list(range(len(times))), 0.0, min(depth, 0.9)


def fit(intervals: F64, bank: tuple[np.ndarray, ...]) -> dict[str, float]:
    """Twin of ``features._fit``: the log-likelihood of a template at a shift is the sum over the intervals.

    All shifts are tried with the scouts; around the three best shifts all templates are. The nulls are tried around the median.
    """
    gain, base, scouts, _, nulls = bank[:5]
    bins = np.array([bin_of(float(d)) for d in intervals])
    n, reach, far = len(bins), (gain.shape[1] - 1) // 2, (nulls.shape[1] - 1) // 2

    def likelihood(template: int, shift: int) -> float:
        offset = bins - shift + reach
        inside = offset[(offset >= 0) & (offset <= 2 * reach)]
        return float(n * base[template] + gain[template, inside].astype(float).sum())

    shifts = range(max(0, bins.min() - 4), min(BINS, bins.max() + 5))
    scouted = {p: max(likelihood(int(k), p) for k in scouts) for p in shifts}
    tried: list[tuple[float, int, int]] = []
    for _ in range(3):
        if not scouted:
            break
        peak = max(scouted, key=lambda p: (scouted[p], -p))
        tried += [
            (likelihood(k, p), k, p) for p in range(max(shifts[0], peak - 2), min(shifts[-1], peak + 2) + 1) for k in range(len(base))
        ]
        scouted = {p: v for p, v in scouted.items() if abs(p - peak) > 4}
    best, template, shift = max(tried, key=lambda t: t[0])
    median = int(np.sort(bins)[(n + 1) // 2 - 1])
    by_null = [
        max(float(row[np.clip(bins - p + far, 0, 2 * far)].astype(float).sum()) for p in range(median - 64, median + 44, 2))
        for row in nulls
    ]
    families = {"gamma": by_null[:4], "lognormal": by_null[4:9], "floor": by_null[9:17], "two_scale": by_null[17:]}
    strict = max(v for k, v in enumerate(by_null) if k not in (4, 9, 10))
    together = float(np.logaddexp.reduce(np.array([t[0] for t in tried])))
    even, normal = max(v for v, k, _ in tried if k < 88), max(v for v, k, _ in tried if k >= 88)
    return {
        "best": best, "template": template, "shift": shift, "even": even, "normal": normal, "evidence": together - strict,
        **{name: max(values) for name, values in families.items()},
    }  # fmt: skip


def refine(intervals: F64, period: float, width: float) -> float:
    """Twin of ``features._refine``: the mean length of a beat over the intervals near 1 to 4 periods, four times over."""
    tolerance = min(0.45, max(0.06, 1.3 * width))
    for _ in range(4):
        near = [
            (d, k) for d in intervals if 1 <= (k := int(d / period + 0.5)) <= 4 and abs(d - k * period) <= tolerance * period * np.sqrt(k)
        ]
        if not near:
            return period
        period = float(sum(d for d, _ in near) / sum(k for _, k in near))
    return period


def spread_and_missed(intervals: F64, period: float, width: float) -> tuple[float, float]:
    """Twin of ``features._spread_and_missed``."""
    reach = max(min(0.5, max(0.06, 1.6 * width)), min(1.0, 1.2 * width)) * period
    beats = [max(1, int(d / period + 0.5)) for d in intervals]
    singles = [(d / period - 1) ** 2 for d, k in zip(intervals, beats, strict=True) if k == 1 and abs(d - period) <= reach]
    awake = [k for k in beats if k <= 8]
    jitter = min(1.0, float(np.sqrt(3 * np.mean(singles)))) if singles else np.nan
    return jitter, 1 - len(awake) / sum(awake) if awake else np.nan


def pair_peak(times: F64) -> tuple[float, float, float, float]:
    """Twin of ``features._pair_peak``: the bin of the differences over 1 to 8 events that stands out most from its neighbours."""
    n = len(times)
    differences = [times[i + k] - times[i] for k in range(1, 9) for i in range(n - k)]
    hist = np.bincount([bin_of(float(d)) for d in differences], minlength=BINS)
    z_best, share, place = 0.0, 0.0, 0.0
    high = np.zeros(BINS)
    for half in (0, 1, 3, 6):
        width = 2 * half + 1
        for b in range(16, BINS - 16):
            inside = int(hist[b - half : b + half + 1].sum())
            if inside < 3:
                continue
            left, right = hist[max(0, b - half - 3 - width) : b - half - 2], hist[b + half + 3 : b + half + 4 + width]
            expected = (left.sum() + right.sum()) * width / (len(left) + len(right))
            z = (inside - expected) / np.sqrt(expected + 1.0)
            high[b] = max(high[b], z)
            if z > z_best:
                z_best, share, place = float(z), float((inside - expected) / n), float(SHORTEST_S * np.exp(LOG_BIN * (b + 0.5)))
    first = next((b for b in range(BINS - 8) if high[b] >= 0.3 * z_best), BINS - 8)
    for b in range(first, first + 8):
        first = b if high[b] > high[first] else first
    return z_best, share, place, float(SHORTEST_S * np.exp(LOG_BIN * (first + 0.5)))


def neighbours(intervals: F64) -> tuple[float, ...]:
    """Twin of ``features._neighbours``: how alike neighbouring log-intervals are, and how alike two drawn at random."""
    x = np.log(intervals)
    r = np.abs(np.diff(x))
    shares = [float(np.mean(r < limit)) for limit in (0.02, 0.14, 0.262)]
    alike = [abs(a - b) < 0.14 for i, a in enumerate(x) for b in x[:i]]
    gain = float(np.log((shares[1] + 0.02) / (np.mean(alike) + 0.02)))
    return (float(np.median(r)), float(np.quantile(r, 0.25)), float(np.quantile(r, 0.75)), *shares, gain)


def blocks(times: F64, period: float) -> tuple[float, float, float, float]:
    """Twin of ``features._blocks``: dispersion of the counts per eight periods, share of blocks not empty, longest gap, share in gaps."""
    span = float(times[-1] - times[0])
    size = max(8 * period, span / 4096)
    many = max(1, int(span / size))
    place = [int((t - times[0]) / size) for t in times]
    cut = next((i for i, b in enumerate(place) if b >= many), len(place))  # what lies behind the last whole block is left out
    counts = np.bincount(place[:cut], minlength=many).astype(float)
    gaps = np.diff(times[: cut + 1])
    fano = float(np.log(counts.var() / counts.mean() + 0.05)) if many > 1 and counts.sum() else np.nan
    occupied = float(np.mean(counts > 0)) if many > 1 else np.nan
    return fano, occupied, float(np.log(gaps.max(initial=0.0) / period + 0.1)), float(gaps[gaps > 5 * period].sum() / span)


def likeness(orig: F64, resp: F64, duration: F64) -> tuple[float, ...]:
    """Twin of ``features._likeness``."""

    def logs(values: F64, shift: float) -> F64:
        return np.array([np.log(v + shift) for v in values[:2000] if v >= 0])

    def between(values: F64) -> float:
        return float(np.quantile(values, 0.75) - np.quantile(values, 0.25)) if len(values) >= 4 else np.nan

    a = logs(orig, 20.0)
    repeat = same = np.nan
    if len(a) >= 4:
        repeat = max(sum(abs(x - y) < 1e-9 for y in a) for x in a) / len(a)
        same = float(np.mean(np.abs(np.diff(a)) < 0.02))
    return between(a), between(logs(resp, 20.0)), repeat, same, between(logs(duration, 0.01))


def describe(events: EventTable, i: int, bank: tuple[np.ndarray, ...]) -> tuple[dict[str, float], dict[str, float]] | None:
    """All features and estimates of one channel by name; None where there are fewer than four moments."""
    a, z = int(events.start[i]), int(events.start[i + 1])
    kept = [a + k for k in moments(events.time_ns[a:z])]
    if len(kept) < 4:
        return None
    t = (events.time_ns[kept] - events.time_ns[a]) * 1e-9
    chosen, threshold, depth = checkins(t)
    c, d = t[chosen], np.diff(t)
    e = np.diff(c)
    n, m, x = len(t), len(c), np.log(e)
    near, raw = fit(e, bank), fit(d, bank)
    null, raw_null = (max(f[k] for k in ("gamma", "lognormal", "floor", "two_scale")) for f in (near, raw))
    width, miss, other = bank[3][int(near["template"])]
    period = refine(e, float(SHORTEST_S * np.exp(LOG_BIN * (near["shift"] + 0.5))), float(width))
    peak, pairs, block = pair_peak(t), neighbours(e), blocks(c, period)
    span, window = float(t[-1] - t[0]), (events.window[1] - events.window[0]) * 1e-9
    quantiles = {f"q{100 * q:02.0f}": float(np.quantile(x, q) - np.quantile(x, 0.5)) for q in (0.05, 0.1, 0.25, 0.75, 0.9, 0.95)}
    halves = {f"{word}half{100 * q:.0f}": shortest_holding(v, q) for word, v in (("", x), ("raw_", np.log(d))) for q in (0.25, 0.5, 0.75)}
    beats = [int(v / period + 0.5) for v in e]
    centred = x - x.mean()
    sent, got, lasted = (column[kept].astype(np.float64) for column in (events.orig_bytes, events.resp_bytes, events.duration_ns))
    alike = likeness(sent, got, np.asarray(lasted * 1e-9))
    features = {
        "log_checkins": np.log(m), "log_events": np.log(n), "burst_size": n / m, "burst_valley": depth,
        "span_share": span / window if window > 0 else 1.0, "period_share": np.log(period / span), "log_period": np.log(period),
        **quantiles, **halves, "cv": np.log(e.std() / e.mean() + 1e-4),
        "llr": (near["best"] - null) / (m - 1), "llr_total": near["best"] - null,
        **{f"llr_{k}": (near["best"] - near[k]) / (m - 1) for k in ("gamma", "lognormal", "floor", "two_scale")},
        "llr_floor_total": near["best"] - near["floor"], "fit_even": (near["even"] - near["normal"]) / (m - 1),
        "fit_width": width, "fit_miss": miss, "fit_other": other,
        "raw_llr": (raw["best"] - raw_null) / (n - 1), "raw_llr_total": raw["best"] - raw_null,
        **dict(zip(("ratio_median", "ratio_q25", "ratio_q75", "ratio_02", "ratio_15", "ratio_30", "ratio_gain"), pairs, strict=True)),
        "raw_ratio_15": sum(abs(b / a - 1) < 0.15 for a, b in pairwise(d)) / (n - 2), "local_variation": local_variation(e),
        "serial": float((centred[1:] * centred[:-1]).sum() / ((centred**2).sum() + 1e-9)),
        "pair_peak": peak[0] / np.sqrt(n), "pair_peak_z": peak[0], "pair_share": peak[1],
        "pair_agrees": abs(np.log(peak[2] / period)) if peak[2] > 0 else 9.0,
        "beat_share": float(np.mean([1 <= k <= 6 and abs(v - k * period) <= 0.15 * period for v, k in zip(e, beats, strict=True)])),
        "one_share": float(np.mean(np.abs(e - period) <= 0.15 * period)),
        **dict(zip(("fano", "occupied", "longest_gap", "gap_share"), block, strict=True)),
        "pair_even": pair_evidence(e, *bank[5:]) / max(1, len(e) // 2),
        **dict(zip(("size_orig", "size_resp", "size_repeat", "size_same", "duration_spread"), alike, strict=True)),
    }  # fmt: skip
    sizes = np.diff([k for k in range(n) if k == 0 or d[k - 1] >= threshold] + [n])
    jitter, missed = spread_and_missed(e, period, float(width))
    estimates = {
        "period": period, "period_pair": peak[3], "checkins": m, "llr_intervals": raw["evidence"], "llr_pairs": pair_evidence(d, *bank[5:]),
        "jitter": jitter, "missed": missed, "burst_share": float(np.sum(sizes > 1)) / m, "threshold": threshold, "moments": n,
    }  # fmt: skip
    return features, estimates
