"""Spans of conn.log -> typed columns, in one kernel; services and logs beside conn -> small vocabularies and arenas."""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, inlined, kernel
from pcapscan.kernels.wide import eight
from pcapscan.read.zeek_fields import (
    DURATION,
    DURATION_NS,
    IP_PROTO,
    ORIG_BYTES,
    ORIG_H,
    ORIG_P,
    ORIG_PKTS,
    PARENTS,
    PROTO,
    RESP_BYTES,
    RESP_H,
    RESP_P,
    RESP_PKTS,
    SERVICE,
    STATE,
    TS,
    UID,
    VLAN,
)
from pcapscan.read.zeek_lines import split_rows
from pcapscan.read.zeek_values import read_address, read_count, read_seconds, read_time, uid_hash, word_hash
from pcapscan.tables import CONN_STATES

KEPT, NO_TIME, NO_ADDRESS, NO_PORT, NO_PROTO = range(5)
"""What became of a row: kept, or the column without which it is no flow."""

COLUMN_WORDS = ("", "ts", "id.orig_h or id.resp_h", "id.orig_p or id.resp_p", "proto")

STATES = np.zeros(len(CONN_STATES), np.uint64)
for _k, _word in enumerate(CONN_STATES):
    STATES[_k] = sum(byte << (8 * place) for place, byte in enumerate(_word.encode()))

# integer columns of one row, in the order they stand in `ints`
TS_NS, DURATION_NS_OUT, ORIG_P_OUT, RESP_P_OUT, ORIG_BYTES_OUT, RESP_BYTES_OUT, ORIG_PKTS_OUT, RESP_PKTS_OUT = range(8)
PROTO_OUT, SERVICE_OUT, STATE_OUT, VLAN_OUT = range(8, 12)
INTS = 12
ORIG_HI_OUT, ORIG_LO_OUT, RESP_HI_OUT, RESP_LO_OUT, PARENT_OUT, UID_OUT = range(6)
WORDS = 6


@inlined
def _proto(data: Any, at: Any, size: Any) -> Any:
    """IP protocol by Zeek's transport word, 255 for one it does not know, -1 for none."""
    if size == 3 and (data[at] | 32) == 116 and (data[at + 1] | 32) == 99 and (data[at + 2] | 32) == 112:
        return 6
    if size == 3 and (data[at] | 32) == 117 and (data[at + 1] | 32) == 100 and (data[at + 2] | 32) == 112:
        return 17
    if size >= 4 and (data[at] | 32) == 105 and (data[at + 1] | 32) == 99 and (data[at + 2] | 32) == 109 and (data[at + 3] | 32) == 112:
        return 1
    if size == 9 and (data[at] | 32) == 105 and (data[at + 5] | 32) == 105:  # ipv6-icmp, as ECS may write it
        return 58
    if size == 4 and (data[at] | 32) == 115 and (data[at + 1] | 32) == 99 and (data[at + 2] | 32) == 116:
        return 132
    if size > 0 and ((data[at] | 32) >= 97 and (data[at] | 32) <= 122):
        return 255
    return -1


@inlined
def _number(data: Any, spans: Any, row: Any, slot: Any, wrong: Any) -> Any:
    """Read a count, -1 where it is not set; a value of another type is counted and taken as not set."""
    size = spans[row, slot, 1]
    if size <= 0:
        return np.int64(-1)
    ok, value = read_count(data, np.int64(spans[row, slot, 0]), np.int64(size))
    if not ok:
        wrong[slot] += 1
        return np.int64(-1)
    return value


@inlined
def _up_to_eight(data: Any, at: Any, size: Any) -> Any:
    """As many bytes as a little-endian integer."""
    part = np.uint64(0)
    if size > 0 and at + 8 <= len(data):
        cut = np.uint64(64 - 8 * size)
        return (eight(data, at) << cut) >> cut
    for k in range(size):
        part |= np.uint64(data[at + k]) << np.uint64(8 * k)
    return part


