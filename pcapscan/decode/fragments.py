"""IP fragments, put together: any order, repeats, overlaps, and a bound on what waits.

Where fragments overlap, the byte that came first stays (RFC 8200 section 4.5 would have IPv6 datagrams with overlaps dropped; here
they are evidence). A datagram that is not whole after 30 seconds of packet time, or when too much waits, is given up: what follows its
first fragment without a hole becomes a packet, since it names the ports; a datagram without its first fragment is counted.

Time is looked at only when a fragment arrives, so that where a block of records ends changes nothing.

Datagrams that wait are rows of a table, found by a hash of what their fragments share and linked in the order in which they began. Each
has a chain of disjoint pieces in order of place, of at most 256 captured bytes. Datagrams that are to be decoded leave the waiting
ones for a queue. What :mod:`.reference` does with objects is done here by the kernel of :mod:`.walk`.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np

from pcapscan.kernels import copy, fold, helper, i64
from pcapscan.tables import I64

from .codes import R_FRAGMENT_BAD, R_FRAGMENT_FIRST_LOST, R_FRAGMENT_LONE, R_FRAGMENT_MERGED, R_FRAGMENT_REPEAT

TIMEOUT_NS = 30_000_000_000
"""As Linux (net.ipv4.ipfrag_time, net.ipv6.ip6frag_time); RFC 791 suggests 15 s, RFC 8200 demands 60."""

MAX_DATAGRAMS = 8192
"""Datagrams that wait at once."""

MAX_BYTES = 16 << 20
"""Bytes that wait at once."""

COST = 512
"""Bytes charged for a fragment beyond its own, so that tiny ones are bounded too."""

LARGEST = 65535

FRAGMENT = np.dtype(
    [
        ("src_hi", "u8"), ("src_lo", "u8"), ("dst_hi", "u8"), ("dst_lo", "u8"),
        ("start", "i8"),  # where the fragment's bytes begin
        ("ident", "u4"),
        ("tunnel_id", "u4"),
        ("caplen", "i4"),  # bytes captured
        ("length", "i4"),  # bytes on the wire
        ("at", "i4"),  # where they belong in the datagram
        ("more", "u1"),  # whether more follow
        ("version", "u1"),
        ("proto", "u1"),
        ("tunnel", "u1"),
        ("vlan", "u2"),
        ("depth", "u1"),  # IP headers around and including its own
    ],
    align=True,
)  # fmt: skip
"""One IP fragment."""

ORIGIN = np.dtype([("time_ns", "i8"), ("number", "i8"), ("offset", "i8")], align=True)
"""The record that a fragment or a datagram came from."""

DATAGRAM = np.dtype(
    [
        ("src_hi", "u8"), ("src_lo", "u8"), ("dst_hi", "u8"), ("dst_lo", "u8"),
        ("began_ns", "i8"),  # when its first fragment to come came
        ("time_ns", "i8"), ("number", "i8"), ("offset", "i8"),  # of the record that lends it these: the one of its beginning, or that completes it
        ("ident", "u4"), ("tunnel_id", "u4"),
        ("older", "i4"), ("newer", "i4"),  # neighbours in the order of beginning; in the queue: newer is the next; -1 none
        ("home", "i4"), ("next", "i4"),  # its chain of those with one hash, and the next there; of a free row: next free
        ("head", "i4"), ("tail", "i4"),  # its pieces; -1 none
        ("total", "i4"),  # bytes on the wire, -1 while the end is not known
        ("covered", "i4"), ("captured", "i4"),  # bytes of its pieces: on the wire, captured
        ("cost", "i4"), ("members", "i4"),  # of the fragments that had something new
        ("vlan", "u2"), ("version", "u1"), ("proto", "u1"), ("tunnel", "u1"), ("depth", "u1"),
        ("begun", "u1"),  # whether its beginning came
    ],
    align=True,
)  # fmt: skip
"""A datagram in the making."""

PIECE = np.dtype([("next", "i4"), ("place", "i4"), ("size", "i4"), ("captured", "i4")], align=True)
"""A part of a datagram; what was captured of it may be less than what was on the wire."""

UNIT = 256
"""Most captured bytes of a piece. A fragment has at most ``caplen / 256 + 2`` pieces, so its cost pays for them and their bytes."""

(
    W_WAITING, W_COST,  # datagrams that wait, and what they cost
    W_OLDEST, W_NEWEST,  # ends of their list, -1 none
    W_QUEUE, W_LAST,  # datagrams to decode, the first of all and the last of the new ones; -1 none
    W_FREE, W_USED,  # first free row, -1 none; rows ever used
    W_PIECE_FREE, W_PIECE_USED,  # the same of pieces
    W_RECORD, W_ROWS, W_LATE,  # records read of this block, rows and late bytes written
) = range(13)  # fmt: skip
"""What is remembered between calls, as int64: the ``W_*`` names index it."""

L_DATAGRAMS, L_BYTES, L_TIMEOUT, L_SEED = range(4)
"""Bounds; and the seed of the hash, random per process, so that a capture cannot be made to collide."""

_LOW = np.uint64(0xFFFF_FFFF)
_HALF = np.uint64(32)


class Waiting:
    """The tables of datagrams that wait: address space until touched."""

    def __init__(self) -> None:
        # A datagram leaves the waiting ones before another comes in its place, and so do pieces, but for the fragment at hand.
        pieces = (MAX_BYTES + COST + LARGEST) // UNIT + 1
        self.datagrams = np.empty(MAX_DATAGRAMS + 1, DATAGRAM)
        self.pieces, self.data = np.empty(pieces, PIECE), np.empty(pieces * UNIT, np.uint8)
        self.homes = np.full(1 << MAX_DATAGRAMS.bit_length(), -1, np.int32)
        self.limits = np.array([MAX_DATAGRAMS, MAX_BYTES, TIMEOUT_NS, secrets.randbits(32)], np.int64)
        self.state = np.zeros(W_LATE + 1, np.int64)
        self.state[[W_OLDEST, W_NEWEST, W_QUEUE, W_LAST, W_FREE, W_PIECE_FREE]] = -1

    def __len__(self) -> int:
        return int(self.state[W_WAITING])

    def again(self) -> I64:
        """The state, before another block."""
        self.state[W_RECORD:] = 0
        return self.state


@helper
def _mix_address(h: int, hi: Any, lo: Any) -> int:
    h = fold(fold(h, i64(hi >> _HALF)), i64(hi & _LOW))
    return fold(fold(h, i64(lo >> _HALF)), i64(lo & _LOW))


@helper
def _home(f: Any, homes: Any, seed: int) -> int:
    """Which chain a fragment's datagram is in."""
    h = _mix_address(_mix_address(fold(seed, i64(f["ident"])), f["src_hi"], f["src_lo"]), f["dst_hi"], f["dst_lo"])
    return (h ^ (h >> 15)) & (len(homes) - 1)


