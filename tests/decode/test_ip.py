"""IP headers that lie, and what is beyond them."""

from __future__ import annotations

import struct

from pcapscan.tables import PACKET_BAD_IP, PACKET_SNAPPED


def test_options_and_extension_headers_are_skipped(net):
    six = net.tcp(b"hi")
    ext = b"\x2b\0" + b"\1\4\0\0\0\0" + b"\x3c\0" + b"\0" * 6 + b"\x33\0\1\4\0\0\0\0" + b"\x06\1" + b"\0" * 10
    chain = net.ip6(ext + six, 0)
    rows, undecoded = net.decode([net.ip4(net.tcp(b"hi"), 6, options=b"\1" * 8), chain], 101)
    assert [r["payload"] for r in rows] == [b"hi", b"hi"] and not undecoded
    assert rows[0]["src_lo"] == 0xFFFF0A000001 and rows[1]["src_hi"] == 0x20010DB8 << 32


def test_authentication_header_in_ipv4_is_skipped(net):
    (row,), _ = net.decode([net.ip4(b"\x11\4" + b"\0" * 22 + net.udp(b"x"), 51)], 101)
    assert row["proto"] == 17 and row["payload"] == b"x"


def test_total_length_zero_is_offload(net):
    for packet in (net.ip4(net.tcp(b"x" * 3000), 6, total=0), net.ip6(net.tcp(b"x" * 3000), 6, length=0)):
        (row,), _ = net.decode([packet], 101)
        assert row["paylen"] == row["caplen"] == 3000 and row["marks"] == 0


def test_total_length_below_its_header_is_marked(net):
    (row,), _ = net.decode([net.ip4(net.tcp(b"abc"), 6, total=11)], 101)
    assert row["payload"] == b"abc" and row["marks"] == PACKET_BAD_IP


def test_snaplen_keeps_the_length_on_the_wire(net):
    whole = net.ether(net.ip4(net.tcp(b"x" * 1000), 6))
    (row,), _ = net.decode([(whole[:96], {"wirelen": len(whole)})])
    assert (row["caplen"], row["paylen"], row["iplen"], row["marks"]) == (42, 1000, 1040, PACKET_SNAPPED)


def test_snaplen_inside_tcp_options(net):
    whole = net.ether(net.ip4(net.tcp(b"x" * 9, options=b"\1" * 20), 6))
    (row,), _ = net.decode([(whole[:60], {"wirelen": len(whole)})])
    assert (row["caplen"], row["paylen"]) == (0, 9)


def test_bad_checksums_drop_nothing(net):
    packet = bytearray(net.ip4(net.udp(b"x"), 17))
    packet[10:12] = b"\xde\xad"
    (row,), _ = net.decode([bytes(packet)], 101)
    assert row["payload"] == b"x"


def test_lying_headers_are_counted(net):
    short = bytearray(net.ip4(net.tcp(), 6))
    short[32] = 0x40
    long = bytearray(net.ip4(net.tcp(), 6))
    long[32] = 0xF0
    ihl = bytearray(net.ip4(net.tcp(), 6))
    ihl[0] = 0x44
    rows, undecoded = net.decode([bytes(short), bytes(long), bytes(ihl), net.ip4(b"", 89), net.ip4(net.tcp()[:19], 6)], 101)
    assert not rows
    assert undecoded == {
        "TCP data offset impossible": 2,
        "IPv4 header length impossible": 1,
        "ip protocol 89 (OSPF)": 1,
        "TCP header longer than its IP packet": 1,
    }


def test_ipv6_extension_that_runs_out(net):
    _, undecoded = net.decode([net.ip6(b"\x06\xff" + b"\0" * 20, 0)], 101)
    assert undecoded == {"IPv6 extension header cut short or impossible": 1}


def test_atomic_fragment_is_a_packet(net):
    (row,), _ = net.decode([net.ip6(struct.pack(">BBHI", 17, 0, 0, 9) + net.udp(b"x"), 44)], 101)
    assert row["payload"] == b"x" and row["marks"] == 0
