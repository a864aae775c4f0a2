from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapscan.measure import group
from pcapscan.tables import Ticks


def test_attempts_do_not_mix_with_answered(flows_of):
    flows = flows_of([(float(i), 1, 2, 443, "S0" if i % 2 else "SF") for i in range(10)])
    events, channels = group(flows)
    assert len(channels) == 2
    assert channels.attempt.tolist() == [False, True]
    assert np.diff(events.start).tolist() == [5, 5]
    assert events.answered.tolist() == [True] * 5 + [False] * 5


def test_time_backwards_is_put_in_order(flows_of):
    events, channels = group(flows_of([(float(t), 1, 2, 443, "SF") for t in (5, 1, 9, 1, 3)]))
    assert (events.time_ns // 10**9).tolist() == [1, 1, 3, 5, 9]
    assert channels.flows_of(0).tolist() == [1, 3, 4, 0, 2]


def test_name_over_many_addresses_is_one_channel(flows_of):
    flows = flows_of([(float(i), 1, 100 + i, 443, "SF") for i in range(8)])
    events, channels = group(flows, np.zeros(8, np.int32))
    assert len(channels) == 9
    assert not channels.has_resp[8]
    assert channels.server_name[8] == 0
    assert np.diff(events.start)[8] == 8


def test_name_that_adds_nothing_makes_no_channel(flows_of):
    flows = flows_of([(float(i), 1, 2, 443, "SF") for i in range(8)])
    _, channels = group(flows, np.full(8, 3, np.int32))
    assert len(channels) == 1
    assert channels.server_name.tolist() == [3]


def test_two_names_behind_one_address_are_told_apart(flows_of):
    flows = flows_of([(float(i), 1, 2, 443, "SF") for i in range(8)])
    _, channels = group(flows, np.array([0, 1] * 4, np.int32))
    assert channels.has_resp.tolist() == [True, False, False]
    assert channels.server_name.tolist() == [-1, 0, 1]


def test_times_within_a_flow_are_a_channel(flows_of):
    flows = flows_of([(0.0, 1, 2, 443, "SF"), (0.0, 3, 2, 443, "SF"), (0.0, 4, 2, 443, "S0")])
    ticks = Ticks(np.array([0, 6, 9, 15]), np.arange(15, dtype=np.int64) * 10**9)
    events, channels = group(flows, None, ticks)
    assert channels.within.tolist() == [False, False, False, True]
    assert channels.flows_of(3).tolist() == [0]
    assert np.diff(events.start)[3] == 6


def test_no_flows(flows_of):
    events, channels = group(flows_of([]), np.zeros(0, np.int32), Ticks(np.zeros(1, np.int64), np.zeros(0, np.int64)))
    assert len(channels) == 0
    assert events.start.tolist() == [0]


ROW = st.tuples(
    st.integers(0, 50), st.integers(1, 3), st.integers(1, 3), st.sampled_from([80, 443]), st.sampled_from(["SF", "S0"]), st.integers(-1, 2)
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=60))
def test_channels_are_what_a_dict_gives(flows_of, rows):
    flows = flows_of([r[:5] for r in rows])
    names = np.array([r[5] for r in rows], np.int32)
    _, channels = group(flows, names)
    pairs, named = defaultdict(set), defaultdict(set)
    for i, (_, orig, resp, port, state, name) in enumerate(rows):
        pairs[orig, resp, port, state].add(i)
        if name >= 0:
            named[orig, name, state].add(i)
    known = {frozenset(v) for v in pairs.values()}
    expected = sorted([sorted(v) for v in pairs.values()] + [sorted(v) for v in named.values() if frozenset(v) not in known])
    assert sorted(sorted(channels.flows_of(i).tolist()) for i in range(len(channels))) == expected