@helper
def _is_of(f: Any, d: Any) -> bool:
    """Whether a fragment is of a datagram: RFC 791 section 3.2; RFC 8200 section 4.5 leaves the protocol out."""
    return bool(
        f["ident"] == d["ident"]
        and f["src_lo"] == d["src_lo"]
        and f["dst_lo"] == d["dst_lo"]
        and f["src_hi"] == d["src_hi"]
        and f["dst_hi"] == d["dst_hi"]
        and f["version"] == d["version"]
        and (f["proto"] == d["proto"] or f["version"] != 4)
        and f["vlan"] == d["vlan"]
        and f["tunnel"] == d["tunnel"]
        and f["tunnel_id"] == d["tunnel_id"]
        and f["depth"] == d["depth"]
    )


@helper
def _begin(f: Any, time_ns: int, home: int, datagrams: Any, homes: Any, w: Any) -> int:
    """Let a datagram wait that a fragment tells of; return its row."""
    slot = w[W_FREE]
    if slot >= 0:
        w[W_FREE] = datagrams[slot]["next"]
    else:
        slot = w[W_USED]
        w[W_USED] += 1
    d = datagrams[slot]
    d["src_hi"], d["src_lo"], d["dst_hi"], d["dst_lo"] = f["src_hi"], f["src_lo"], f["dst_hi"], f["dst_lo"]
    d["ident"], d["vlan"], d["version"], d["proto"] = f["ident"], f["vlan"], f["version"], f["proto"]
    d["tunnel"], d["tunnel_id"], d["depth"] = f["tunnel"], f["tunnel_id"], f["depth"]
    d["began_ns"] = time_ns
    d["head"], d["tail"], d["total"] = -1, -1, -1
    d["covered"], d["captured"], d["cost"], d["members"], d["begun"] = 0, 0, 0, 0, 0
    d["home"], d["next"] = home, homes[home]
    homes[home] = slot
    d["older"], d["newer"] = w[W_NEWEST], -1
    if w[W_NEWEST] >= 0:
        datagrams[w[W_NEWEST]]["newer"] = slot
    else:
        w[W_OLDEST] = slot
    w[W_NEWEST] = slot
    w[W_WAITING] += 1
    return int(slot)


