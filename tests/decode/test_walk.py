"""The kernel against its own source run as Python, against an obvious twin, against dpkt, and against captures of others."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys

import dpkt
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.decode import Decoder
from pcapscan.kernels import JIT
from pcapscan.tables import RECORD, RecordTable

RUN = """
import sys, json, numpy as np
from pcapscan.decode import Decoder
from pcapscan.tables import RecordTable
with np.load(sys.argv[1]) as f:
    table = RecordTable(f["rows"], f["data"])
decoder = Decoder()
rows = [part.rows for part in (decoder.decode(table), decoder.finish())]
np.savez(sys.argv[2], rows=np.concatenate(rows), undecoded=json.dumps(decoder.undecoded))
"""


def seeds(net):
    p4, p6 = net.ip4(net.tcp(b"hello"), 6), net.ip6(net.udp(b"hello"), 17)
    frame = net.ether(p4)
    vx = net.ip4(net.udp(b"\x08\0\0\0\0\0\x4d\0" + frame, dport=4789), 17)
    return [
        (1, frame),
        (1, net.ether(net.vlan(p6, 5, 0x86DD), 0x8100)),
        (1, net.ether(b"\0\1\1\x40" + p4, 0x8847)),
        (1, net.ether(vx)),
        (1, net.ether(net.ip4(net.udp(b"\2\0\x65\x58\0\0\3\0" + b"\1\2\3\1abcd" + frame), 17))),
        (101, net.ip4(struct.pack(">HH", 0x3000, 0x88BE) + b"\0\0\0\7\0\0\0\1" + frame, 47)),
        (101, net.ip4(net.udp(b"\x34\xff" + struct.pack(">H", len(p6) + 8) + b"\0\0\0\1\0\0\0\x85\1\0\1\0" + p6), 17)),
        (101, net.ip4(net.udp(b"abc")[:8], 17, frag=0x2000)),
        (101, net.ip6(struct.pack(">BBHI", 17, 0, 1, 9) + net.udp(b"x" * 8), 44)),
        (105, b"\x88\x01\0\0" + b"\2" * 18 + b"\0\0\0\0\xaa\xaa\3\0\0\0\x08\0" + p4),
        (239, b"\2\0\0\0" + struct.pack("<HH", len(p4) + 4, 9) + p4),
        (101, net.ip4(struct.pack(">HHII", 1, 2, 3, 0) + b"\0\3\0\x15" + b"\0" * 12 + b"hello\0\0\0", 132)),
        (101, net.ip4(b"\x08\0" + b"\0" * 20, 1)),
    ]


def hostile(net, seed, count):
    """Mutated, cut and random packets, on link types of all kinds."""
    rng = random.Random(seed)
    packets = []
    for _ in range(count):
        link, packet = rng.choice(seeds(net))
        packet = bytearray(packet)
        for _ in range(rng.randrange(4)):
            packet[rng.randrange(len(packet))] = rng.choice([0, 255, rng.randrange(256)])
        if rng.random() < 0.3:
            del packet[rng.randrange(len(packet)) :]
        if rng.random() < 0.2:
            packet, link = bytearray(rng.randbytes(rng.randrange(100))), rng.randrange(300)
        packets.append((bytes(packet), {"link": link, "wirelen": len(packet) + rng.choice([0, 0, 5, -5, 1000, 2**31 - 3000])}))
    return packets


def test_kernel_is_its_source(net, tmp_path):
    table = net.records(hostile(net, 1, 3000))
    np.savez(tmp_path / "in.npz", rows=table.rows, data=table.data)
    found = []
    for name, off in (("a", "0"), ("b", "1")):
        env = os.environ | {"NUMBA_DISABLE_JIT": off, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = [sys.executable, "-W", "error", "-c", RUN, str(tmp_path / "in.npz"), str(tmp_path / f"{name}.npz")]
        subprocess.run(run, check=True, env=env, cwd=tmp_path)
        with np.load(tmp_path / f"{name}.npz") as f:
            found.append((f["rows"], str(f["undecoded"])))
    (a, undecoded_a), (b, undecoded_b) = found
    assert undecoded_a == undecoded_b and len(a) == len(b) > 1000
    for name in a.dtype.names:
        assert (a[name] == b[name]).all(), name


@settings(max_examples=40 if JIT else 10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_hostile_records_are_packets_or_counted(net, seed):
    table = net.records(hostile(net, seed, 200))
    decoder = Decoder()
    packets = decoder.decode(table)
    late = decoder.finish()
    assert len(packets) + len(late) + sum(decoder.undecoded.values()) == len(table)
    assert (packets.rows["caplen"] >= 0).all() and (packets.rows["paylen"] >= packets.rows["caplen"]).all()
    number = packets.rows["number"]
    own = (number > 0) & (packets.rows["start"] < len(table.data)) & (packets.rows["marks"] & 2 == 0)
    record = table.rows[number[own] - 1]
    start = packets.rows["start"][own]
    assert (start >= record["start"]).all() and (start + packets.rows["caplen"][own] <= record["start"] + record["caplen"]).all()


@settings(max_examples=60, deadline=None)
@given(
    payload=st.binary(max_size=60),
    pad=st.integers(0, 20),
    cut=st.integers(0, 200),
    six=st.booleans(),
    over=st.booleans(),
    options=st.integers(0, 10),
)
def test_plain_packets_against_a_twin_and_dpkt(net, payload, pad, cut, six, over, options):
    segment = net.tcp(payload, options=b"\1" * 4 * options) if over else net.udp(payload, dport=9)
    packet = net.ip6(segment, 6 if over else 17) if six else net.ip4(segment, 6 if over else 17)
    frame = net.ether(packet, 0x86DD if six else 0x0800) + b"\0" * pad
    header = 14 + (40 if six else 20) + (20 if over else 8)
    rows, undecoded = net.decode([(frame[:cut], {"wirelen": len(frame)})])
    if cut < header:
        assert not rows and sum(undecoded.values()) == 1
        return
    (row,) = rows
    begin = header + (4 * options if over else 0)
    kept = frame[:cut][begin : begin + len(payload)]
    assert row["payload"] == kept and row["paylen"] == len(payload) and row["iplen"] == len(packet)
    if cut >= len(frame):
        theirs = dpkt.ethernet.Ethernet(frame).data.data
        assert (theirs.sport, theirs.dport, bytes(theirs.data)) == (row["src_p"], row["dst_p"], row["payload"])


def test_records_outside_their_block_are_counted():
    rows = np.zeros(3, RECORD)
    rows["start"], rows["caplen"], rows["link"] = [-1, 0, 50], [10, -5, 100], 1
    decoder = Decoder()
    assert len(decoder.decode(RecordTable(rows, np.zeros(60, np.uint8)))) == 0
    assert decoder.undecoded == {"record outside its block": 3}


def read_classic(path):
    """Records of a little- or big-endian pcap, None for anything else."""
    data = path.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or len(data) < 24:
        return None
    link, at, found = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF, 24, []
    while at + 16 <= len(data):
        _, _, caplen, wirelen = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + caplen > len(data):
            break
        found.append((len(found), at + 16, len(found) + 1, at, caplen, min(wirelen, 2**31 - 1), link, 0))
        at += 16 + caplen
    return RecordTable(np.array(found, RECORD), np.frombuffer(data, np.uint8))


def test_captures_of_others(corpus):
    seen = 0
    for path in sorted(p for p in corpus("protocols").rglob("*") if p.is_file()):
        table = read_classic(path)
        if table is None:
            continue
        decoder = Decoder()
        n = len(decoder.decode(table)) + len(decoder.finish())
        assert n + sum(decoder.undecoded.values()) == len(table), path
        seen += 1
    assert seen > 100