@inlined
def _uid(data: Any, at: Any, size: Any, uids: Any, row: Any) -> Any:
    """Keep the first 24 bytes of a uid, zeros behind them; its hash, 0 where there is none."""
    if size <= 0:
        uids[row, 0] = 0
        uids[row, 1] = 0
        uids[row, 2] = 0
        return np.uint64(0)
    size = min(size, 24)
    value = np.uint64(14695981039346656037)
    i = at
    for place in range(3):
        some = min(8, at + size - i)
        part = _up_to_eight(data, i, some)
        i += 8
        uids[row, place] = part
        if some > 0:
            value = (value ^ part) * np.uint64(0x9E3779B97F4A7C15)
            value ^= value >> np.uint64(29)
    return value | np.uint64(1)


@helper
def _code(data: Any, at: Any, size: Any, keys: Any, codes: Any, told: Any) -> Any:
    """Find the number of a word among those of this block, in the order of their first rows; ``told[0, 0]`` counts them."""
    value = word_hash(data, at, size)
    mask = np.uint64(len(keys) - 1)
    place = value & mask
    while keys[place] != 0:
        if keys[place] == value:
            return np.int64(codes[place])
        place = (place + np.uint64(1)) & mask
    count = told[0, 0] + 1
    if count >= len(told) or 2 * count >= len(keys):
        return np.int64(-3)
    keys[place] = value
    codes[place] = count - 1
    told[count, 0] = at
    told[count, 1] = size
    told[0, 0] = count
    return np.int64(count - 1)