@helper
def _leave(slot: int, datagrams: Any, homes: Any, w: Any) -> None:
    """Take a datagram out of those that wait."""
    d = datagrams[slot]
    at = i64(homes[d["home"]])
    if at == slot:
        homes[d["home"]] = d["next"]
    else:
        while i64(datagrams[at]["next"]) != slot:
            at = i64(datagrams[at]["next"])
        datagrams[at]["next"] = d["next"]
    older, newer = i64(d["older"]), i64(d["newer"])
    if older >= 0:
        datagrams[older]["newer"] = newer
    else:
        w[W_OLDEST] = newer
    if newer >= 0:
        datagrams[newer]["older"] = older
    else:
        w[W_NEWEST] = older
    w[W_WAITING] -= 1
    w[W_COST] -= d["cost"]


@helper
def free(slot: int, datagrams: Any, pieces: Any, w: Any) -> None:
    """Forget a datagram that waits no more."""
    d = datagrams[slot]
    if d["head"] >= 0:
        pieces[d["tail"]]["next"] = w[W_PIECE_FREE]
        w[W_PIECE_FREE] = d["head"]
    d["next"] = w[W_FREE]
    w[W_FREE] = slot


@helper
def _to_queue(slot: int, datagrams: Any, w: Any) -> None:
    """Let a datagram be decoded, after those that the same fragment told of, before all others."""
    d = datagrams[slot]
    if w[W_LAST] >= 0:
        last = datagrams[w[W_LAST]]
        d["newer"] = last["newer"]
        last["newer"] = slot
    else:
        d["newer"] = w[W_QUEUE]
        w[W_QUEUE] = slot
    w[W_LAST] = slot


@helper
def give_up(datagrams: Any, pieces: Any, homes: Any, w: Any, counts: Any) -> None:
    """Let the oldest wait no more: it is decoded as far as it goes, or counted."""
    slot = w[W_OLDEST]
    _leave(slot, datagrams, homes, w)
    d = datagrams[slot]
    if d["begun"]:
        counts[R_FRAGMENT_LONE] += i64(d["members"]) - 1
        _to_queue(slot, datagrams, w)
    else:
        counts[R_FRAGMENT_FIRST_LOST] += d["members"]
        free(slot, datagrams, pieces, w)


@helper
def _fill(d: Any, before: int, place: int, size: int, b: Any, start: int, captured: int, pieces: Any, data: Any, w: Any) -> int:
    """Put pieces for a gap behind the piece ``before`` (-1: in front); return the last of them."""
    done = 0
    while True:
        k = w[W_PIECE_FREE]
        if k >= 0:
            w[W_PIECE_FREE] = pieces[k]["next"]
        else:
            k = w[W_PIECE_USED]
            w[W_PIECE_USED] += 1
        part = min(captured - done, UNIT)
        last = done + part >= captured
        piece = pieces[k]
        piece["place"], piece["captured"] = place + done, part
        piece["size"] = size - done if last else part
        copy(data, k * UNIT, b, start + done, part)
        if before >= 0:
            piece["next"] = pieces[before]["next"]
            pieces[before]["next"] = k
        else:
            piece["next"] = d["head"]
            d["head"] = k
        if piece["next"] < 0:
            d["tail"] = k
        before = k
        done += part
        if last:
            d["captured"] += captured
            return int(k)


@helper
def _lay(d: Any, f: Any, b: Any, pieces: Any, data: Any, w: Any) -> int:
    """Keep what is new of a fragment; answer how many bytes that was, -1 where it contradicts what is known."""
    at, total, more = i64(f["at"]), i64(d["total"]), i64(f["more"])
    stop = at + i64(f["length"])
    tail = i64(d["tail"])
    reach = i64(pieces[tail]["place"]) + i64(pieces[tail]["size"]) if tail >= 0 else 0
    if (total >= 0 and (stop > total or (more == 0 and stop != total))) or (more == 0 and reach > stop):
        return -1
    if more == 0:
        d["total"] = stop
    new, here, before, k = 0, at, -1, i64(d["head"])
    if tail >= 0 and at >= reach:  # in order
        before, k = tail, -1
    while here < stop:
        if k >= 0 and i64(pieces[k]["place"]) <= here:
            here = max(here, i64(pieces[k]["place"]) + i64(pieces[k]["size"]))
            before, k = k, i64(pieces[k]["next"])
            continue
        end = min(stop, i64(pieces[k]["place"])) if k >= 0 else stop
        skip = here - at
        before = _fill(
            d, before, here, end - here, b, i64(f["start"]) + skip, max(min(i64(f["caplen"]) - skip, end - here), 0), pieces, data, w
        )
        new += end - here
        here = end
    d["covered"] += new
    return new


