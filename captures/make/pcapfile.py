"""Read and write classic pcap files of Ethernet frames, and name the conversation of a frame: what the recipe itself needs.

Nothing of the product is used here, so that a mistake of the product cannot hide in the captures that test it.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

MAGIC_MICRO = 0xA1B2C3D4
ETHERNET = 1


class Frame(NamedTuple):
    """One captured frame: microseconds since 1970 UTC, and its bytes."""

    time_us: int
    data: bytes


class Packet(NamedTuple):
    """Transport view of a frame; ``flags`` are TCP's, 0 elsewhere."""

    transport: str
    src: str
    src_p: int
    dst: str
    dst_p: int
    flags: int
    payload: int


def read(path: Path) -> Iterator[Frame]:
    """Frames of a little-endian microsecond pcap, as tcpdump writes them on this architecture."""
    data = path.read_bytes()
    magic, _major, _minor, _zone, _sigfigs, _snaplen, link = struct.unpack_from("<IHHiIII", data)
    if magic != MAGIC_MICRO or link != ETHERNET:
        raise ValueError(f"{path}: not a little-endian microsecond Ethernet pcap")
    at = 24
    while at < len(data):
        sec, usec, caplen, wirelen = struct.unpack_from("<IIII", data, at)
        if caplen != wirelen:
            raise ValueError(f"{path}: frame at byte {at} is cut")
        yield Frame(sec * 1_000_000 + usec, data[at + 16 : at + 16 + caplen])
        at += 16 + caplen


def write(path: Path, frames: Iterable[Frame]) -> None:
    """Write frames, in the order given, as a little-endian microsecond pcap."""
    parts = [struct.pack("<IHHiIII", MAGIC_MICRO, 2, 4, 0, 0, 262144, ETHERNET)]
    for frame in frames:
        sec, usec = divmod(frame.time_us, 1_000_000)
        parts += [struct.pack("<IIII", sec, usec, len(frame.data), len(frame.data)), frame.data]
    path.write_bytes(b"".join(parts))


def packet(data: bytes) -> Packet | None:
    """TCP or UDP over IPv4 or IPv6 without options of its own; None for anything else."""
    kind, at = struct.unpack_from("!H", data, 12)[0], 14
    if kind == 0x0800:
        proto, header, total = data[at + 9], (data[at] & 15) * 4, struct.unpack_from("!H", data, at + 2)[0]
        if struct.unpack_from("!H", data, at + 6)[0] & 0x1FFF:
            return None  # a later fragment has no ports
        src, dst = data[at + 12 : at + 16], data[at + 16 : at + 20]
    elif kind == 0x86DD:
        proto, header, total = data[at + 6], 40, 40 + struct.unpack_from("!H", data, at + 4)[0]
        src, dst = data[at + 8 : at + 24], data[at + 24 : at + 40]
    else:
        return None
    end, at = at + total, at + header
    if proto not in (6, 17):
        return None
    src_p, dst_p = struct.unpack_from("!HH", data, at)
    size, flags = ((data[at + 12] >> 4) * 4, data[at + 13]) if proto == 6 else (8, 0)
    ends = str(ipaddress.ip_address(src)), src_p, str(ipaddress.ip_address(dst)), dst_p
    return Packet("tcp" if proto == 6 else "udp", *ends, flags, end - at - size)


class Conversation(NamedTuple):
    """One flow of a capture: who began it, payload packets each way, when."""

    transport: str
    orig: str
    orig_p: int
    resp: str
    resp_p: int
    orig_payload: int
    resp_payload: int
    first_us: int


def conversations(frames: Iterable[Frame]) -> list[Conversation]:
    """Flows in order of their first packet; the first packet's sender is the originator (captures here begin before their flows)."""
    flows: dict[tuple[str, frozenset[tuple[str, int]]], list[int]] = {}
    heads: dict[tuple[str, frozenset[tuple[str, int]]], Packet] = {}
    for frame in frames:
        seen = packet(frame.data)
        if seen is None:
            continue
        key = seen.transport, frozenset({(seen.src, seen.src_p), (seen.dst, seen.dst_p)})
        head = heads.setdefault(key, seen)
        tally = flows.setdefault(key, [0, 0, frame.time_us])
        if seen.payload:
            tally[(seen.src, seen.src_p) != (head.src, head.src_p)] += 1
    return [Conversation(h.transport, h.src, h.src_p, h.dst, h.dst_p, *flows[key]) for key, h in heads.items()]
