"""Makers of captures and slow, obvious readers of them, as fixtures."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest


def make_pcap(packets, *, order="<", magic=0xA1B2C3D4, link=1, snaplen=65535, version=(2, 4), modified=False):
    """``packets``: (seconds, sub-second units, bytes, wire length or None)."""
    out = struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, link)
    for seconds, units, data, wire in packets:
        out += struct.pack(order + "IIII", seconds, units, len(data), len(data) if wire is None else wire)
        out += b"\x01\0\0\0\x08\0\0\0" if modified else b""
        out += data
    return out


class Pcapng:
    """Blocks of pcapng in either byte order."""

    def __init__(self, order="<"):
        self.order, self.out = order, b""

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        size = struct.pack(self.order + "I", len(body) + 12)
        self.out += struct.pack(self.order + "I", kind) + size + body + size
        return self

    def section(self, order=None, length=-1):
        self.order = order or self.order
        return self.block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, length))

    def interface(self, link=1, snaplen=0, resolution=None, offset=None):
        options = b""
        if resolution is not None:
            options += struct.pack(self.order + "HHB3x", 9, 1, resolution)
        if offset is not None:
            options += struct.pack(self.order + "HHq", 14, 8, offset)
        options += struct.pack(self.order + "HH", 0, 0) if options else b""
        return self.block(1, struct.pack(self.order + "HHI", link, 0, snaplen) + options)

    def packet(self, data, stamp=0, interface=0, wire=None, caplen=None):
        head = (interface, stamp >> 32, stamp & 0xFFFFFFFF, len(data) if caplen is None else caplen, len(data) if wire is None else wire)
        return self.block(6, struct.pack(self.order + "IIIII", *head) + data)

    def simple(self, data, wire=None):
        return self.block(3, struct.pack(self.order + "I", len(data) if wire is None else wire) + data)

    def obsolete(self, data, stamp=0, interface=0):
        return self.block(2, struct.pack(self.order + "HHIIII", interface, 0, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data)) + data)


def slow_pcap(blob):
    """Records of a well-formed pcap as (ns, number, offset, bytes, wirelen)."""
    magic = blob[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\x34\xcd\xb2\xa1") else ">"
    unit = 1 if magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    size = 24 if magic in (b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34") else 16
    at, rows = 24, []
    while at + size <= len(blob):
        seconds, units, caplen, wire = struct.unpack_from(order + "IIII", blob, at)
        if at + size + caplen > len(blob):
            break
        rows.append((seconds * 10**9 + units * unit, len(rows) + 1, at, blob[at + size : at + size + caplen], wire))
        at += size + caplen
    return rows


def slow_ns(stamp, resolution, offset=0):
    """Exact nanoseconds of a pcapng time stamp."""
    unit = Fraction(1, 2 ** (resolution & 0x7F)) if resolution & 0x80 else Fraction(1, 10**resolution)
    return int(stamp * unit * 10**9 // 1) + offset * 10**9


def read_rows(reader):
    """What a reader gives as (ns, number, offset, bytes, wirelen, link, interface)."""
    rows = []
    for table in reader:
        for r in table.rows:
            data = table.data[int(r["start"]) : int(r["start"]) + int(r["caplen"])].tobytes()
            rows.append(
                (int(r["time_ns"]), int(r["number"]), int(r["offset"]), data, int(r["wirelen"]), int(r["link"]), int(r["interface"]))
            )
    return rows


@pytest.fixture(scope="session")
def pcap_maker():
    return make_pcap


@pytest.fixture(scope="session")
def pcapng_maker():
    return Pcapng


@pytest.fixture(scope="session")
def slow_reader():
    return slow_pcap


@pytest.fixture(scope="session")
def exact_ns():
    return slow_ns


@pytest.fixture(scope="session")
def rows_of():
    return read_rows
