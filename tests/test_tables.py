"""Tables: columns of one length, rows taken, joined, sides exchanged and back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pcapscan import tables
from pcapscan.tables import (
    CONN_STATES,
    ORIG_BASES,
    PACKET,
    RECORD,
    ChannelTable,
    FlowTable,
    Heads,
    Table,
    ipv4_words,
)

MIRROR = {"S2": "S3", "S3": "S2", "RSTO": "RSTR", "RSTR": "RSTO", "S0": "SHR", "SHR": "S0", "RSTOS0": "RSTRH", "RSTRH": "RSTOS0"}


def flows(n: int, seed: int = 0) -> FlowTable:
    """A table of ``n`` rows in which every column tells its rows apart."""
    rng = np.random.default_rng(seed)
    values = {}
    for name in FlowTable.columns():
        kind = getattr(FlowTable.empty(), name).dtype
        if kind.kind == "S":
            values[name] = np.array([b"C%d" % i for i in range(n)], kind)
        else:
            values[name] = rng.integers(0, min(np.iinfo(kind).max, 2**62), n).astype(kind)
    values["state"] = rng.integers(0, len(CONN_STATES), n).astype(np.int8)
    values["orig_basis"] = rng.integers(0, len(ORIG_BASES), n).astype(np.int8)
    return FlowTable(**values)


def same(a: Table, b: Table) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in a.__struct_fields__)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        replace(flows(3), state=np.zeros(2, np.int8))


def test_an_empty_table_has_every_column_and_its_dtype():
    empty, some = FlowTable.empty(), flows(2)
    assert len(empty) == 0
    assert {name: getattr(empty, name).dtype for name in FlowTable.columns()} == {
        name: getattr(some, name).dtype for name in FlowTable.columns()
    }
    assert len(empty.swapped(np.zeros(0, np.bool_))) == 0


def test_take_by_index_and_by_mask():
    table = flows(5)
    assert table.take(np.array([3, 1])).uid.tolist() == [b"C3", b"C1"]
    assert table.take(table.uid == b"C4").uid.tolist() == [b"C4"]
    assert len(table.take(np.zeros(5, np.bool_))) == 0
    assert same(table.take(np.arange(5)), table)


def test_take_shares_what_is_no_column():
    heads = Heads(
        np.array([[0, 2], [4, 6]]), np.full((2, 2), 2, np.int32), np.full((2, 2, 4), -1, np.int32), np.zeros((2, 2), np.uint8),
        np.full(2, 6, np.uint8), np.ones(2, np.bool_), np.arange(8, dtype=np.uint8),
    )  # fmt: skip
    second = heads.take(np.array([1]))
    assert second.arena is heads.arena
    assert second.arena[second.start[0, 1] :][: second.length[0, 1]].tolist() == [6, 7]


def test_the_arena_of_heads_may_have_any_length():
    assert len(Heads(*(np.zeros((0, 2), np.int64),) * 4, np.zeros(0, np.uint8), np.zeros(0, np.bool_), np.zeros(99, np.uint8))) == 0  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_concat_undoes_cutting(sizes):
    table = flows(sum(sizes))
    ends = np.cumsum([0, *sizes])
    parts = [table.take(np.arange(a, b)) for a, b in pairwise(ends)]
    assert same(FlowTable.concat(parts), table)


def test_concat_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="nothing"):
        FlowTable.concat([])


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_swapped_exchanges_only_the_masked_rows(mask, seed):
    table = flows(len(mask), seed)
    rows = np.array(mask, np.bool_)
    out = table.swapped(rows)
    for i, swap in enumerate(mask):
        for a in ("hi", "lo", "p"):
            assert getattr(out, f"orig_{a}")[i] == getattr(table, f"{'resp' if swap else 'orig'}_{a}")[i]
            assert getattr(out, f"resp_{a}")[i] == getattr(table, f"{'orig' if swap else 'resp'}_{a}")[i]
        for a in ("pkts", "bytes", "number", "offset"):
            assert getattr(out, f"orig_{a}")[i] == getattr(table, f"{'resp' if swap else 'orig'}_{a}")[i]
        word = CONN_STATES[table.state[i]]
        assert CONN_STATES[out.state[i]] == (MIRROR.get(word, word) if swap else word)
        assert ORIG_BASES[out.orig_basis[i]] == ("content" if swap else ORIG_BASES[table.orig_basis[i]])
    moved = {"state", "orig_basis"} | {name for name in FlowTable.columns() if name.startswith(("orig_", "resp_"))}
    assert all(np.array_equal(getattr(out, name), getattr(table, name)) for name in FlowTable.columns() if name not in moved)
    assert {name: getattr(out, name).dtype for name in out.columns()} == {name: getattr(table, name).dtype for name in table.columns()}


def test_swapped_twice_is_the_table_again_but_for_how_the_originator_is_known():
    table = flows(60)
    rows = np.arange(60) % 2 == 0
    again = table.swapped(rows).swapped(rows)
    assert same(replace(again, orig_basis=table.orig_basis), table)


def test_swapped_leaves_the_table_it_was_asked_of_alone():
    table, twin = flows(9), flows(9)
    table.swapped(np.ones(9, np.bool_))
    assert same(table, twin)


def test_tables_are_frozen():
    with pytest.raises(AttributeError):
        flows(1).state = np.zeros(1, np.int8)  # type: ignore[misc]


def test_records_and_packets_have_the_sizes_the_kernels_count_on():
    assert RECORD.itemsize % 8 == 0
    assert PACKET.itemsize == 104
    assert all(PACKET.fields is not None and PACKET.fields[name][1] % PACKET[name].itemsize == 0 for name in PACKET.names or ())


def test_an_ipv4_address_is_mapped_into_ipv6():
    import ipaddress

    high, low = ipv4_words(int(ipaddress.ip_address("192.0.2.7")))
    assert ipaddress.IPv6Address((high << 64) | low).ipv4_mapped == ipaddress.ip_address("192.0.2.7")


@pytest.mark.parametrize(
    "name", sorted(n for n, v in vars(tables).items() if n.isupper() and isinstance(v, tuple) and v and isinstance(v[0], str))
)
def test_words_of_a_vocabulary_are_distinct_and_fit_an_int8(name):
    words = getattr(tables, name)
    assert len(set(words)) == len(words) <= 127
    assert all(w == w.strip() for w in words)


KINDS = [v for v in vars(tables).values() if isinstance(v, type) and issubclass(v, Table) and v is not Table]


@pytest.mark.parametrize("kind", KINDS, ids=lambda t: t.__name__)
def test_what_stands_aside_is_a_field(kind):
    assert kind.columns() + kind.asides == kind.__struct_fields__


@pytest.mark.parametrize("kind", KINDS, ids=lambda t: t.__name__)
def test_every_column_is_described(kind):
    text = kind.__doc__ or ""
    assert not [name for name in kind.__struct_fields__ if name not in text]


def test_a_channel_without_a_period_is_nan_not_zero():
    n = 1
    whole = {
        name: np.zeros(n, np.int64 if name in ("connections", "checkins", "first_ns", "last_ns") else np.float64)
        for name in ChannelTable.columns()
    }
    table = ChannelTable(**{**whole, "period_s": np.array([np.nan]), "kind": np.zeros(1, np.int8)})
    assert np.isnan(table.take(np.array([0])).period_s[0])
