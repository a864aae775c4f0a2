"""Fragments again, slow and obvious: objects and dictionaries, one record at a time. Tests hold the kernel to it; nothing else uses it."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct, field

from pcapscan.tables import PACKET, PACKET_REASSEMBLED, U8, RecordTable

from . import fragments as bounds
from .codes import R_FRAGMENT_BAD, R_FRAGMENT_FIRST_LOST, R_FRAGMENT_LONE, R_FRAGMENT_MERGED, R_FRAGMENT_REPEAT, R_RECORD
from .fragments import FRAGMENT
from .walk import NO_VLAN, RAW4, RAW6, walk


class Fragment(Struct, frozen=True):
    """One fragment: where it came from, what surrounds it, and its bytes.

    Attributes
    ----------
    src, dst : tuple of int
        High and low word.
    origin : tuple of int
        Time (ns), packet number, record offset.
    at, length : int
        Place and size in the datagram, on the wire; ``data`` is what was captured of it.
    depth : int
        IP headers around and including its own.
    """

    src: tuple[int, int]
    dst: tuple[int, int]
    origin: tuple[int, int, int]
    version: int
    proto: int
    ident: int
    vlan: int
    tunnel: int
    tunnel_id: int
    depth: int
    at: int
    length: int
    more: bool
    data: bytes

    @property
    def key(self) -> tuple[Any, ...]:
        """What fragments of one datagram share: RFC 791 section 3.2; RFC 8200 section 4.5 leaves the protocol out."""
        proto = self.proto if self.version == 4 else 0
        return self.src, self.dst, self.ident, proto, self.version, self.vlan, self.tunnel, self.tunnel_id, self.depth


class Datagram(Struct):
    """A datagram in the making: disjoint pieces in order of place, their bytes, and where they came from."""

    began_ns: int
    places: list[int] = field(default_factory=list)
    pieces: list[tuple[int, bytes]] = field(default_factory=list)  # wire length, captured bytes
    total: int = -1
    covered: int = 0
    cost: int = 0
    members: int = 0
    first: Fragment | None = None

    def add(self, fragment: Fragment) -> int:
        """Keep what is new of a fragment; answer how many bytes that was, -1 where it contradicts what is known."""
        stop = fragment.at + fragment.length
        last = self.places[-1] + self.pieces[-1][0] if self.places else 0
        if (self.total >= 0 and (stop > self.total or (not fragment.more and stop != self.total))) or (not fragment.more and last > stop):
            return -1
        if not fragment.more:
            self.total = stop
        new = 0
        for place, size in list(self._gaps(fragment.at, stop)):
            skip = place - fragment.at
            k = bisect_left(self.places, place)
            self.places.insert(k, place)
            self.pieces.insert(k, (size, fragment.data[skip : skip + size]))
            new += size
        self.covered += new
        if fragment.at == 0 and self.first is None:
            self.first = fragment
        return new

    def _gaps(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        k = max(bisect_left(self.places, start) - 1, 0)
        for place, (size, _) in zip(self.places[k:], self.pieces[k:], strict=True):
            if place >= stop:
                break
            if place > start:
                yield start, place - start
            start = max(start, place + size)
        if start < stop:
            yield start, stop - start

    @property
    def whole(self) -> bool:
        """Whether every byte up to a known end was on the wire."""
        return self.covered == self.total

    def payload(self) -> tuple[bytes, int]:
        """Bytes from 0 up to the first that is missing or was not captured, and how many there are on the wire."""
        parts, reach = [], 0
        for place, (size, data) in zip(self.places, self.pieces, strict=True):
            if place > reach:
                break
            parts.append(data)
            reach = place + size
            if len(data) < size:
                break
        last = self.places[-1] + self.pieces[-1][0]
        return b"".join(parts), max(self.total, last)


class Fragments:
    """All datagrams that wait.

    Parameters
    ----------
    counts : Counter
        Raised for every fragment that will not be a packet of its own.
    """

    def __init__(self, counts: Counter[int]) -> None:
        self._counts = counts
        self._waiting: OrderedDict[tuple[Any, ...], Datagram] = OrderedDict()
        self._cost = 0

    def add(self, fragment: Fragment) -> list[tuple[Datagram, Fragment]]:
        """Take a fragment; answer datagrams to decode now, each with the fragment that lends it time and number.

        First those given up, oldest first, then the one that this fragment completes.
        """
        done = []
        now = fragment.origin[0]
        while self._waiting and now - next(iter(self._waiting.values())).began_ns > bounds.TIMEOUT_NS:
            done += self._give_up()
        if fragment.length <= 0 or fragment.at + fragment.length > bounds.LARGEST or (fragment.more and fragment.length % 8):
            self._counts[R_FRAGMENT_BAD] += 1
            return done
        key = fragment.key
        datagram = self._waiting.get(key)
        if datagram is None:
            datagram = self._waiting[key] = Datagram(now)
        new = datagram.add(fragment)
        if new <= 0:
            self._counts[R_FRAGMENT_BAD if new < 0 else R_FRAGMENT_REPEAT] += 1
            if not datagram.members:
                del self._waiting[key]
            # A repeated last fragment may be the one that tells the end.
            elif datagram.whole:
                done.append(self._complete(key, fragment, repeated=True))
            return done
        datagram.members += 1
        cost = bounds.COST + len(fragment.data)
        datagram.cost += cost
        self._cost += cost
        if datagram.whole:
            done.append(self._complete(key, fragment, repeated=False))
        while self._cost > bounds.MAX_BYTES or len(self._waiting) > bounds.MAX_DATAGRAMS:
            done += self._give_up()
        return done

    @property
    def waiting(self) -> int:
        """Datagrams that wait."""
        return len(self._waiting)

    def finish(self) -> list[tuple[Datagram, Fragment]]:
        """Give up whatever waits."""
        done = []
        while self._waiting:
            done += self._give_up()
        return done

    def _complete(self, key: tuple[Any, ...], fragment: Fragment, *, repeated: bool) -> tuple[Datagram, Fragment]:
        datagram = self._waiting.pop(key)
        self._cost -= datagram.cost
        self._counts[R_FRAGMENT_MERGED] += datagram.members - 1
        if repeated:  # counted as a repeat, and yet it is the packet: one of the others is the one that merges
            self._counts[R_FRAGMENT_REPEAT] -= 1
            self._counts[R_FRAGMENT_MERGED] += 1
        return datagram, fragment

    def _give_up(self) -> list[tuple[Datagram, Fragment]]:
        _, datagram = self._waiting.popitem(last=False)
        self._cost -= datagram.cost
        if datagram.first is None:
            self._counts[R_FRAGMENT_FIRST_LOST] += datagram.members
            return []
        self._counts[R_FRAGMENT_LONE] += datagram.members - 1
        return [(datagram, datagram.first)]


class Reference:
    """The same as :class:`pcapscan.decode.Decoder`: packets as dictionaries of their columns, with their bytes as ``payload``.

    What a record says is asked of the kernel's own :func:`.walk.walk`, as plain Python.
    """

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.fragments = Fragments(self.counts)
        self.packets: list[dict[str, Any]] = []

    def feed(self, records: RecordTable) -> None:
        """Take records."""
        for row in records.rows:
            r = {name: int(row[name]) for name in row.dtype.names or ()}
            if r["start"] < 0 or r["caplen"] < 0 or r["start"] + r["caplen"] > len(records.data):
                self.counts[R_RECORD] += 1
                continue
            origin = (r["time_ns"], r["number"], r["offset"])
            self._decode(records.data, r["start"], r["caplen"], r["wirelen"], r["link"], (NO_VLAN, 0, 0, 0, 0), origin)

    def finish(self) -> None:
        """Give up whatever waits; a datagram given up may hold a fragment itself."""
        while self.fragments.waiting:
            self._join(self.fragments.finish())

    def _decode(
        self,
        data: U8,
        start: int,
        caplen: int,
        wirelen: int,
        link: int,
        around: tuple[int, int, int, int, int],
        origin: tuple[int, int, int],
    ) -> None:
        row, piece = np.zeros(1, PACKET), np.zeros(1, FRAGMENT)
        packets, inside, reason = walk(data, start, start + caplen, start + max(caplen, wirelen), link, *around, row[0], piece[0])
        p = {name: int(row[name][0]) for name in PACKET.names or ()} | dict(zip(("time_ns", "number", "offset"), origin, strict=True))
        f = {name: int(piece[name][0]) for name in FRAGMENT.names or ()}
        if packets:
            self.packets.append(p | {"payload": data[p["start"] : p["start"] + p["caplen"]].tobytes()})
        elif not inside:
            self.counts[reason] += 1
        else:
            here = data[f["start"] : f["start"] + f["caplen"]].tobytes()
            ends = (f["src_hi"], f["src_lo"]), (f["dst_hi"], f["dst_lo"])
            more: dict[str, Any] = {
                name: f[name] for name in ("version", "proto", "ident", "vlan", "tunnel", "tunnel_id", "depth", "at", "length")
            }
            self._join(self.fragments.add(Fragment(*ends, origin, **more, more=bool(f["more"]), data=here)))

    def _join(self, done: list[tuple[Datagram, Fragment]]) -> None:
        """Decode datagrams, and fragments that show inside them, as IP packets of their own. Ends: each has more headers around it."""
        for datagram, lender in done:
            payload, wire = datagram.payload()
            first = datagram.first or lender
            if first.version == 4:
                ends = first.src[1] & 0xFFFFFFFF, first.dst[1] & 0xFFFFFFFF
                head = struct.pack(">BBHHHBBHII", 0x45, 0, 0, 0, 0, 64, first.proto, 0, *ends)
            else:
                head = struct.pack(">IHBBQQQQ", 6 << 28, 0, first.proto, 64, *first.src, *first.dst)
            around = first.vlan, first.tunnel, first.tunnel_id, first.depth - 1, PACKET_REASSEMBLED if datagram.members > 1 else 0
            data, link = np.frombuffer(head + payload, np.uint8), RAW4 if first.version == 4 else RAW6
            self._decode(data, 0, len(data), len(head) + wire, link, around, lender.origin)
