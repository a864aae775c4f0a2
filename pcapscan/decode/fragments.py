"""IP fragments, put together: any order, repeats, overlaps, and a bound on what waits.

Where fragments overlap, the byte that came first stays (RFC 8200 section 4.5 would have IPv6 datagrams with overlaps dropped; here
they are evidence). A datagram that is not whole after 30 seconds of packet time, or when too much waits, is given up: what follows its
first fragment without a hole becomes a packet, since it names the ports; a datagram without its first fragment is counted.

Time is looked at only when a fragment arrives, so that where a block of records ends changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pcapscan.tables import I64

from .codes import R_FRAGMENT_BAD, R_FRAGMENT_FIRST_LOST, R_FRAGMENT_LONE, R_FRAGMENT_MERGED, R_FRAGMENT_REPEAT

TIMEOUT_NS = 30_000_000_000
"""As Linux (net.ipv4.ipfrag_time, net.ipv6.ip6frag_time); RFC 791 suggests 15 s, RFC 8200 demands 60."""

MAX_DATAGRAMS = 8192
"""Datagrams that wait at once."""

MAX_BYTES = 16 << 20
"""Bytes that wait at once."""

_COST = 512
"""Bytes charged for a fragment beyond its own, so that tiny ones are bounded too."""

_LARGEST = 65535


@dataclass(frozen=True, slots=True)
class Fragment:
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


@dataclass(slots=True)
class Datagram:
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
    counts : int64[R_COUNT]
        Raised for every fragment that will not be a packet of its own.
    """

    def __init__(self, counts: I64) -> None:
        self._counts = counts
        self._waiting: OrderedDict[tuple[Any, ...], Datagram] = OrderedDict()
        self._cost = 0

    def add(self, fragment: Fragment) -> list[tuple[Datagram, Fragment]]:
        """Take a fragment; answer datagrams to decode now, each with the fragment that lends it time and number.

        First those given up, oldest first, then the one that this fragment completes.
        """
        done = []
        now = fragment.origin[0]
        while self._waiting and now - next(iter(self._waiting.values())).began_ns > TIMEOUT_NS:
            done += self._give_up()
        if fragment.length <= 0 or fragment.at + fragment.length > _LARGEST or (fragment.more and fragment.length % 8):
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
        cost = _COST + len(fragment.data)
        datagram.cost += cost
        self._cost += cost
        if datagram.whole:
            done.append(self._complete(key, fragment, repeated=False))
        while self._cost > MAX_BYTES or len(self._waiting) > MAX_DATAGRAMS:
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