@inlined
def _conn_rows(
    data: Any, rows: Any, first: Any, spans: Any, states: Any, ints: Any, words: Any, kept: Any, uids: Any, keys: Any, codes: Any,
    told: Any, wrong: Any,
) -> Any:  # fmt: skip
    """Fill the columns from ``first`` on with what so many rows of ``spans`` say; how many were kept."""
    good: Any = 0
    for at_row in range(rows):
        row = first + at_row
        kept[row] = 0
        ok: Any = False
        ns: Any = np.int64(0)
        if spans[at_row, TS, 1] > 0:
            ok, ns = read_time(data, np.int64(spans[at_row, TS, 0]), np.int64(spans[at_row, TS, 1]))
        if not ok:
            kept[row] = NO_TIME
            continue
        ints[TS_NS, row] = ns
        if spans[at_row, ORIG_H, 1] > 0 and spans[at_row, RESP_H, 1] > 0:
            ok, words[ORIG_HI_OUT, row], words[ORIG_LO_OUT, row] = read_address(
                data, np.int64(spans[at_row, ORIG_H, 0]), np.int64(spans[at_row, ORIG_H, 1])
            )
            right, words[RESP_HI_OUT, row], words[RESP_LO_OUT, row] = read_address(
                data, np.int64(spans[at_row, RESP_H, 0]), np.int64(spans[at_row, RESP_H, 1])
            )
            ok = ok and right
        else:
            ok = False
        if not ok:
            kept[row] = NO_ADDRESS
            continue
        proto: Any = np.int64(-1)
        if spans[at_row, PROTO, 1] > 0:
            proto = _proto(data, np.int64(spans[at_row, PROTO, 0]), np.int64(spans[at_row, PROTO, 1]))
        number = _number(data, spans, at_row, IP_PROTO, wrong)
        if number >= 0 and number < 256 and (proto < 0 or proto == 255):
            proto = number
        if proto < 0:
            kept[row] = NO_PROTO
            continue
        if proto == 1 and (words[ORIG_HI_OUT, row] != 0 or words[ORIG_LO_OUT, row] >> np.uint64(32) != np.uint64(0xFFFF)):
            proto = 58
        ints[PROTO_OUT, row] = proto
        orig_p = _number(data, spans, at_row, ORIG_P, wrong)
        resp_p = _number(data, spans, at_row, RESP_P, wrong)
        if proto != 6 and proto != 17 and proto != 132:  # ICMP of ECS has no ports, other transports have none at all
            orig_p, resp_p = max(orig_p, 0), max(resp_p, 0)
        if orig_p < 0 or orig_p > 65535 or resp_p < 0 or resp_p > 65535:
            kept[row] = NO_PORT
            continue
        ints[ORIG_P_OUT, row] = orig_p
        ints[RESP_P_OUT, row] = resp_p
        ints[ORIG_BYTES_OUT, row] = _number(data, spans, at_row, ORIG_BYTES, wrong)
        ints[RESP_BYTES_OUT, row] = _number(data, spans, at_row, RESP_BYTES, wrong)
        ints[ORIG_PKTS_OUT, row] = _number(data, spans, at_row, ORIG_PKTS, wrong)
        ints[RESP_PKTS_OUT, row] = _number(data, spans, at_row, RESP_PKTS, wrong)
        vlan = _number(data, spans, at_row, VLAN, wrong)
        ints[VLAN_OUT, row] = vlan if vlan >= 0 and vlan < 65536 else 0xFFFF
        duration: Any = np.int64(-1)
        if spans[at_row, DURATION, 1] > 0:
            ok, duration = read_seconds(data, np.int64(spans[at_row, DURATION, 0]), np.int64(spans[at_row, DURATION, 1]))
            if not ok or duration < 0:
                wrong[DURATION] += 1
                duration = np.int64(-1)
        elif spans[at_row, DURATION_NS, 1] > 0:
            duration = _number(data, spans, at_row, DURATION_NS, wrong)
        ints[DURATION_NS_OUT, row] = duration
        state = np.int64(-1)
        size = np.int64(spans[at_row, STATE, 1])
        if size > 0 and size <= 6:
            word = _up_to_eight(data, np.int64(spans[at_row, STATE, 0]), size)
            for k in range(len(states)):
                if states[k] == word:
                    state = np.int64(k)
                    break
        if state < 0 and size > 0:
            wrong[STATE] += 1
        ints[STATE_OUT, row] = state
        size = np.int64(spans[at_row, SERVICE, 1])
        if size < 0:
            ints[SERVICE_OUT, row] = -1 if size == -2 else -2
        else:
            at = np.int64(spans[at_row, SERVICE, 0])
            ints[SERVICE_OUT, row] = _code(data, at, size, keys, codes, told)
        words[UID_OUT, row] = _uid(data, np.int64(spans[at_row, UID, 0]), np.int64(spans[at_row, UID, 1]), uids, row)
        words[PARENT_OUT, row] = 0
        size = np.int64(spans[at_row, PARENTS, 1])
        if size > 0:
            at = np.int64(spans[at_row, PARENTS, 0])
            if data[at] == 91 or data[at] == 34:  # JSON: ["C...", ...]
                while size > 0 and (data[at] == 91 or data[at] == 34 or data[at] == 32):
                    at += 1
                    size -= 1
            end = at
            while end < at + size and data[end] != 44 and data[end] != 34 and data[end] != 93:
                end += 1
            if end > at:
                words[PARENT_OUT, row] = uid_hash(data, at, end - at)
        good += 1
    return good


@kernel(
    "int64(uint8[::1], int64, int32[:, :, ::1], uint64[::1], int64[:, ::1], uint64[:, ::1], uint8[::1], uint64[:, ::1], uint64[::1],"
    " int32[::1], int64[:, ::1], int64[::1])"
)
def conn_columns(
    data: Any, rows: Any, spans: Any, states: Any, ints: Any, words: Any, kept: Any, uids: Any, keys: Any, codes: Any, told: Any, wrong: Any
) -> int:
    """Columns of conn.log rows.

    Parameters
    ----------
    data : uint8[m]
    rows : int
    spans : int32[rows, s, 2]
        As :mod:`pcapscan.read.zeek_lines` writes them.
    states : uint64[]
        The words of CONN_STATES as little-endian integers.
    ints : int64[INTS, rows]
    words : uint64[WORDS, rows]
    kept : uint8[rows]
        KEPT, or the column that failed.
    uids : uint64[rows, 3]
        The first 24 bytes as little-endian words, zeros behind the end.
    keys, codes : uint64[2**p], int32[2**p]
        Zero before: the words of ``service`` in this block.
    told : int64[k, 2]
        Begin and length of each new word, from place 1; place 0 counts them.
    wrong : int64[s]
        Counted up: values of another type than their column's.

    Returns
    -------
    int
        Rows kept.
    """
    return int(_conn_rows(data, rows, 0, spans, states, ints, words, kept, uids, keys, codes, told, wrong))


