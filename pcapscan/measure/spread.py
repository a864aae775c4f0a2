"""Order statistics of sorted arrays."""

from __future__ import annotations

from pcapscan.kernels import helper
from pcapscan.tables import F64


@helper
def quantile(ordered: F64, q: float) -> float:
    """Quantile of a sorted array, linear between ranks (numpy's default)."""
    place = q * (ordered.size - 1)
    k = int(place)
    if k + 1 >= ordered.size:
        return float(ordered[ordered.size - 1])
    return float(ordered[k] + (place - k) * (ordered[k + 1] - ordered[k]))


@helper
def shortest_holding(ordered: F64, share: float) -> float:
    """Length of the shortest interval that holds a share of a sorted array (at least two values)."""
    n = ordered.size
    m = max(2, int(share * n + 0.999))
    best = ordered[n - 1] - ordered[0]
    for i in range(n - m + 1):
        best = min(best, ordered[i + m - 1] - ordered[i])
    return float(best)
