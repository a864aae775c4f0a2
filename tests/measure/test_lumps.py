"""Of flows that differ in time and size only five are kept: every channel must be what it is of all."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pcapscan.measure import Lumps, group, measure
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
    columns = [getattr(periods, f.name) for f in dataclasses.fields(periods)]
    return {key: tuple(np.nan_to_num(c[i], nan=-9).item() for c in columns) for i, key in enumerate(keys)}


@pytest.mark.parametrize(("in_memory", "batch"), [(10**9, 700), (10**9, 10**6), (500, 333), (1, 1000)])
def test_channels_are_those_of_all_flows(in_memory, batch):
    """Whatever is added up, whether events went to a file, wherever batches and ranges are cut."""
    flows, identities, verdicts = drawn(1, 6000)
    events, channels = group(flows, identities.server_name)
    lumps = lumped(flows, identities, verdicts, in_memory, batch)
    rows, about, _, weights = lumps.table()
    few = lumps.channels(rows, about.server_name)
    periods = ChannelTable.concat([measure(e) for _, e in lumps.events(few)])
    assert len(rows) == len(lumped(flows, identities, verdicts, in_memory, batch)) < len(flows) / 2
    assert int(weights.count.sum()) == len(flows)
    assert by_channel(few, periods) == by_channel(channels, measure(events))


def test_what_is_kept_is_what_began_first_and_the_rest_adds_up():
    flows, identities, verdicts = drawn(2, 3000)
    rows, _, said, weights = lumped(flows, identities, verdicts, 10**9, 500).table()
    for own, table, marks in ((flows, flows, verdicts), (rows, rows, said)):
        assert len(own) == len(marks) == len(table)
    here = (flows.resp_lo == 3) & (flows.orig_lo == 3) & (verdicts == 1) & (flows.resp_bytes > 0) & (flows.state == STATES[0])
    there = (rows.resp_lo == 3) & (rows.orig_lo == 3) & (said == 1) & (rows.resp_bytes > 0) & (rows.state == STATES[0])
    first = np.argsort(flows.first_ns[here], kind="stable")[:5]
    own = there & (weights.count == 1)
    assert set(rows.uid[own]) >= set(flows.uid[here][first])
    assert weights.count[there].sum() == here.sum()
    assert rows.orig_bytes[there].sum() == flows.orig_bytes[here].sum()
    assert rows.last_ns[there].max() == flows.last_ns[here].max()
    assert weights.longest_ns[there].max() == (flows.last_ns - flows.first_ns)[here].max()


def test_memory_grows_with_kinds_and_not_with_flows():
    flows, identities, verdicts = drawn(3, 2000)
    lumps = Lumps(1000)
    held, rows = [], []
    for _ in range(12):  # five of each kind and one row for the others are reached after six
        lumps.add(flows, identities, verdicts, flows.resp_bytes <= 0)
        held.append(lumps._held_events)
        rows.append(len(lumps))
    assert max(held) <= 1000
    assert rows[0] < rows[4] < rows[6] == rows[-1]


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
