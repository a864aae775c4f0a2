"""The kernel against its slow twin, and the lies a capture tells about connections."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapscan.flows import Assembler, FlowOptions
from pcapscan.tables import HEAD_CAPPED, HEAD_GAP, HEAD_MIDSTREAM, HEAD_SNAPPED, PACKET, PacketTable

calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

ENDPOINTS = [(0, 0xFFFF_0A00_0001, 80), (0, 0xFFFF_0A00_0001, 50_000), (0, 0xFFFF_0A00_0002, 50_001), (1 << 60, 7, 8)]


@st.composite
def packet_lists(draw):
    """Small worlds: few endpoints, sequence numbers that meet, times that step back, lengths that lie."""
    bases = [draw(st.sampled_from([0, 5, 1000, 2**32 - 20, 2**31 - 5])) for _ in ENDPOINTS]
    packets, t = [], 0
    for number in range(draw(st.integers(1, 40))):
        src = draw(st.integers(0, 3))
        dst = draw(st.integers(0, 3))
        t += draw(st.sampled_from([0, 1, 10**8, 10**9, 2 * 10**9, 6 * 10**9, 61 * 10**9, 301 * 10**9, -(10**9), -400 * 10**9]))
        data = draw(st.binary(max_size=12))
        off = draw(st.one_of(st.integers(-8, 60), st.sampled_from([70_000, 2**30, -(2**30), 100_000])))
        proto = draw(st.sampled_from([6, 6, 6, 6, 17, 1, 58, 132, 47]))
        flags = draw(st.sampled_from([0, 2, 18, 16, 16, 24, 24, 17, 4, 20, 1, 7, 19]))
        lie = draw(st.sampled_from([0, 0, 0, 0, 3, -2]))
        row = {
            "src_hi": ENDPOINTS[src][0], "src_lo": ENDPOINTS[src][1], "src_p": ENDPOINTS[src][2],
            "dst_hi": ENDPOINTS[dst][0], "dst_lo": ENDPOINTS[dst][1], "dst_p": ENDPOINTS[dst][2],
            "time_ns": 10**18 + t, "flags": flags, "seq": (bases[src] + off) % 2**32, "ack": (bases[dst] + draw(st.integers(0, 20))) % 2**32,
            "proto": proto, "data": data, "paylen": max(len(data) + lie, 0), "vlan": src, "tunnel": dst,
            "tunnel_id": number, "marks": draw(st.sampled_from([0, 0, 0, 0, 0, 1])),
        }  # fmt: skip
        if proto in (1, 58):
            row["src_p"], row["dst_p"] = draw(st.sampled_from([0, 8, 3, 128, 129, 135])), draw(st.integers(0, 2))
        packets.append(row)
    return packets


OPTIONS = [
    FlowOptions(),
    FlowOptions(head_bytes=16, max_ticks=4, sweep=3),
    FlowOptions(max_live=16, sweep=5, max_ticks=2, head_bytes=300),
    FlowOptions(head_bytes=37, sweep=1, linger_s=0.5, udp_idle_s=0),
]


def agree(fast, slow):
    assert len(fast) == len(slow)
    for a, b in zip(fast, slow, strict=True):
        assert a == {name: b[name] for name in a}


@calm
@given(packet_lists(), st.sampled_from(OPTIONS))
def test_kernel_and_slow_twin_agree(bench, packets, options):
    agree(bench.run(packets, options), bench.slow(packets, options))


@calm
@given(packet_lists(), st.sampled_from(OPTIONS), st.lists(st.integers(0, 40), max_size=4))
def test_block_boundary_anywhere_changes_nothing(bench, packets, options, cuts):
    cuts = sorted(min(c, len(packets)) for c in cuts)
    assert bench.run(packets, options, cuts) == bench.run(packets, options)


def segments(stream, base, sizes, overlap=0):
    at, pieces = 0, []
    for size in sizes:
        piece = stream[max(at - overlap, 0) : at + size]
        if piece:
            pieces.append((base + max(at - overlap, 0), piece))
        at += size
    return pieces


@calm
@given(
    st.binary(min_size=1, max_size=5000), st.sampled_from([1, 2**32 - 100, 2**31 - 3]), st.lists(st.integers(1, 900), min_size=1, max_size=12),
    st.integers(0, 30), st.booleans(), st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_order_of_the_same_segments_gives_the_same_head(bench, stream, isn, sizes, overlap, midstream, rng):
    pieces = segments(stream, isn + 1, sizes, overlap)
    if not pieces:
        return
    syn = [] if midstream else [bench.up(flags="S", seq=isn)]
    # PSH: a lone zero byte without it would be a keep-alive.
    data = [bench.up(piece, flags="PA", seq=seq) for seq, piece in pieces]
    whole = stream[: sum(sizes)]
    shuffled = data * 2
    rng.shuffle(shuffled)
    for order in (syn + data, syn + shuffled, shuffled + syn):
        (flow,) = bench.run(order)
        assert flow["orig_head"] == whole[:4096]
        assert flow["orig_bytes"] == len(whole)
        assert bool(flow["orig_flags"] & HEAD_CAPPED) == (len(whole) > 4096)
        assert bool(flow["orig_flags"] & HEAD_MIDSTREAM) == midstream
        assert not flow["orig_flags"] & HEAD_GAP


def test_head_survives_segments_of_one_byte_backwards(bench):
    stream = bytes(range(1, 251)) * 8
    data = [bench.up(stream[k : k + 1], flags="PA", seq=77 + k) for k in range(len(stream))]
    (flow,) = bench.run(data[::-1])
    assert flow["orig_head"] == stream and flow["orig_bytes"] == len(stream)


def test_first_copy_of_a_byte_wins(bench):
    packets = [*bench.handshake(), bench.up(b"GET /a", seq=1001), bench.up(b"EVIL/a HTTP", seq=1001), bench.up(b"xxx", seq=1004)]
    (flow,) = bench.run(packets)
    assert flow["orig_head"] == b"GET /a HTTP"


def test_data_on_the_syn_is_the_beginning(bench):
    packets = [bench.up(b"hello ", flags="S", seq=1000), bench.down(flags="SA", seq=9000, ack=1007), bench.up(b"world", seq=1007)]
    (flow,) = bench.run(packets)
    assert flow["orig_head"] == b"hello world" and flow["orig_flags"] == 0


def test_gap_in_a_head_is_told_and_nothing_is_glued(bench):
    packets = [*bench.handshake(), bench.up(b"abc", seq=1001), bench.up(b"ghi", seq=1007)]
    (flow,) = bench.run(packets)
    assert flow["orig_head"] == b"abc" and flow["orig_flags"] == HEAD_GAP
    assert flow["orig_bytes"] == 6


def test_snaplen_in_a_head_is_told_and_bytes_are_the_wire_s(bench):
    packets = [*bench.handshake(), bench.up(b"abc", seq=1001, paylen=500), bench.down(b"ok", seq=9001)]
    (flow,) = bench.run(packets)
    assert (flow["orig_head"], flow["orig_flags"], flow["orig_bytes"]) == (b"abc", HEAD_SNAPPED, 500)


def test_sequence_numbers_wrap_within_head_and_count(bench):
    packets = [*bench.handshake(isn=2**32 - 3), bench.up(b"a" * 10, seq=2**32 - 2), bench.up(b"b" * 10, seq=8)]
    (flow,) = bench.run(packets)
    assert flow["orig_head"] == b"a" * 10 + b"b" * 10 and flow["orig_bytes"] == 20


def test_more_than_four_gigabytes_are_counted(bench):
    packets, seq = bench.handshake(), 1001
    for _ in range(10):
        packets.append(bench.up(b"", seq=seq, paylen=1 << 29))
        seq += 1 << 29
    (flow,) = bench.run(packets)
    assert flow["orig_bytes"] == 10 << 29


def test_lying_sequence_numbers_do_not_inflate_bytes(bench):
    packets = [*bench.handshake(), bench.up(b"abc", seq=1001), bench.up(b"abc", seq=1001 + 2**31 - 9), bench.up(b"abc", seq=2**31 + 50)]
    (flow,) = bench.run(packets)
    assert flow["orig_bytes"] <= 9 and flow["orig_head"] == b"abc"


def test_retransmission_is_counted_once(bench):
    packets = [*bench.handshake(), *[bench.up(b"abcdef", seq=1001)] * 5]
    (flow,) = bench.run(packets)
    assert flow["orig_bytes"] == 6 and flow["orig_pkts"] == 7


def test_keep_alive_byte_is_no_beginning_midstream(bench):
    packets = [bench.up(b"\0", flags="A", seq=99), bench.up(b"\0", flags="A", seq=99), bench.up(b"ping", flags="PA", seq=100)]
    (flow,) = bench.run(packets)
    assert flow["orig_head"] == b"ping" and flow["orig_bytes"] == 4


def test_missed_syn_does_not_make_the_client_midstream(bench):
    packets = [bench.down(flags="SA", seq=9000, ack=1001), bench.up(b"late", seq=1005), bench.up(b"told", seq=1001)]
    (flow,) = bench.run(packets)
    assert flow["orig_basis"] == "answer" and flow["orig_p"] == 50_000
    assert flow["orig_head"] == b"toldlate" and flow["orig_flags"] == 0


@pytest.mark.parametrize(
    ("ports", "orig", "basis"),
    [((443, 51_000), 51_000, "port"), ((51_000, 443), 51_000, "port"), ((8080, 40_000), 40_000, "port"), ((4444, 40_000), 4444, "first"), ((40_000, 41_000), 40_000, "first"),
     ((80, 443), 80, "first"), ((8080, 9001), 8080, "first")],
)  # fmt: skip
def test_midstream_originator_by_clear_ports_else_who_spoke_first(bench, ports, orig, basis):
    a, b = (0, 0xFFFF_0A00_0001, ports[0]), (0, 0xFFFF_0A00_0002, ports[1])
    (flow,) = bench.run([bench.packet(a, b, b"x", flags="PA", seq=5), bench.packet(b, a, b"y", flags="PA", seq=5)])
    assert (flow["orig_p"], flow["orig_basis"]) == (orig, basis)


def test_port_hint_yields_to_the_syn_ack_that_was_captured_late(bench):
    client, server = (0, 0xFFFF_0A00_0001, 22), (0, 0xFFFF_0A00_0002, 50_000)
    packets = [bench.packet(server, client, b"hi", seq=9001), bench.packet(server, client, flags="SA", seq=9000, ack=5)]
    (flow,) = bench.run(packets)
    assert (flow["orig_p"], flow["orig_basis"], flow["resp_head"], flow["resp_flags"]) == (22, "answer", b"hi", 0)


def test_retransmitted_syn_begins_no_flow_but_a_new_one_after_close_does(bench):
    first = [*[bench.up(flags="S", seq=1000, t=k) for k in range(3)], bench.down(flags="RA", seq=0, ack=1001, t=3.1)]
    again = [bench.up(flags="S", seq=1000, t=3.6), bench.down(flags="RA", seq=0, ack=1001, t=3.7)]  # Windows tries three times
    other = [bench.up(flags="S", seq=5000, t=4), bench.down(flags="SA", seq=1, ack=5001, t=4.1)]
    flows = bench.run(first + again + other)
    assert [(f["state"], f["orig_pkts"]) for f in flows] == [("REJ", 4), ("S1", 1)]


def test_port_reuse_after_lost_close_needs_silence(bench):
    established = [*bench.handshake(), bench.up(b"x", seq=1001, t=1)]
    assert len(bench.run([*established, bench.up(flags="S", seq=77_000, t=2)])) == 1  # one spoofed SYN does not cut a flow in two
    assert len(bench.run([*established, bench.up(flags="S", seq=77_000, t=9)])) == 2


def test_closed_flow_swallows_late_packets_for_five_seconds(bench):
    close = [bench.up(flags="FA", seq=1001, t=1), bench.down(flags="FA", seq=9001, t=1.1)]
    late = [bench.up(flags="A", seq=1002, t=4), bench.down(flags="A", seq=9002, t=8), bench.up(flags="A", seq=1002, t=14)]
    flows = bench.run([*bench.handshake(), *close, *late])
    assert [(f["state"], f["orig_pkts"] + f["resp_pkts"]) for f in flows] == [("SF", 7), ("OTH", 1)]


def test_udp_idle_ends_and_time_that_runs_back_does_not(bench):
    def ping(t):
        return bench.up(b"q", proto=17, t=t)

    assert len(bench.run([ping(0), ping(59), ping(118)])) == 1
    assert len(bench.run([ping(0), ping(61)])) == 2
    (flow,) = bench.run([ping(1000), *[ping(k % 2 * 1000) for k in range(50)]])
    assert flow["last_ns"] - flow["first_ns"] == 1000 * 10**9 and flow["orig_pkts"] == 51


def test_one_packet_from_the_future_ends_nothing_in_a_sweep(bench):
    options = FlowOptions(sweep=2)
    packets = [
        *bench.handshake(),
        bench.packet((0, 1, 2), (0, 3, 4), b"x", proto=17, t=10**7),
        *[bench.up(b"x", seq=1001 + k, t=1) for k in range(6)],
    ]
    assert len(bench.run(packets, options)) == 2


def test_datagrams_are_cut_and_the_fifth_is_not_kept(bench):
    packets = [bench.up(bytes([65 + k]) * (k + 1), proto=17, t=k / 10) for k in range(5)] + [bench.down(b"r" * 5000, proto=17, t=1)]
    (flow,) = bench.run(packets)
    assert flow["orig_head"] == b"ABBCCCDDDD" and flow["orig_cuts"] == [1, 3, 6, 10] and flow["orig_flags"] == HEAD_CAPPED
    assert flow["resp_head"] == b"r" * 4096 and flow["resp_flags"] == HEAD_CAPPED and flow["resp_bytes"] == 5000
    assert (flow["state"], flow["orig_basis"]) == ("SF", "first")


def test_ping_is_one_flow_and_unreachable_is_not_folded(bench):
    a, b = (0, 0xFFFF_0A00_0001), (0, 0xFFFF_0A00_0002)
    request, reply = bench.packet((*a, 8), (*b, 0), b"p", proto=1), bench.packet((*b, 0), (*a, 0), b"p", proto=1)
    gone = [bench.packet((*a, 3), (*b, 1), b"u", proto=1), bench.packet((*b, 3), (*a, 1), b"u", proto=1)]
    flows = bench.run([request, reply, *gone])
    assert [(f["state"], f["orig_p"], f["resp_p"]) for f in flows] == [("SF", 8, 0), ("S0", 3, 1), ("S0", 3, 1)]


def test_ticks_are_new_payload_after_silence_not_retransmission_nor_keep_alive(bench):
    packets = bench.handshake()
    for k in range(5):
        packets += [bench.up(b"beat", seq=1001 + 4 * k, t=10 * k), bench.down(b"ok", seq=9001 + 2 * k, t=10 * k + 0.1)]
        packets += [bench.up(b"beat", seq=1001 + 4 * k, t=10 * k + 3), bench.up(b"\0", seq=1004 + 4 * k, t=10 * k + 5)]
    (flow,) = bench.run(packets)
    assert [t - flow["first_ns"] for t in flow["ticks"]] == [k * 10**10 for k in range(1, 5)]


@pytest.mark.parametrize("beats", [3, 5, 8, 9, 33, 64, 200])
def test_ticks_beyond_the_bound_are_thinned_evenly(bench, beats):
    options = FlowOptions(max_ticks=8)
    packets = [bench.up(b"b", proto=17, t=2.0 * k) for k in range(beats + 1)]
    (flow,) = bench.run(packets, options)
    gaps = np.diff(flow["ticks"])
    assert 4 <= len(flow["ticks"]) <= 8 or beats < 4
    assert len(set(gaps.tolist())) <= 1
    agree([flow], bench.slow(packets, options))


def test_tick_pool_that_is_full_thins_and_never_fails(bench):
    options = FlowOptions(tick_pool=1 << 12, max_ticks=512)  # 64 chunks
    packets = []
    for k in range(60):
        for c in range(30):
            packets.append(bench.packet((0, c + 1, 1), (0, 999, 2), b"b", proto=17, t=2.0 * k))
    flows = bench.run(packets, options)
    assert len(flows) == 30
    assert all(sorted(f["ticks"]) == f["ticks"] for f in flows)
    assert all(f["ticks"] for f in flows)


def test_evidence_is_each_side_s_first_payload(bench):
    packets = [*bench.handshake(), bench.down(b"SSH-2.0", seq=9001), bench.up(b"SSH-2.0", seq=1001), bench.up(b"x", seq=1008)]
    (flow,) = bench.run(packets)
    assert (flow["number"], flow["resp_number"], flow["orig_number"]) == (1, 4, 5)
    assert (flow["offset"], flow["resp_offset"], flow["orig_offset"]) == (124, 424, 524)


def test_lone_reset_is_zeek_s_word_for_either_side(bench):
    client, server = (0, 0xFFFF_0A00_0001, 50_000), (0, 0xFFFF_0A00_0002, 443)
    assert bench.run([bench.packet(client, server, flags="R", seq=5)])[0]["state"] == "OTH"
    assert bench.run([bench.packet(server, client, flags="R", seq=5)])[0]["state"] == "RSTRH"


def test_flood_of_syns_is_bounded_and_evicts_the_least_recent(bench):
    options = FlowOptions(max_live=64, sweep=1000)
    assembler = Assembler(0, options)
    flood = [bench.packet((0, 5, k % 60_000), (0, 6, 80), flags="S", seq=k, t=k / 1e6) for k in range(3000)]
    keeper = bench.up(b"x", proto=17, t=0)
    ended = 0
    for low in range(0, len(flood), 30):
        assembler.feed(bench.table([*flood[low : low + 30], keeper]))
        assert assembler.live <= 64
        taken = assembler.take()
        ended += 0 if taken is None else int((taken[0].proto == 6).sum())
        assert taken is None or not (taken[0].proto == 17).any()
    assert ended + assembler.live == 3001


def test_full_head_pool_caps_heads_and_gives_the_memory_back(bench):
    options = FlowOptions(head_pool=1 << 14)
    assembler = Assembler(0, options)
    for turn in range(3):
        packets = []
        for c in range(20):
            src, dst = (0, 1 + c, 1000 + turn), (0, 9, 80)
            packets.append(bench.packet(src, dst, flags="S", seq=0))
            packets += [bench.packet(src, dst, bytes([c]) * 1000, seq=1 + 1000 * k) for k in (0, 2, 1, 3)]
        assembler.feed(bench.table(packets))
        assembler.finish()
        taken = assembler.take()
        assert taken is not None
        flows, heads, _ = taken
        assert len(flows) == 20 and heads.length[:, 0].max() >= 3000 and (heads.flags & HEAD_CAPPED).any()
        for i in range(20):
            head = heads.arena[heads.start[i, 0] : heads.start[i, 0] + heads.length[i, 0]]
            assert (head == flows.orig_lo[i] - 1).all()
    assert sum(heads.length[:, 0]) >= 8000


def test_lying_starts_and_lengths_read_nothing_outside_the_block(bench):
    rng = random.Random(1)
    lies = [-(2**63), -1, 0, 3, 10, 11, 2**31 - 1, 2**62]
    rows = np.zeros(400, PACKET)
    for row in rows:
        row["proto"], row["src_p"], row["dst_p"] = rng.choice([6, 17, 132]), rng.randrange(4), 80
        row["start"], row["flags"] = rng.choice(lies), rng.randrange(256)
        row["caplen"], row["paylen"] = rng.choice([-(2**31), -1, 0, 5, 2**31 - 1]), rng.choice([-(2**31), -1, 0, 5, 2**31 - 1])
        row["seq"], row["ack"] = rng.randrange(2**32), rng.randrange(2**32)
        row["time_ns"] = rng.choice([-(2**62), 0, 2**62])
    assembler = Assembler(0)
    table = bench.table([])
    assembler.feed(type(table)(rows, np.arange(10, dtype=np.uint8)))
    assembler.finish()
    taken = assembler.take()
    assert taken is not None
    assert (taken[1].length >= 0).all() and (taken[0].orig_bytes >= 0).all()


@settings(calm, max_examples=40)
@given(packets=packet_lists(), cut=st.integers(0, 300))
def test_bytes_of_datagrams_are_read_behind_the_block_s(bench, packets, cut):
    whole = bench.table(packets)
    starts = whole.rows["start"][whole.rows["caplen"] > 0]
    cut = int(starts[starts >= cut].min(initial=len(whole.data)))
    found = []
    for table in (whole, PacketTable(whole.rows, whole.data[:cut], whole.data[cut:])):
        assembler = Assembler(3)
        assembler.feed(table)
        assembler.finish()
        found.append(bench.rows(assembler.take()))
    assert found[0] == found[1]


def test_nothing_in_gives_nothing_out(bench):
    assembler = Assembler(0)
    assembler.feed(bench.table([]))
    assembler.finish()
    assert assembler.take() is None
