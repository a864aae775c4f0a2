"""Fragments: any order, repeats, overlaps, losses, and where a block ends."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.decode import Decoder, fragments
from pcapscan.decode.codes import R_COUNT, describe
from pcapscan.decode.reference import Datagram, Fragment, Reference
from pcapscan.kernels import JIT
from pcapscan.tables import PACKET_REASSEMBLED, PACKET_SNAPPED, RecordTable

BODY = bytes(random.Random(4).randbytes(3000))


def pieces4(net, datagram, size=504, ident=7, proto=17):
    parts = range(0, len(datagram), size)
    return [net.ip4(datagram[i : i + size], proto, frag=(0x2000 if i + size < len(datagram) else 0) | i // 8, ident=ident) for i in parts]


def pieces6(net, datagram, size=504, ident=7, proto=17):
    parts = range(0, len(datagram), size)
    return [
        net.ip6(struct.pack(">BBHI", proto, 0, i | (i + size < len(datagram)), ident) + datagram[i : i + size], 44) for i in parts
    ]  # fmt: skip


def test_any_order_gives_the_datagram(net):
    for make in (pieces4, pieces6):
        for seed in range(20):
            parts = make(net, net.udp(BODY))
            random.Random(seed).shuffle(parts)
            (row,), undecoded = net.decode(parts, 101)
            assert row["payload"] == BODY and row["paylen"] == 3000 and row["marks"] == PACKET_REASSEMBLED
            assert row["number"] == len(parts) and undecoded == {"IP fragment put together in a later packet": len(parts) - 1}


def test_first_bytes_win_where_fragments_overlap(net):
    whole = net.udp(b"A" * 40)
    first = net.ip4(whole[:32], 17, frag=0x2000)
    liar = net.ip4(b"B" * 24, 17, frag=0x2000 | 2)
    last = net.ip4(whole[40:], 17, frag=5)
    (row,), _ = net.decode([first, liar, last], 101)
    assert row["payload"] == b"A" * 24 + b"B" * 8 + b"A" * 8


def test_repeats_and_contradictions_are_counted(net):
    parts = pieces4(net, net.udp(BODY))
    beyond = net.ip4(b"x" * 8, 17, frag=1000)
    rows, undecoded = net.decode([parts[0], parts[0], parts[-1], beyond, *parts[1:-1]], 101)
    assert len(rows) == 1 and rows[0]["payload"] == BODY
    assert undecoded["IP fragment that repeats another"] == 1
    assert undecoded["IP fragment beyond 65535 bytes or of impossible length"] == 1


def test_lost_fragments(net):
    parts = pieces4(net, net.udp(BODY))
    (row,), undecoded = net.decode([parts[0], parts[1], parts[3]], 101)
    assert row["number"] == 1 and row["payload"] == BODY[:1000] and row["marks"] & PACKET_SNAPPED
    assert undecoded == {"IP fragment of a datagram that never became whole": 2}
    rows, undecoded = net.decode(parts[1:], 101)
    assert not rows and undecoded == {"IP fragment whose first fragment never came": len(parts) - 1}


def test_given_up_by_packet_time(net):
    a, b = pieces4(net, net.udp(b"a" * 1000), 800)
    other = pieces4(net, net.udp(b"b" * 1000), 800, ident=8)[0]
    late = [a, (other, {"time_ns": 40 * 10**9}), (b, {"time_ns": 41 * 10**9})]
    rows, undecoded = net.decode(late, 101)
    assert [r["number"] for r in rows] == [1, 2] and undecoded == {"IP fragment whose first fragment never came": 1}


def test_what_waits_is_bounded(net, monkeypatch):
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 10)
    monkeypatch.setattr(fragments, "MAX_BYTES", 8000)
    decoder = Decoder()
    parts = [(pieces4(net, net.udp(BODY), ident=i)[0], {"time_ns": 0}) for i in range(100)]
    n = len(decoder.decode(net.records(parts, 101)))
    assert decoder.waiting <= 8 and n == 100 - decoder.waiting
    assert n + len(decoder.finish()) == 100


def test_a_tunnel_in_fragments_and_fragments_in_a_tunnel(net):
    inner = pieces4(net, net.udp(BODY), 1504)
    frames = [net.udp(b"\x08\0\0\0\0\0\x4d\0" + net.ether(p), dport=4789) for p in inner]
    packets = [p for i, frame in enumerate(frames) for p in pieces4(net, frame, 800, ident=i + 100)]
    (row,), _ = net.decode(packets, 101)
    assert row["payload"] == BODY and row["tunnel_id"] == 77


def test_rows_keep_their_alignment(net):
    """Kernels of the next room insist on it, and numpy forgets it when arrays are joined."""
    table = Decoder().decode(net.records([*pieces4(net, net.udp(BODY)), net.ip4(net.tcp(b"x"), 6)], 101))
    assert len(table) == 2 and table.rows.dtype.isalignedstruct and table.rows.flags.c_contiguous


def test_ospf_in_fragments_is_counted(net):
    rows, undecoded = net.decode(pieces4(net, BODY, proto=89), 101)
    assert not rows and undecoded["ip protocol 89 (OSPF)"] == 1


def test_a_fragment_cut_by_the_snaplen(net):
    a, b = pieces4(net, net.udp(b"a" * 1000), 800)
    (row,), _ = net.decode([(a[:100], {"wirelen": len(a)}), b], 101)
    assert (row["caplen"], row["paylen"], row["marks"]) == (72, 1000, PACKET_REASSEMBLED | PACKET_SNAPPED)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(0, 40))
def test_where_a_block_ends_changes_nothing(net, seed, cut):
    rng = random.Random(seed)
    packets = [p for i in range(6) for p in pieces4(net, net.udp(rng.randbytes(rng.randrange(1, 900))), 160, ident=i)]
    packets += [net.ip4(net.tcp(b"x"), 6) for _ in range(5)]
    rng.shuffle(packets)
    packets = [(p, {"time_ns": rng.randrange(40 * 10**9)}) for p in packets if rng.random() < 0.9]
    table = net.records(packets, 101)
    whole, split = Decoder(), Decoder()
    one = net.dicts(whole.decode(table)) + net.dicts(whole.finish())
    two = [
        row
        for part in (
            split.decode(RecordTable(table.rows[:cut], table.data)),
            split.decode(RecordTable(table.rows[cut:], table.data)),
            split.finish(),
        )
        for row in net.dicts(part)
    ]
    for row in one + two:
        del row["start"]
    assert one == two and whole.undecoded == split.undecoded
    assert len(one) + sum(whole.undecoded.values()) == len(packets)


def blend(net, rng, count):
    """Fragments of few datagrams, so that they meet: overlapping, repeated, lying, cut, in tunnels and in one another; and other packets."""
    packets = []
    for _ in range(count):
        ident, proto, six = rng.randrange(3), rng.choice([17, 17, 6]), rng.random() < 0.3
        at = rng.choice([0, 0, 8, 16, 24, 64, 1024, 65528])
        size = rng.choice([8, 8, 16, 24, 40, 300, 1024, 1400, rng.randrange(1, 60)])
        more = int(rng.random() < 0.7)
        body = (net.udp(rng.randbytes(size)) if at == 0 else rng.randbytes(size))[:size]
        extension = struct.pack(">BBHI", proto, 0, at | more, ident)
        packet = net.ip6(extension + body, 44) if six else net.ip4(body, proto, frag=more << 13 | at // 8, ident=ident)
        kind = rng.random()
        if kind < 0.15:
            packet = net.ip4(packet, 41 if six else 4)
        elif kind < 0.4:  # a tunnel in fragments, which may come in any order
            frame = net.udp(b"\x08\0\0\0\0\0\x4d\0" + net.ether(packet, 0x86DD if six else 0x0800), dport=4789)
            parts = pieces4(net, frame, rng.choice([64, 504]), ident=rng.randrange(100, 104))
            packets += rng.sample(parts, len(parts) - (rng.random() < 0.1))
            continue
        elif kind < 0.5:
            packet = net.ip4(net.tcp(b"x"), 6)
        cut = rng.randrange(20, len(packet) + 1) if rng.random() < 0.1 else len(packet)
        packets.append((packet[:cut], {"wirelen": len(packet)}))
    packets = [p if isinstance(p, tuple) else (p, {}) for p in packets]
    step = rng.choice([1, 10**9, 8 * 10**9])
    return [(p, more | {"time_ns": (k + rng.randrange(3)) * step}) for k, (p, more) in enumerate(packets)]


@settings(max_examples=150 if JIT else 40, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.sampled_from([2, 5, 8192]), room=st.sampled_from([1500, 6000, 16 << 20]))
def test_the_kernel_puts_together_what_its_slow_twin_does(net, seed, most, room):
    rng = random.Random(seed)
    table = net.records(blend(net, rng, rng.randrange(1, 60)), 101)
    cuts = sorted(rng.sample(range(len(table) + 1), min(len(table), rng.randrange(3))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "MAX_DATAGRAMS", most)
        patch.setattr(fragments, "MAX_BYTES", room)
        fast, slow = Decoder(), Reference()
        slow.feed(table)
        slow.finish()
        got = []
        for low, high in zip([0, *cuts], [*cuts, len(table)], strict=True):
            got += net.dicts(fast.decode(RecordTable(table.rows[low:high], table.data)))
            assert fast.waiting <= most and fast._waiting.state[fragments.W_COST] <= room
        got += net.dicts(fast.finish())
    for row in got + slow.packets:
        del row["start"]
    counts = np.zeros(R_COUNT, np.int64)
    counts[list(slow.counts)] = list(slow.counts.values())
    assert got == slow.packets and fast.undecoded == describe(counts)
    assert fast.waiting == 0 and not fast._waiting.state[fragments.W_COST]


@settings(max_examples=20 if JIT else 5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_order_of_tiny_fragments_outgrows_the_tables(net, seed):
    """Each of them fills two gaps with a piece of its own, or overlaps what is there; all of it is given back."""
    rng = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "MAX_BYTES", 20_000)
        decoder = Decoder()
        for _ in range(20):
            at = rng.sample(range(8180), 100)
            packets = [net.ip4(b"x" * 8 * rng.choice([1, 1, 2, 5]), 17, frag=0x2000 | k, ident=rng.randrange(4)) for k in at]
            decoder.decode(net.records(packets, 101))
            used = int(decoder._waiting.state[fragments.W_PIECE_USED])
            assert used * fragments.UNIT <= 20_000 + fragments.COST + 40, "what a fragment costs pays for its pieces"
        decoder.finish()
        state, free = decoder._waiting.state, 0
        k = state[fragments.W_PIECE_FREE]
        while k >= 0:
            free, k = free + 1, decoder._waiting.pieces[k]["next"]
        assert free == state[fragments.W_PIECE_USED] > 30


def test_more_datagrams_in_a_block_than_the_decoder_has_room_for_at_first(net):
    body = random.Random(5).randbytes(60_000)
    parts = [p for i in range(8) for p in pieces4(net, net.udp(body), 20_000, ident=i)]
    rows, undecoded = net.decode(parts, 101)
    assert [row["payload"] == body for row in rows] == [True] * 8
    assert undecoded == {"IP fragment put together in a later packet": len(parts) - 8}


def test_all_that_waits_given_up_by_one_fragment(net):
    first = [(pieces4(net, net.udp(bytes([i]) * 100), 64, ident=i)[0], {"time_ns": i}) for i in range(200)]
    last = (net.ip4(b"x" * 8, 17, frag=0x2000 | 5, ident=999), {"time_ns": 10**12})
    rows, undecoded = net.decode([*first, last], 101)
    assert [row["number"] for row in rows] == list(range(1, 201)) and undecoded == {"IP fragment whose first fragment never came": 1}


def test_pieces_keep_disjoint_and_ordered():
    rng = np.random.default_rng(3)
    for _ in range(50):
        datagram, mask = Datagram(0), np.full(200, -1)
        for k in range(20):
            at, size = int(rng.integers(0, 160)), int(rng.integers(1, 40))
            piece = Fragment((0, 0), (0, 0), (0, 0, 0), 4, 17, 0, 0, 0, 0, 1, at, size, True, bytes([k]) * size)
            datagram.add(piece)
            span = mask[at : at + size]
            span[span < 0] = k
        assert datagram.covered == (mask >= 0).sum()
        for at, (size, data) in zip(datagram.places, datagram.pieces, strict=True):
            assert list(data) == mask[at : at + size].tolist()
