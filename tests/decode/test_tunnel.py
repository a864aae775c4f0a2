"""Tunnels: the innermost conversation is the flow; and ordinary UDP on a tunnel's port stays what it is."""

from __future__ import annotations

import struct

from pcapscan.tables import TUNNELS


def tunnels(net):
    p4, p6 = net.ip4(net.tcp(b"hello"), 6, src=1, dst=2), net.ip6(net.tcp(b"hello"), 6)
    e = net.ether(p4)
    gre = lambda flags, kind, rest: net.ip4(struct.pack(">HH", flags, kind) + rest, 47)  # noqa: E731
    over = lambda port, rest: net.ip4(net.udp(rest, dport=port), 17)  # noqa: E731
    teredo = net.ip6(net.tcp(b"hello"), 6, src=0x20010000 << 96 | 5)
    return [
        ("ipip", 0, net.ip4(p4, 4)),
        ("6in4", 0, net.ip4(p6, 41)),
        ("ipip", 0, net.ip6(p4, 4)),
        ("6in4", 0, net.ip6(p6, 41)),
        ("gre", 0, gre(0, 0x0800, p4)),
        ("gre", 7, gre(0xB000, 0x86DD, b"\0\0\0\0\0\0\0\7\0\0\0\1" + p6)),
        ("gre", 0, gre(0, 0x6558, e)),
        ("gre", 0, gre(0, 0x883E, b"\1\2\0\0" + p4)),
        ("gre", 9, gre(0x3081, 0x880B, struct.pack(">HHII", len(p4) + 4, 9, 1, 2) + b"\xff\3\0\x21" + p4)),
        ("nvgre", 0x1234, gre(0x2000, 0x6558, b"\0\x12\x34\1" + e)),
        ("erspan", 0, gre(0, 0x88BE, e)),
        ("erspan", 5, gre(0x1000, 0x88BE, b"\0\0\0\1" + b"\x10\0\0\5\0\0\0\0" + e)),
        ("erspan", 6, gre(0x1000, 0x22EB, b"\0\0\0\1" + b"\x20\0\0\6" + b"\0" * 8 + e)),
        ("erspan", 6, gre(0x1000, 0x22EB, b"\0\0\0\1" + b"\x20\0\0\6" + b"\0" * 7 + b"\1" + b"\0" * 8 + e)),
        ("vxlan", 77, over(4789, b"\x08\0\0\0\0\0\x4d\0" + e)),
        ("vxlan", 77, over(50000, b"\x08\0\0\0\0\0\x4d\0" + e)),
        ("vxlan", 77, over(4789, b"\x88\0\0\3\0\0\x4d\0" + net.ether(net.vlan(p4, 5), 0x8100))),
        ("vxlan", 77, over(4790, b"\x0c\0\0\1\0\0\x4d\0" + p4)),
        ("geneve", 3, over(6081, b"\2\0\x65\x58\0\0\3\0" + b"\1\2\3\1abcd" + e)),
        ("geneve", 3, over(6081, b"\0\0\x08\0\0\0\3\0" + p4)),
        ("gtpu", 0x1020304, over(2152, b"\x30\xff" + struct.pack(">H", len(p4)) + b"\1\2\3\4" + p4)),
        ("gtpu", 1, over(2152, b"\x34\xff" + struct.pack(">H", len(p6) + 8) + b"\0\0\0\1" + b"\0\0\0\x85\1\0\1\0" + p6)),
        ("teredo", 0, over(3544, teredo)),
        ("teredo", 0, over(3544, b"\0\1\2\3ididx" + b"\0" * 9 + b"\0\0\1\2\3\4\5\6" + teredo)),
        ("other", 0, net.ip4(b"\x30\0" + e, 97)),
        ("vxlan", 8, net.ip4(struct.pack(">HH", 0, 0x0800) + over(1, b"\x08\0\0\0\0\0\x08\0" + e), 47)),
    ]


def test_the_innermost_conversation_is_the_flow(net):
    for i, (kind, ident, packet) in enumerate(tunnels(net)):
        (row,), undecoded = net.decode([packet], 101)
        assert (row["payload"], row["proto"], TUNNELS[row["tunnel"]], row["tunnel_id"]) == (b"hello", 6, kind, ident), i
        assert not undecoded


def test_tunnels_cut_and_mutated_never_lose_count(net):
    for kind, _, packet in tunnels(net):
        cuts = [(packet[:n], {"wirelen": len(packet)}) for n in range(len(packet))]
        cuts += [packet[:n] + bytes([packet[n] ^ 0x55]) + packet[n + 1 :] for n in range(len(packet))]
        rows, undecoded = net.decode(cuts, 101)
        assert len(rows) + sum(undecoded.values()) == len(cuts), kind


def test_udp_on_a_tunnels_port_stays_udp(net):
    lies = [
        b"\x08\0\0\0\0\0\x4d\0" + net.ether(net.ip4(net.tcp(b"hello"), 6)) + b"x" * 80,  # trailing bytes
        b"\x08\0\0\0\0\0\x4d\1" + net.ether(net.ip4(net.tcp(b"hello"), 6)),  # reserved byte
        b"\x08\0\0\0\0\0\x4d\0" + net.ether(b"\0" * 28, 0x0806),  # no IP inside
        b"\x30\xff\0\x40\0\0\0\1" + b"\x45" + b"\0" * 63,  # no checksum
        b"\x60\0\0\0\0\0\x3b\x40" + b"\0" * 32,  # not a Teredo address
        b"\0\0",
        b"",
    ]
    for port in (4789, 6081, 2152, 3544, 53):
        for payload in lies:
            (row,), undecoded = net.decode([net.ip4(net.udp(payload, dport=port), 17)], 101)
            assert (row["proto"], row["dst_p"], row["tunnel"], row["payload"]) == (17, port, 0, payload) and not undecoded


def test_a_tunnel_whose_inside_fails_leaves_the_outer_flow(net):
    inner = net.ip4(b"\0" * 24, 89)
    packet = net.ip4(net.udp(b"\x08\0\0\0\0\0\x4d\0" + net.ether(inner), dport=4789), 17)
    (row,), undecoded = net.decode([packet], 101)
    assert (row["dst_p"], row["tunnel"], row["src_lo"] & 0xFFFFFFFF) == (4789, 0, net.A) and not undecoded


def test_nesting_ends(net):
    packet = net.ip4(net.tcp(b"x"), 6)
    for _ in range(5):
        packet = net.ip4(packet, 4)
    (row,), _ = net.decode([packet], 101)
    assert row["payload"] == b"x"
    rows, undecoded = net.decode([net.ip4(packet, 4)], 101)
    assert not rows and undecoded == {"nested too deeply": 1}
