"""Every link layer that carries IP leads to the same packet."""

from __future__ import annotations

import struct

import pytest


def wrapped(net):
    p4 = net.ip4(net.tcp(b"hello"), 6)
    p6 = net.ip6(net.tcp(b"hello"), 6)
    e = net.ether
    mac = b"\2\0\0\0\0\1\2\0\0\0\0\2"
    snap = b"\xaa\xaa\x03\0\0\0\x08\0"
    dot11 = b"\x08\x01\0\0" + b"\2" * 18 + b"\0\0"
    llc_frame = mac + struct.pack(">H", len(snap + p4)) + snap + p4
    label = lambda n, bottom: struct.pack(">I", n << 12 | bottom << 8 | 64)  # noqa: E731
    return {
        "ethernet": (1, e(p4)),
        "ethernet6": (1, e(p6, 0x86DD)),
        "snap": (1, llc_frame),
        "padding": (1, e(p4) + b"\0" * 30),
        "vlan": (1, e(net.vlan(p4, 5), 0x8100)),
        "qinq": (1, e(net.vlan(net.vlan(p4, 5), 9, 0x8100), 0x88A8)),
        "qinq 9100": (1, e(net.vlan(net.vlan(p6, 5, 0x86DD), 9, 0x8100), 0x9100)),
        "mpls": (1, e(label(16, 0) + label(17, 1) + p4, 0x8847)),
        "mpls6": (1, e(label(17, 1) + p6, 0x8847)),
        "pseudowire": (1, e(label(17, 1) + b"\0\0\0\0" + e(p4), 0x8847)),
        "pseudowire without control word": (1, e(label(17, 1) + e(p4), 0x8847)),
        "pppoe": (1, e(b"\x11\0\0\1" + struct.pack(">H", len(p4) + 2) + b"\0\x21" + p4, 0x8864)),
        "pppoe6": (51, b"\x11\0\0\1" + struct.pack(">H", len(p6) + 2) + b"\0\x57" + p6),
        "null le": (0, b"\2\0\0\0" + p4),
        "null be": (0, b"\0\0\0\2" + p4),
        "null6": (0, b"\x1e\0\0\0" + p6),
        "loop": (108, b"\0\0\0\2" + p4),
        "raw 12": (12, p4),
        "raw 14": (14, p6),
        "raw 101": (101, p6),
        "raw 228": (228, p4),
        "raw 229": (229, p6),
        "sll": (113, b"\0\0\0\1\0\6" + b"\2" * 8 + b"\x08\0" + p4),
        "sll vlan": (113, b"\0\0\0\1\0\6" + b"\2" * 8 + b"\x81\0" + net.vlan(p4, 5)),
        "sll2": (276, b"\x86\xdd\0\0\0\0\0\2\0\1\0\6" + b"\2" * 8 + p6),
        "ppp": (9, b"\xff\3\0\x21" + p4),
        "ppp compressed": (9, b"\x21" + p4),
        "ppp 6": (50, b"\xff\3\0\x57" + p6),
        "ppp with direction": (204, b"\1\xff\3\0\x21" + p4),
        "ppp hdlc": (50, b"\x0f\0\x08\0" + p4),
        "chdlc": (104, b"\x0f\0\x08\0" + p4),
        "frame relay": (107, b"\x18\x41\3\xcc" + p4),
        "frame relay cisco": (107, b"\x18\x41\x08\0" + p4),
        "frame relay snap": (107, b"\x18\x41\3\0\x80\0\0\0\x86\xdd" + p6),
        "802.11": (105, dot11 + snap + p4),
        "802.11 qos": (105, b"\x88" + dot11[1:] + b"\0\0" + snap + p4),
        "802.11 four addresses": (105, b"\x08\x03" + dot11[2:] + b"\2" * 6 + snap + p4),
        "802.11 fcs": (105, dot11 + snap + p4 + b"\1\2\3\4"),
        "a-msdu": (105, b"\x88" + dot11[1:] + b"\x80\0" + mac + struct.pack(">H", len(snap + p4)) + snap + p4),
        "radiotap": (127, b"\0\0\x09\0\2\0\0\0\0" + dot11 + snap + p4),
        "radiotap padded": (127, b"\0\0\x11\0\3\0\0\0" + b"\0" * 8 + b"\x20" + b"\x88" + dot11[1:] + b"\0\0\0\0" + snap + p4),
        "radiotap two words": (127, b"\0\0\x19\0\3\0\0\x80\0\0\0\0" + b"\0" * 12 + b"\x20" + b"\x88" + dot11[1:] + b"\0\0\0\0" + snap + p4),
        "prism": (119, b"\0\0\0\x44" + b"\0" * 140 + dot11 + snap + p4),
        "avs": (163, b"\x80\x21\x10\1\0\0\0\x40" + b"\0" * 56 + dot11 + snap + p4),
        "ppi": (192, b"\0\0\x08\0\1\0\0\0" + e(p4)),
        "ppi 802.11": (192, b"\0\0\x0c\0\x69\0\0\0abcd" + dot11 + snap + p4),
        "nflog le": (239, b"\2\0\0\0" + b"\x05\0\x0a\0x\0\0\0" + struct.pack("<HH", len(p4) + 4, 9) + p4),
        "nflog be": (239, b"\x0a\0\0\0" + b"\0\x05\0\x0ax\0\0\0" + struct.pack(">HH", len(p6) + 4, 9) + p6),
        "token ring": (6, b"\x10\x40" + mac[:6] + b"\x82" + mac[7:] + b"\x06\x30\1\2\3\4" + snap + p4),
        "fddi": (10, b"\x50" + mac + snap + p4),
        "arcnet": (129, b"\1\2\0\0\xf0" + p4),
        "rfc 1483": (100, snap + p4),
        "rfc 1483 bridged": (100, b"\xaa\xaa\3\0\x80\xc2\0\7\0\0" + e(p4)),
        "ip over fc": (122, b"\0" * 16 + snap + p4),
        "firewire": (138, b"\0" * 16 + b"\x08\0" + p4),
        "ipnet": (226, b"\1\2" + b"\0" * 22 + p4),
        "brcm": (281, mac + b"\1\2\3\4\x08\0" + p4),
        "e-tag": (1, e(b"\0\0\0\0\0\0\x08\0" + p4, 0x893F)),
        "provider backbone": (1, e(b"\0\0\0\0" + e(p4), 0x88E7)),
        "vntag": (1, e(b"\0\0\0\1\x08\0" + p4, 0x8926)),
        "nsh": (1, e(b"\0\2\2\1\0\0\1\xff" + p4, 0x894F)),
        "pktap": (258, struct.pack("<III", 16, 1, 12) + b"\0\0\0\0" + p4),
    }


