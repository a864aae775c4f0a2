"""Flows that differ in time and size are one row: every channel must be what it is of all, and the first flows must be found again."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from pcapscan.measure import Lumps, Times, group, measure
from pcapscan.measure import lumps as module
from pcapscan.measure.hashing import Numbering
from pcapscan.tables import CONN_STATES, ChannelTable, FlowTable, IdentityTable

STATES = np.array([CONN_STATES.index(s) for s in ("SF", "S0")], np.int8)


def drawn(seed: int, count: int) -> tuple[FlowTable, IdentityTable, np.ndarray]:
    """Flows of forty channels, some with a timer, out of order; every third channel has a server name."""
    rng = np.random.default_rng(seed)
    channel = rng.integers(0, 40, count)
    at = rng.integers(0, 86_400, count) * 10**9
    timed = channel % 5 == 0
    at = np.where(timed, rng.integers(0, 1440, count) * 60 * 10**9 + rng.integers(0, 10**8, count), at)
    z = np.zeros(count, np.int64)
    u8, i8, i16, i32 = (z.astype(t) for t in (np.uint8, np.int8, np.int16, np.int32))
    sent = np.where(rng.random(count) < 0.1, -1, rng.integers(0, 500, count))
    uid = np.array([b"C%d" % k for k in range(count)], "S24")
    flows = FlowTable(
        at, at + rng.integers(0, 10**10, count), z.astype(np.uint64), channel.astype(np.uint64) % 7, z.astype(np.uint64),
        channel.astype(np.uint64), rng.integers(1024, 60000, count).astype(np.uint16), (channel % 3 + 80).astype(np.uint16), u8 + np.uint8(6),
        STATES[rng.integers(0, 2, count)], i8, z, z, sent, sent * 2 // 2, u8, z.astype(np.uint32), z.astype(np.uint16), i32, np.arange(count),
        np.arange(count) * 100, z, z, z, z, uid,
    )  # fmt: skip
    nan = np.full(count, np.nan, np.float32)
    name = np.where(channel % 3 == 0, channel // 6, -1).astype(np.int32)
    identities = IdentityTable(
        i16, i16, i16, i8, i16, i8, i16 - np.int16(1), z.astype(bool), z.astype(bool), z.astype(bool), nan, nan, nan, nan, name, i32 - np.int32(1),
        i32 - np.int32(1), ("tls",), [f"n{k}" for k in range(10)], [],
    )  # fmt: skip
    return flows, identities, rng.integers(1, 3, count).astype(np.int8)


def lumped(flows: FlowTable, identities: IdentityTable, verdicts: np.ndarray, in_memory: int, batch: int) -> Lumps:
    lumps = Lumps(in_memory, in_memory)
    for at in range(0, len(flows), batch):
        rows = slice(at, at + batch)
        lumps.add(flows.take(rows), identities.take(rows), verdicts[rows], flows.take(rows).resp_bytes <= 0)
    return lumps


def by_channel(channels, periods: ChannelTable) -> dict[tuple, tuple]:
    keys = zip(
        channels.orig_lo.tolist(), channels.has_resp.tolist(), np.where(channels.has_resp, channels.resp_lo, 0).tolist(),
        np.where(channels.has_resp, channels.resp_p, 0).tolist(), channels.server_name.tolist(), channels.attempt.tolist(), strict=True,
    )  # fmt: skip
    columns = [getattr(periods, name) for name in periods.columns()]
    return {key: tuple(np.nan_to_num(c[i], nan=-9).item() for c in columns) for i, key in enumerate(keys)}


def ranges(lumps: Lumps, channels) -> list[tuple[np.ndarray, object]]:
    return [(own.channels, lumps.events(own, channels)) for own in lumps.ranges(channels)]


def measured(lumps: Lumps, channels) -> ChannelTable:
    """Of all ranges, in the order of the channels."""
    parts = ranges(lumps, channels)
    rows = np.concatenate([own for own, _ in parts])
    assert sorted(rows.tolist()) == list(range(len(channels))), "each channel is of one range"
    return ChannelTable.concat([measure(events) for _, events in parts]).take(np.argsort(rows))


@pytest.mark.parametrize("buckets", [256, 4, 1])
@pytest.mark.parametrize(("in_memory", "batch"), [(10**5, 700), (10**5, 10**6), (500, 333), (1, 1000)])
def test_channels_are_those_of_all_flows(monkeypatch, in_memory, batch, buckets):
    """Whatever is added up, whether events went to a file, wherever batches, shares and ranges are cut."""
    monkeypatch.setattr(module, "BUCKETS", buckets)
    flows, identities, verdicts = drawn(1, 6000)
    events, channels = group(flows, identities.server_name)
    lumps = lumped(flows, identities, verdicts, in_memory, batch)
    rows, about, _, weights = lumps.table()
    few = lumps.channels(rows, about.server_name)
    assert len(rows) == len(lumped(flows, identities, verdicts, in_memory, batch)) < len(flows) / 5
    assert int(weights.count.sum()) == len(flows)
    assert by_channel(few, measured(lumps, few)) == by_channel(channels, measure(events))


def test_a_range_has_about_so_many_events_even_where_one_host_has_all():
    """One originator's channels are shared out once more, and none of their events is lost or comes twice."""
    flows, identities, verdicts = drawn(7, 4000)
    flows = replace(flows, orig_lo=flows.orig_lo * np.uint64(0) + np.uint64(9))
    lumps = lumped(flows, identities, verdicts, 300, 450)
    channels = lumps.channels(*(t := lumps.table())[:1], t[1].server_name)
    parts = ranges(lumps, channels)
    most = max(int(np.diff(e.start).max()) for _, e in parts)
    assert len(parts) > 10
    assert all(len(e.time_ns) <= max(300, most) for _, e in parts)
    pairs = sum(int(np.diff(e.start)[channels.has_resp[own]].sum()) for own, e in parts)
    assert pairs == len(flows)