@helper
def _lend(d: Any, origin: Any) -> None:
    d["time_ns"], d["number"], d["offset"] = origin["time_ns"], origin["number"], origin["offset"]


@helper
def take(
    f: Any, b: Any, origin: Any, datagrams: Any, pieces: Any, data: Any, homes: Any, w: Any, limits: Any, counts: Any
) -> None:  # fmt: skip
    """Take a fragment; what it tells to decode comes to the front of the queue: first those given up, oldest first, then the one it completes.

    Parameters
    ----------
    f : FRAGMENT
    b : uint8[m]
        What ``f["start"]`` points into.
    origin : ORIGIN
    """
    w[W_LAST] = -1
    now = i64(origin["time_ns"])
    while w[W_WAITING] > 0 and now - i64(datagrams[w[W_OLDEST]]["began_ns"]) > limits[L_TIMEOUT]:
        give_up(datagrams, pieces, homes, w, counts)
    at, length = i64(f["at"]), i64(f["length"])
    if length <= 0 or at + length > LARGEST or (f["more"] != 0 and length % 8 != 0):
        counts[R_FRAGMENT_BAD] += 1
        return
    home = _home(f, homes, limits[L_SEED])
    slot = i64(homes[home])
    while slot >= 0 and not _is_of(f, datagrams[slot]):
        slot = i64(datagrams[slot]["next"])
    if slot < 0:
        slot = _begin(f, now, home, datagrams, homes, w)
    d = datagrams[slot]
    new = _lay(d, f, b, pieces, data, w)
    if new < 0:
        counts[R_FRAGMENT_BAD] += 1
        return
    if at == 0 and d["begun"] == 0:
        d["begun"], d["proto"] = 1, f["proto"]
        _lend(d, origin)
    if new == 0:
        counts[R_FRAGMENT_REPEAT] += 1
        if d["covered"] != d["total"]:
            return
        # A repeated last fragment told the end: it is the packet, and one of the others is the one that merges.
        counts[R_FRAGMENT_REPEAT] -= 1
        counts[R_FRAGMENT_MERGED] += 1
    else:
        d["members"] += 1
        d["cost"] += COST + i64(f["caplen"])
        w[W_COST] += COST + i64(f["caplen"])
    if d["covered"] == d["total"]:
        _leave(slot, datagrams, homes, w)
        counts[R_FRAGMENT_MERGED] += i64(d["members"]) - 1
        _lend(d, origin)
        _to_queue(slot, datagrams, w)
    while w[W_COST] > limits[L_BYTES] or w[W_WAITING] > limits[L_DATAGRAMS]:
        give_up(datagrams, pieces, homes, w, counts)


@helper
def largest(d: Any) -> int:
    """Most bytes that a datagram can be with its header, where it is written out."""
    return 40 + i64(d["captured"])


@helper
def _put_word(late: Any, at: int, size: int, word: Any) -> None:
    """Write the low ``size`` bytes of a word, big-endian."""
    for k in range(size):
        late[at + size - 1 - k] = (word >> np.uint64(8 * k)) & np.uint64(255)


@helper
def write_out(d: Any, late: Any, at: int, pieces: Any, data: Any) -> tuple[int, int]:
    """Write a datagram as raw IP behind a plain header; length 0 there leaves the length to the record.

    Its bytes go from 0 up to the first that is missing or was not captured.

    Returns
    -------
    (end, wire)
        Where what was written ends, and where it would end on the wire.
    """
    size = 20 if d["version"] == 4 else 40
    for k in range(12):
        late[at + k] = 0
    if size == 20:
        late[at], late[at + 8], late[at + 9] = 0x45, 64, d["proto"]
        _put_word(late, at + 12, 4, d["src_lo"])
        _put_word(late, at + 16, 4, d["dst_lo"])
    else:
        late[at], late[at + 6], late[at + 7] = 0x60, d["proto"], 64
        _put_word(late, at + 8, 8, d["src_hi"])
        _put_word(late, at + 16, 8, d["src_lo"])
        _put_word(late, at + 24, 8, d["dst_hi"])
        _put_word(late, at + 32, 8, d["dst_lo"])
    begin = at + size
    reach, k = 0, i64(d["head"])
    end = begin
    while k >= 0:
        piece = pieces[k]
        if i64(piece["place"]) > reach:
            break
        part = i64(piece["captured"])
        copy(late, end, data, k * UNIT, part)
        end += part
        reach += i64(piece["size"])
        if part < i64(piece["size"]):
            break
        k = i64(piece["next"])
    tail = pieces[d["tail"]]
    return end, begin + max(i64(d["total"]), i64(tail["place"]) + i64(tail["size"]))
