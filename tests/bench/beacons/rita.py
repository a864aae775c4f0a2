"""RITA v5's beacon score, written from its published formula: the neighbour our table is read beside.

Mean of four parts: regularity of intervals (Bowley skew, MAD over median; whole seconds), the same of the originator's bytes,
persistence over 24 bins, evenness of these bins. The last 24 hours count; four distinct seconds are needed.
"""

from __future__ import annotations

import numpy as np

BINS = 24


def _halves(ordered: np.ndarray) -> tuple[float, float, float]:
    """Quartiles as medians of the halves, the middle value left out of both."""
    h = len(ordered) // 2
    return float(np.median(ordered[:h])), float(np.median(ordered)), float(np.median(ordered[-h:]))


def regularity(values: np.ndarray, if_median_small: float) -> float:
    ordered = np.sort(values.astype(float))
    low, middle, high = _halves(ordered)
    skew = 0.0 if high - low < 10 or middle in (low, high) else (low + high - 2 * middle) / (high - low)
    mad = float(np.median(np.abs(ordered - middle)))
    even = max(0.0, (middle - mad) / middle) if middle >= 1 else if_median_small
    return (1 - abs(skew) + even) / 2


def persistence(counts: np.ndarray, covered: float) -> float:
    active = counts > 0
    if active.sum() < 6:
        return 0.0
    run = best = 0
    for busy in np.concatenate([active, active]):
        run = run + 1 if busy else 0
        best = max(best, run)
    return min(1.0, max(np.ceil(covered * 1000) / 1000, np.ceil(min(best, BINS) / 12 * 1000) / 1000))


def evenness(counts: np.ndarray) -> float:
    even = max(0.0, 1 - counts.std() / counts.mean())
    active = counts[counts > 0]
    if len(active) < 11:
        return even
    step = np.ceil(0.05 * active.max())
    heights = np.sort(np.unique(active // step, return_counts=True)[1])[::-1]
    return max(even, min(1.0, heights[:2].sum() / max(len(active) - 1, 1)))


def rita(times_s: np.ndarray, orig_bytes: np.ndarray, window: tuple[float, float]) -> tuple[float, float]:
    """Score 0..1 and the commonest interval."""
    first, last = max(window[0], window[1] - 86_400), window[1]
    inside = times_s >= first
    t, b = np.floor(times_s[inside]), orig_bytes[inside]
    if len(np.unique(t)) < 4 or len(t) >= 86_400:
        return 0.0, np.nan
    gaps = np.diff(t)
    some = gaps[gaps > 0]
    if len(some) < 3:
        return 0.0, np.nan
    counts = np.histogram(t, BINS, (first, last))[0].astype(float)
    parts = regularity(some, 1.0), regularity(b, 0.0), persistence(counts, (t[-1] - t[0]) / (last - first)), evenness(counts)
    lengths, often = np.unique(gaps, return_counts=True)
    return round(sum(parts) / 4, 3), float(lengths[np.argmax(often)])