def test_every_link_layer_leads_to_the_packet(net):
    for name, (link, packet) in wrapped(net).items():
        rows, undecoded = net.decode([packet], link)
        assert len(rows) == 1 and not undecoded, (name, undecoded)
        (row,) = rows
        assert row["payload"] == b"hello", name
        assert (row["src_p"], row["dst_p"], row["seq"], row["ack"], row["flags"], row["window"]) == (40000, 443, 100, 200, 0x18, 512), name
        assert row["paylen"] == 5 and row["tunnel"] == 0 and row["marks"] == 0 and not undecoded, name
        assert row["vlan"] == (5 if "vlan" in name or "qinq" in name else 0xFFFF), name


def test_cut_anywhere_reads_no_neighbour(net):
    for name, (link, packet) in wrapped(net).items():
        cuts = [(packet[:n], {"wirelen": len(packet)}) for n in range(len(packet))]
        rows, undecoded = net.decode(cuts, link)
        assert len(rows) + sum(undecoded.values()) == len(cuts), name
        for row in rows:
            assert b"hello".startswith(row["payload"]), name
            assert (row["marks"] == 4) == (row["caplen"] < row["paylen"]), name


@pytest.mark.parametrize(
    ("link", "packet", "reason"),
    [
        (1, b"\0" * 12 + b"\x08\6" + b"\0" * 28, "ethertype 0x0806 (ARP)"),
        (195, b"\0" * 40, "link type 195"),
        (10**6, b"\0" * 40, "link type 65535"),
        (105, b"\x08\x41" + b"\0" * 60, "802.11 frame encrypted"),
        (105, b"\x80\0" + b"\0" * 60, "802.11 frame without data"),
        (1, b"\0" * 13, "link header cut short"),
        (9, b"\xff\3\xc0\x21" + b"\0" * 40, "ppp protocol 0xc021 (LCP)"),
    ],
)
def test_what_carries_no_ip_is_counted(net, link, packet, reason):
    rows, undecoded = net.decode([packet], link)
    assert not rows and undecoded == {reason: 1}


def test_vlan_zero_is_a_priority_not_a_vlan(net):
    (row,), _ = net.decode([net.ether(net.vlan(net.ip4(net.tcp(), 6), 0xE000), 0x8100)])
    assert row["vlan"] == 0xFFFF


def test_endless_tags_end(net):
    rows, undecoded = net.decode([net.ether(net.vlan(b"", 1, 0x8100) * 10000, 0x8100)])
    assert not rows and undecoded == {"nested too deeply": 1}
