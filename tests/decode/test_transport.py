"""Transport headers that lie."""

from __future__ import annotations

import struct

import pytest


@pytest.mark.parametrize(("length", "paylen"), [(None, 4), (0, 4), (7, 4), (10, 2), (60000, 4)])
def test_udp_length_that_lies_yields_to_ip(net, length, paylen):
    (row,), _ = net.decode([net.ip4(net.udp(b"abcd", length=length), 17)], 101)
    assert row["paylen"] == paylen and row["payload"] == b"abcd"[:paylen]


def test_sctp_first_data_chunk(net):
    sack = b"\3\0\0\x10" + b"\0" * 12
    data = b"\0\3" + struct.pack(">HIHHI", 16 + 5, 1, 2, 3, 46) + b"hello\0\0\0"
    more = b"\0\3" + struct.pack(">HIHHI", 16 + 1, 2, 2, 4, 46) + b"x\0\0\0"
    head = struct.pack(">HHII", 38412, 2905, 0xCAFEF00D, 0)
    rows, _ = net.decode([net.ip4(head + sack + data + more, 132), net.ip4(head + sack, 132)], 101)
    assert [(r["payload"], r["paylen"], r["seq"], r["src_p"]) for r in rows] == [
        (b"hello", 5, 0xCAFEF00D, 38412),
        (b"", 0, 0xCAFEF00D, 38412),
    ]


def test_sctp_chunk_of_length_zero_ends(net):
    (row,), _ = net.decode([net.ip4(struct.pack(">HHII", 1, 2, 3, 0) + b"\3\0\0\0" * 50, 132)], 101)
    assert row["paylen"] == 0


def test_icmp_ports_are_zeeks(net):
    kinds = [(1, 8, 0, 0), (1, 0, 0, 8), (1, 13, 0, 14), (1, 17, 0, 18), (1, 10, 0, 9), (1, 3, 4, 4), (1, 11, 1, 1)]
    kinds += [(58, 128, 0, 129), (58, 129, 0, 128), (58, 135, 0, 136), (58, 133, 0, 134), (58, 1, 3, 3)]
    for proto, kind, code, dst_p in kinds:
        body = bytes([kind, code]) + b"\0" * 6 + b"data"
        packet = net.ip4(body, 1) if proto == 1 else net.ip6(body, 58)
        (row,), _ = net.decode([packet], 101)
        assert (row["src_p"], row["dst_p"], row["payload"]) == (kind, dst_p, b"data")
