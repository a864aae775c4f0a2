"""Flows that were seen in packets, so that a log's row about the same traffic does not count once more.

Two rows tell of one flow when their Community IDs agree and their times overlap, within a second: a sensor and a capture of the same
link see the same packets, but a sensor may begin a row where a capture goes on with a flow, or the other way round.
"""

from __future__ import annotations

import numpy as np

from pcapscan.flows.community import community_ids
from pcapscan.tables import I64, Bool, FlowTable

SLACK_NS = 1_000_000_000
"""How far apart times may lie that are still one flow's; arbitrary, longer than a snapped timestamp's rounding, shorter than a retry."""


class Seen:
    """Remembers flows: 136 bytes each."""

    def __init__(self) -> None:
        self._ids: list[np.ndarray] = []
        self._times: list[I64] = []

    def add(self, flows: FlowTable) -> None:
        """Remember these."""
        if len(flows):
            self._ids.append(_ids(flows))
            self._times.append(np.stack([flows.first_ns, flows.last_ns]))

    def among(self, flows: FlowTable) -> Bool:
        """Which of these were seen."""
        answer = np.zeros(len(flows), np.bool_)
        if not self._ids or not len(flows):
            return answer
        import polars as pl  # only where packets and logs are given together

        ids, times = np.concatenate(self._ids), np.concatenate(self._times, axis=1)
        near = np.flatnonzero((flows.last_ns >= times[0].min() - SLACK_NS) & (flows.first_ns <= times[1].max() + SLACK_NS))
        if not len(near):
            return answer
        asked = flows.take(near)
        # All in the order of (id, time): a known flow at its beginning, an asked one at its end. What the known ones before it with
        # its id reach at most tells whether one of them overlaps.
        count = len(ids)
        rows = pl.DataFrame(
            {
                "id": np.concatenate([ids, _ids(asked)]),
                "at": np.concatenate([times[0], np.maximum(asked.last_ns, asked.first_ns) + SLACK_NS]),
                "reach": np.concatenate([times[1], np.full(len(near), np.iinfo(np.int64).min)]),
                "row": np.concatenate([np.full(count, -1), np.arange(len(near))]),
            }
        ).sort("id", "at", "row")
        last = rows.with_columns(pl.col("reach").cum_max().over("id")).filter(pl.col("row") >= 0)
        answer[near[last["row"].to_numpy()]] = last["reach"].to_numpy() >= asked.first_ns[last["row"].to_numpy()] - SLACK_NS
        return answer


def _ids(flows: FlowTable) -> np.ndarray:
    return community_ids(flows)
