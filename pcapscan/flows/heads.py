"""The first bytes of a side, in sequence order whatever came reordered, repeated, overlapping, or in tiny segments.

A head is a block of the pool. While segments come in order, ``filled`` tells all; when one leaves a hole, a bitmap with a bit
for each byte is taken from the pool and given back when the hole is closed. The first copy of a byte wins. Where the SYN was
not seen, the head begins at the lowest sequence number near the start, and moves when a lower one comes.
"""

from __future__ import annotations

from typing import Any

from pcapscan.flows.pool import MAP_GRADE, UNIT, give, grab
from pcapscan.flows.records import BASE_GUESSED, BASE_KNOWN, GRADES
from pcapscan.kernels import copy, helper, i64, inlined
from pcapscan.tables import HEAD_CAPPED

NEAR = 65_536
"""How far below a guessed beginning a segment may begin and still move it: one unscaled window, RFC 9293 section 3.1."""


@inlined
def sequence_delta(a: int, b: int) -> int:
    """Signed distance from ``b`` to ``a`` in the ring of 32-bit sequence numbers (RFC 9293 section 3.4)."""
    return ((i64(a) - i64(b) + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


@inlined
def _has(pool: Any, bits: int, i: int) -> bool:
    return bool((pool[bits + (i >> 3)] >> (i & 7)) & 1 == 1)


@inlined
def _set(pool: Any, bits: int, i: int) -> None:
    pool[bits + (i >> 3)] |= 1 << (i & 7)


@inlined
def _clear(pool: Any, bits: int, i: int) -> None:
    pool[bits + (i >> 3)] &= 0xFF ^ (1 << (i & 7))


@helper
def reserve(s: Any, size: int, pool: Any, state: Any) -> int:
    """Make a head's block hold ``size`` bytes, as far as the pool can; return what it holds."""
    has = 0 if i64(s["head"]) < 0 else UNIT << i64(s["grade"])
    if has >= size:
        return has
    grade = 0
    while grade < GRADES - 1 and (UNIT << grade) < size:
        grade += 1
    block = grab(pool, state, grade)
    if block < 0:
        return has
    if has > 0:
        old, new = i64(s["head"]) * UNIT, block * UNIT
        used = min(i64(s["top"]), has)  # behind it there is nothing
        copy(pool, new, pool, old, used)
        give(pool, state, i64(s["head"]), i64(s["grade"]))
    s["head"] = block
    s["grade"] = grade
    return UNIT << grade


@helper
def _open_map(s: Any, pool: Any, state: Any) -> bool:
    """Take a bitmap for a head with a hole; False when the pool is full."""
    if i64(s["map"]) >= 0:
        return True
    block = grab(pool, state, MAP_GRADE)
    if block < 0:
        return False
    bits = block * UNIT
    for k in range(UNIT << MAP_GRADE):
        pool[bits + k] = 0
    for k in range(i64(s["filled"])):
        _set(pool, bits, k)
    s["map"] = block
    return True


@helper
def _settle(s: Any, pool: Any, state: Any) -> None:
    """Move ``filled`` over what the bitmap says is there; give the bitmap back when no hole is left."""
    bits = i64(s["map"]) * UNIT
    filled, end = i64(s["filled"]), min(i64(s["top"]), i64(s["cap"]))
    while filled < end and _has(pool, bits, filled):
        filled += 1
    s["filled"] = filled
    if filled >= end:
        give(pool, state, i64(s["map"]), MAP_GRADE)
        s["map"] = -1


@inlined
def note_cut(s: Any, end: int) -> None:
    """Remember where one of the first four segments or datagrams ended."""
    n = i64(s["cuts"])
    if n == 0:
        s["cut0"] = end
    elif n == 1:
        s["cut1"] = end
    elif n == 2:
        s["cut2"] = end
    elif n == 3:
        s["cut3"] = end
    else:
        return
    s["cuts"] = n + 1


@inlined
def put(s: Any, off: int, data: Any, start: int, length: int, pool: Any, state: Any) -> None:
    """Lay captured bytes into a TCP head.

    Parameters
    ----------
    s : SIDE
    off : int
        Offset of the first byte from the beginning of the head; may be negative or far beyond.
    data : uint8[m]
    start, length : int
        Where the bytes are in ``data``.
    """
    end = off + length
    if end <= 0:
        return
    cap = i64(s["cap"])
    low, high = max(off, 0), min(end, cap)
    if low >= high:  # beyond the head
        s["top"] = max(i64(s["top"]), min(end, 0x7FFF_FFFF))
        return
    note_cut(s, high)
    filled = i64(s["filled"])
    if high <= filled:
        return
    room = reserve(s, high, pool, state)
    if room < high or (low > filled and not _open_map(s, pool, state)):
        s["flags"] |= HEAD_CAPPED  # the pool is full: the head stays as long as it is
        s["cap"] = max(i64(s["filled"]), min(i64(s["top"]), room))
        if i64(s["map"]) < 0:
            s["cap"] = i64(s["filled"])
        return
    s["top"] = max(i64(s["top"]), min(end, 0x7FFF_FFFF))
    at = i64(s["head"]) * UNIT
    source = start - off
    if i64(s["map"]) < 0:
        copy(pool, at + filled, data, source + filled, high - filled)
        s["filled"] = high
        return
    bits = i64(s["map"]) * UNIT
    for k in range(low, high):
        if not _has(pool, bits, k):
            pool[at + k] = data[source + k]
            _set(pool, bits, k)
    _settle(s, pool, state)


@inlined
def append(s: Any, data: Any, start: int, length: int, pool: Any, state: Any) -> None:
    """Add the captured bytes of one of the first four datagrams to a UDP or SCTP head."""
    filled = i64(s["filled"])
    if i64(s["cuts"]) >= 4 or filled >= i64(s["cap"]):
        s["flags"] |= HEAD_CAPPED
        return
    end = min(filled + length, i64(s["cap"]))
    room = reserve(s, end, pool, state)
    if filled + length > min(end, room):
        s["flags"] |= HEAD_CAPPED
        end = min(end, room)
        s["cap"] = end
    at = i64(s["head"]) * UNIT
    copy(pool, at + filled, data, start, end - filled)
    s["filled"] = end
    s["top"] = end
    note_cut(s, end)


@helper
def forget(s: Any, pool: Any, state: Any) -> None:
    """Give back what a head holds."""
    if i64(s["head"]) >= 0:
        give(pool, state, i64(s["head"]), i64(s["grade"]))
        s["head"] = -1
    if i64(s["map"]) >= 0:
        give(pool, state, i64(s["map"]), MAP_GRADE)
        s["map"] = -1
    s["filled"] = 0
    s["top"] = 0


@helper
def _shift_up(s: Any, delta: int, pool: Any, state: Any) -> None:
    """Make room for ``delta`` earlier bytes."""
    end = min(i64(s["top"]), i64(s["cap"]))
    room = 0
    if end > 0:
        room = reserve(s, min(end + delta, i64(s["cap"])), pool, state)
    if end == 0 or delta >= i64(s["cap"]) or room < min(end + delta, i64(s["cap"])) or not _open_map(s, pool, state):
        top = i64(s["top"])
        forget(s, pool, state)  # nothing of it stays within the head
        s["top"] = min(top + delta, 0x7FFF_FFFF) if top > 0 else 0
        return
    at, bits = i64(s["head"]) * UNIT, i64(s["map"]) * UNIT
    for k in range(end - 1, -1, -1):
        if _has(pool, bits, k):
            _clear(pool, bits, k)
            if k + delta < i64(s["cap"]):
                pool[at + k + delta] = pool[at + k]
                _set(pool, bits, k + delta)
    s["top"] = min(i64(s["top"]) + delta, 0x7FFF_FFFF)
    s["filled"] = 0


@helper
def _shift_down(s: Any, delta: int, pool: Any, state: Any) -> None:
    """Drop ``delta`` bytes that turned out to lie before the beginning."""
    end = min(i64(s["top"]), i64(s["cap"]))
    top = i64(s["top"]) - delta
    if top <= 0 or end <= delta or not _open_map(s, pool, state):
        forget(s, pool, state)
        s["top"] = max(top, 0)
        return
    at, bits = i64(s["head"]) * UNIT, i64(s["map"]) * UNIT
    for k in range(end):
        if _has(pool, bits, k):
            _clear(pool, bits, k)
            if k >= delta:
                pool[at + k - delta] = pool[at + k]
                _set(pool, bits, k - delta)
    s["top"] = top
    s["filled"] = 0
    _settle(s, pool, state)


@helper
def move_base(s: Any, base: int, pool: Any, state: Any) -> None:
    """Let the head begin at another sequence number, keeping the bytes that stay within it."""
    delta = sequence_delta(i64(s["base"]), base)
    s["base"] = base
    if -NEAR <= delta <= NEAR:
        if delta > 0:
            _shift_up(s, delta, pool, state)
        elif delta < 0:
            _shift_down(s, -delta, pool, state)
        s["high"] = max(i64(s["high"]) + delta, 0)
    else:
        forget(s, pool, state)
        s["high"] = 0
    s["cuts"] = 0


@helper
def begin_at(s: Any, base: int, pool: Any, state: Any) -> None:
    """Take the beginning that a SYN, or the answer to it, told."""
    if s["known"] == BASE_GUESSED:
        move_base(s, base, pool, state)
    elif s["known"] == BASE_KNOWN and s["sum"] > 0:
        return  # a SYN with another number after data is not believed
    s["base"] = base
    s["known"] = BASE_KNOWN


@inlined
def offset_of(s: Any, seq: int, pool: Any, state: Any) -> int:
    """Offset of a segment's first byte from the beginning of the head; may move a guessed beginning."""
    if s["known"] == 0:
        s["known"] = BASE_GUESSED
        s["base"] = seq
        return 0
    high = i64(s["high"])
    off: int = high + sequence_delta(seq, (i64(s["base"]) + high) & 0xFFFF_FFFF)
    if off < 0 and off >= -NEAR and s["known"] == BASE_GUESSED and high <= NEAR:
        move_base(s, seq, pool, state)
        return 0
    return off