def test_a_kind_is_one_row_that_adds_up():
    flows, identities, verdicts = drawn(2, 3000)
    rows, _, said, weights = lumped(flows, identities, verdicts, 10**5, 500).table()
    here = (flows.resp_lo == 3) & (flows.orig_lo == 3) & (verdicts == 1) & (flows.resp_bytes > 0) & (flows.state == STATES[0])
    there = (rows.resp_lo == 3) & (rows.orig_lo == 3) & (said == 1) & (rows.resp_bytes > 0) & (rows.state == STATES[0])
    assert there.sum() == 1 < here.sum()
    assert weights.count[there] == here.sum()
    assert rows.orig_bytes[there] == flows.orig_bytes[here].sum()
    assert (rows.first_ns[there], rows.last_ns[there]) == (flows.first_ns[here].min(), flows.last_ns[here].max())
    assert weights.longest_ns[there] == (flows.last_ns - flows.first_ns)[here].max()
    assert (rows.resp_bytes[rows.orig_bytes < 0] == -1).all(), "what is not known has no sum"


@pytest.mark.parametrize("order", ["as drawn", "by time", "backwards"])
def test_the_first_flows_of_each_kind_are_found_again(order):
    """In whatever order a log has them; of those that began at once the one that was read first is the first."""
    flows, identities, verdicts = drawn(4, 3000)
    flows = replace(flows, first_ns=flows.first_ns // 10**12 * 10**12)  # many begin at once
    by = {"as drawn": np.arange(3000), "by time": np.argsort(flows.first_ns), "backwards": np.argsort(-flows.first_ns)}[order]
    flows, identities, verdicts = flows.take(by), identities.take(by), verdicts[by]
    lumps = lumped(flows, identities, verdicts, 10**5, 400)
    rows = lumps.table()[0]
    told = lumps.first_flows(np.arange(0, len(rows), 2))
    assert set(told.row.tolist()) == set(range(0, len(rows), 2))
    apart = flows.resp_bytes <= 0
    keys = list(
        zip(
            flows.orig_lo.tolist(),
            flows.resp_lo.tolist(),
            flows.state.tolist(),
            verdicts.tolist(),
            flows.orig_bytes.tolist(),
            apart.tolist(),
            strict=True,
        )
    )
    keys = [(*k[:4], (k[4] > 0) - (k[4] < 0), k[5]) for k in keys]
    uids = flows.uid.tolist()
    of_kind: dict[tuple, list[int]] = {}
    for i in np.argsort(flows.first_ns, kind="stable").tolist():
        of_kind.setdefault(keys[i], []).append(i)
    for row in range(0, len(rows), 2):
        mine = np.flatnonzero(told.row == row)
        wanted = of_kind[keys[uids.index(told.uid[mine[0]])]][:5]
        assert told.uid[mine].tolist() == [uids[i] for i in wanted]
        assert told.number[mine].tolist() == flows.number[wanted].tolist()
        assert told.offset[mine].tolist() == flows.offset[wanted].tolist()
        assert rows.first_ns[row] == flows.first_ns[wanted[0]]


def test_memory_grows_with_kinds_and_not_with_flows():
    """What is held is the same after two looks at every kind as after twelve."""
    flows, identities, verdicts = drawn(3, 2000)
    lumps, sizes = Lumps(2500), []
    for _ in range(12):
        lumps.add(flows, identities, verdicts, flows.resp_bytes <= 0)
        held = [value for value in vars(lumps).values() if isinstance(value, np.ndarray)]
        held += [value for value in vars(lumps._kinds).values() if isinstance(value, np.ndarray)]
        sizes.append(sum(value.nbytes for value in held))
    assert len(set(sizes[1:])) == 1
    assert lumps.flows == 24_000


def test_times_of_channels_come_back():
    rng, times = np.random.default_rng(6), Times()
    own = {channel: np.sort(rng.integers(0, 10**18, size)) for channel, size in ((7, 3), (2, 1000), (900_000, 1))}
    for channel, values in own.items():
        times.put(channel, values)
    assert all(times.of(channel).tolist() == values.tolist() for channel, values in reversed(own.items()))


def test_numbers_of_keys_that_come_in_parts():
    rng = np.random.default_rng(5)
    keys = rng.integers(0, 50, (4000, 2)).astype(np.uint64)
    numbering = Numbering(2)
    numbers = np.concatenate([numbering.number(keys[at : at + 37]) for at in range(0, 4000, 37)])
    seen: dict[tuple[int, ...], int] = {}
    assert numbers.tolist() == [seen.setdefault(tuple(row), len(seen)) for row in keys.tolist()]
    assert numbering.keys[: len(numbering)].tolist() == [list(key) for key in seen]


def test_crafted_keys_get_another_seed(monkeypatch):
    """Keys that collide under one seed are hashed under another, and what was numbered keeps its number."""
    from pcapscan.measure import hashing

    numbering, real, refused = Numbering(1), hashing.number_more, []
    first = numbering.number(np.arange(10, dtype=np.uint64).reshape(-1, 1))

    def once(*arguments):
        if not refused:
            refused.append(arguments[-2])
            return -1
        assert arguments[-2] != refused[0]
        return real(*arguments)

    monkeypatch.setattr(hashing, "number_more", once)
    again = numbering.number(np.arange(12, dtype=np.uint64).reshape(-1, 1))
    assert again.tolist() == [*first.tolist(), 10, 11]
