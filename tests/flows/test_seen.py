"""One flow, seen by a capture and by a sensor: it counts once, and nothing else is lost for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.flows.seen import SLACK_NS, Seen
from pcapscan.tables import FlowTable

S = 10**9


def flows_of(rows: list[tuple[int, int, int, int]]) -> FlowTable:
    """Flows from (first, last, originator's port, responder's last byte)."""
    n = len(rows)
    columns = {name: np.zeros(n, np.int64) for name in FlowTable.columns()}
    first, last, port, peer = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    v4 = 0xFFFF_0000_0000
    columns |= {
        "first_ns": first, "last_ns": last, "orig_hi": np.zeros(n, np.uint64), "orig_lo": np.full(n, v4 | 0x0A000005, np.uint64),
        "resp_hi": np.zeros(n, np.uint64), "resp_lo": (v4 | 0xCB007100 | peer).astype(np.uint64), "orig_p": port.astype(np.uint16),
        "resp_p": np.full(n, 8088, np.uint16), "proto": np.full(n, 6, np.uint8),
    }  # fmt: skip
    return FlowTable(**columns)


def seen(known: list, asked: list) -> list[bool]:
    s = Seen()
    for row in known:
        s.add(flows_of([row]))
    return s.among(flows_of(asked)).tolist()


def test_the_same_flow_is_known_and_its_neighbour_is_not():
    known = [(10 * S, 20 * S, 4000, 9)]
    assert seen(known, [(10 * S, 20 * S, 4000, 9), (10 * S, 20 * S, 4001, 9), (10 * S, 20 * S, 4000, 8)]) == [True, False, False]


def test_direction_does_not_matter():
    """A sensor that came late may take the responder for the originator."""
    s = Seen()
    flows = flows_of([(10 * S, 20 * S, 4000, 9)])
    s.add(flows)
    assert s.among(flows.swapped(np.array([True]))).tolist() == [True]


def test_a_port_used_again_later_is_another_flow():
    known = [(10 * S, 20 * S, 4000, 9), (100 * S, 110 * S, 4000, 9)]
    asked = [
        (50 * S, 60 * S, 4000, 9),
        (19 * S, 25 * S, 4000, 9),
        (21 * S, 22 * S, 4000, 9),
        (22 * S, 23 * S, 4000, 9),
        (90 * S, 200 * S, 4000, 9),
    ]
    assert seen(known, asked) == [False, True, True, False, True]


def test_parts_of_one_long_flow_are_all_known():
    """A sensor that begins a row each hour, a capture that goes on with the flow; and the other way round."""
    assert seen([(0, 1000 * S, 1, 9)], [(0, 10 * S, 1, 9), (500 * S, 510 * S, 1, 9), (999 * S, 1000 * S, 1, 9)]) == [True] * 3
    assert seen([(0, 1000 * S, 1, 9), (5 * S, 6 * S, 1, 9)], [(500 * S, 510 * S, 1, 9)]) == [True], "the longest of those before counts"


def test_nothing_known_nothing_asked():
    assert Seen().among(flows_of([(0, 1, 1, 1)])).tolist() == [False]
    assert seen([(0, 1, 1, 1)], [(10**15, 10**15, 1, 1)]) == [False]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=12),
)
def test_as_the_slow_twin_says(known, asked):
    known, asked = ([(a * S, (a + d) * S, p, r) for a, d, p, r in rows] for rows in (known, asked))
    slow = [any(k[2:] == q[2:] and k[0] <= q[1] + SLACK_NS and k[1] >= q[0] - SLACK_NS for k in known) for q in asked]
    assert seen(known, asked) == slow


@pytest.mark.parametrize("known", [[(0, S, 1, 9)]])
def test_a_row_of_no_length_is_a_flow(known):
    assert seen(known, [(S, S, 1, 9)]) == [True]
