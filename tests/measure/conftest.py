from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pcapscan.tables import CONN_STATES, EventTable, FlowTable


@pytest.fixture
def events_of() -> Callable[..., EventTable]:
    """Channels from lists of seconds."""

    def make(*channels: np.ndarray, window_s: float = 86_400.0, size: int = 100) -> EventTable:
        times = [np.sort(np.asarray(c, float)) for c in channels]
        start = np.concatenate([[0], np.cumsum([len(t) for t in times])]).astype(np.int64)
        ns = (np.concatenate([*times, np.zeros(0)]) * 1e9).astype(np.int64)
        n = len(ns)
        sizes = np.full(n, size, np.int64)
        return EventTable(start, ns, sizes, sizes, np.full(n, -1, np.int64), np.ones(n, bool), (0, int(window_s * 1e9)))

    return make


@pytest.fixture
def flows_of() -> Callable[..., FlowTable]:
    """Flows from rows of (first second, originator, responder, port, state)."""

    def make(rows: list[tuple[float, int, int, int, str]]) -> FlowTable:
        n = len(rows)
        z = np.zeros(n, np.int64)
        first = np.array([int(r[0] * 1e9) for r in rows], np.int64)
        u = [np.array([r[k] for r in rows], np.uint64) for k in (1, 2)]
        state = np.array([CONN_STATES.index(r[4]) for r in rows], np.int8)
        return FlowTable(
            first, first + 10**8, z.astype("u8"), u[0], z.astype("u8"), u[1], z.astype("u2"), np.array([r[3] for r in rows], np.uint16),
            np.full(n, 6, np.uint8), state, z.astype("i1"), z, z, z + 100, z + 200, z.astype("u1"), z.astype("u4"), z.astype("u2"),
            z.astype("i4"), z, z, z, z, z, z, np.zeros(n, "S24"),
        )  # fmt: skip

    return make
