"""Packets built by hand, byte by byte, and records made of them."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest

from pcapscan.decode import Decoder
from pcapscan.tables import RECORD, RecordTable

A, B = 0x0A000001, 0xC0000207  # 10.0.0.1, 192.0.2.7
A6, B6 = (0x20010DB8 << 96) | 1, (0x20010DB8 << 96) | 2


def sum16(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip4(payload, proto, src=A, dst=B, options=b"", total=None, frag=0, ident=7):
    size = 20 + len(options)
    total = size + len(payload) if total is None else total
    head = struct.pack(">BBHHHBBHII", 0x40 | size // 4, 0, total, ident, frag, 64, proto, 0, src, dst) + options
    return head[:10] + struct.pack(">H", sum16(head)) + head[12:] + payload


def ip6(payload, proto, src=A6, dst=B6, length=None):
    length = len(payload) if length is None else length
    return struct.pack(">IHBB", 6 << 28, length, proto, 64) + src.to_bytes(16, "big") + dst.to_bytes(16, "big") + payload


def tcp(payload=b"", sport=40000, dport=443, seq=100, ack=200, flags=0x18, window=512, options=b""):
    return struct.pack(">HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags, window, 0, 0) + options + payload


def udp(payload=b"", sport=40000, dport=53, length=None):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) + payload


def ether(payload, kind=0x0800):
    return b"\2\0\0\0\0\1\2\0\0\0\0\2" + struct.pack(">H", kind) + payload


def vlan(payload, vid, kind=0x0800):
    return struct.pack(">HH", vid, kind) + payload


def records(packets, link=1):
    """Records of (bytes, or bytes with a dict of record fields), a second apart."""
    rows = np.zeros(len(packets), RECORD)
    data = b""
    for i, packet in enumerate(packets):
        packet, more = packet if isinstance(packet, tuple) else (packet, {})
        row = {"time_ns": i * 10**9, "start": len(data), "number": i + 1, "offset": 24 + len(data) + 16 * i, "caplen": len(packet)}
        row |= {"wirelen": len(packet), "link": link} | more
        for name, value in row.items():
            rows[i][name] = value
        data += packet
    return RecordTable(rows, np.frombuffer(data + b"\xee" * 64, np.uint8))


def decode(packets, link=1):
    """All packets as dicts, payload as bytes under ``payload``; and the decoder."""
    decoder = Decoder()
    found = []
    for table in (decoder.decode(records(packets, link)), decoder.finish()):
        found += dicts(table)
    return found, decoder.undecoded


def dicts(table):
    found, data = [], np.concatenate([table.data, table.late])
    for row in table.rows:
        found.append({name: int(row[name]) for name in row.dtype.names})
        found[-1]["payload"] = data[row["start"] : row["start"] + row["caplen"]].tobytes()
    return found


@pytest.fixture(scope="session")
def net():
    return SimpleNamespace(
        **{f.__name__: f for f in (sum16, ip4, ip6, tcp, udp, ether, vlan, records, decode, dicts)}, A=A, B=B, A6=A6, B6=B6
    )