@kernel(
    "(int64, int64)(uint8[::1], int64, int64, int64, uint8[::1], uint8[::1], int16[::1], int32[:, :, ::1], int64[::1], int64[::1], int64[::1],"
    " uint64[::1], int64[:, ::1], uint64[:, ::1], uint8[::1], uint64[:, ::1], uint64[::1], int32[::1], int64[:, ::1], int64[::1])"
)
def conn_lines(
    data: Any, lo: Any, hi: Any, separator: Any, unset: Any, empty: Any, slots: Any, spans: Any, starts: Any, lines: Any, stats: Any,
    states: Any, ints: Any, words: Any, kept: Any, uids: Any, keys: Any, codes: Any, told: Any, wrong: Any,
) -> tuple[int, int]:  # fmt: skip
    """Lines of a conn.log to columns: :func:`split_tsv` and :func:`conn_columns` in turns, some rows at a time, whose spans stay near.

    ``spans`` has as many rows as are split at a time.

    Returns
    -------
    tuple of int
        Rows, and how many of them were kept.
    """
    at, line = lo, 0
    rows, good = 0, 0
    while at < hi:
        at, some, line = split_rows(data, at, hi, separator, unset, empty, slots, spans, starts, lines, stats, rows, line)
        good += _conn_rows(data, some, rows, spans, states, ints, words, kept, uids, keys, codes, told, wrong)
        rows += some
    return rows, good


@kernel(
    "int64(uint8[::1], int64, int32[:, :, ::1], int16[::1], uint8[::1], int64[:, ::1], int32[:, ::1], int64[::1], uint64[:, ::1],"
    " uint64[::1], uint64[::1])"
)
def gather(
    data: Any, rows: Any, spans: Any, wanted: Any, arena: Any, start: Any, length: Any, times: Any, uids: Any, hashes: Any, contents: Any
) -> int:
    """Copy the wanted columns of rows of any log into an arena.

    Parameters
    ----------
    wanted : int16[k]
        Slots.
    arena : uint8[]
        Large enough for the sum of the lengths.
    start, length : int64[rows, k], int32[rows, k]
    times, uids, hashes, contents : int64[rows], uint64[rows, 3], uint64[rows], uint64[rows]

    Returns
    -------
    int
        Bytes of the arena in use.
    """
    used: Any = 0
    for row in range(rows):
        times[row] = -(1 << 63)
        if spans[row, TS, 1] > 0:
            ok, ns = read_time(data, np.int64(spans[row, TS, 0]), np.int64(spans[row, TS, 1]))
            if ok:
                times[row] = ns
        hashes[row] = _uid(data, np.int64(spans[row, UID, 0]), np.int64(spans[row, UID, 1]), uids, row)
        content = np.uint64(14695981039346656037)
        for place in range(len(wanted)):
            slot = wanted[place]
            size = np.int64(spans[row, slot, 1])
            start[row, place] = used
            length[row, place] = size
            at = np.int64(spans[row, slot, 0])
            for k in range(size):
                byte = data[at + k]
                arena[used + k] = byte
                content = (content ^ np.uint64(byte)) * np.uint64(1099511628211)
            content = (content ^ np.uint64(size + 258)) * np.uint64(1099511628211)
            used += max(size, 0)
        contents[row] = content
    return int(used)
