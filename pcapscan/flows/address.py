"""Addresses as text: dotted for IPv4, RFC 5952 for IPv6."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.kernels import helper, i64, kernel
from pcapscan.tables import U64

MAPPED = np.uint64(0xFFFF)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)
IPV4_CHARACTERS, IPV6_CHARACTERS = 15, 39


@helper
def _group(hi: Any, lo: Any, k: int) -> int:
    word = hi if k < 4 else lo
    return int(i64((word >> np.uint64(48 - 16 * (k & 3))) & MAPPED))


@helper
def _dotted(row: Any, word: int) -> None:
    at = 0
    for k in range(4):
        byte = (word >> (24 - 8 * k)) & 0xFF
        if byte >= 100:
            row[at] = 48 + byte // 100
            at += 1
        if byte >= 10:
            row[at] = 48 + byte // 10 % 10
            at += 1
        row[at] = 48 + byte % 10
        at += 1
        if k < 3:
            row[at] = 46
            at += 1


@helper
def _longest_zeros(hi: Any, lo: Any) -> tuple[int, int]:
    """First and end of the first longest run of at least two zero groups (RFC 5952 section 4.2); (8, 8) where there is none."""
    first, end, run = 8, 8, 0
    for k in range(8):
        run = run + 1 if _group(hi, lo, k) == 0 else 0
        if run > 1 and (first == 8 or run > end - first):
            first, end = k - run + 1, k + 1
    return first, end


@helper
def _colons(row: Any, hi: Any, lo: Any) -> None:
    first, end = _longest_zeros(hi, lo)
    at, k = 0, 0
    while k < 8:
        if k == first:
            row[at], row[at + 1] = 58, 58
            at += 2
            k = end
            continue
        if k > 0 and k != end:
            row[at] = 58
            at += 1
        group = _group(hi, lo, k)
        started = False
        for shift in (12, 8, 4, 0):
            digit = (group >> shift) & 15
            if digit or started or shift == 0:
                row[at] = digit + (48 if digit < 10 else 87)
                at += 1
                started = True
        k += 1


@kernel("void(uint64[::1], uint64[::1], uint32[:, ::1])")
def write_addresses(hi: Any, lo: Any, text: Any) -> None:
    """Write addresses as code points.

    Parameters
    ----------
    hi, lo : uint64[n]
    text : uint32[n, 39], zeros, out
        15 columns are enough where all are IPv4.
    """
    for i in range(len(hi)):
        if hi[i] == 0 and (lo[i] >> _HALF) == MAPPED:
            _dotted(text[i], i64(lo[i] & _LOW))
        else:
            _colons(text[i], hi[i], lo[i])


def addresses(hi: U64, lo: U64) -> NDArray[np.str_]:
    """Text of addresses.

    Parameters
    ----------
    hi, lo : uint64[n]
        As in :class:`pcapscan.tables.FlowTable`.

    Returns
    -------
    str[n]

    Examples
    --------
    >>> addresses(np.array([0, 0x20010DB8 << 32], np.uint64), np.array([0xFFFF_C000_0207, 1], np.uint64)).tolist()
    ['192.0.2.7', '2001:db8::1']
    """
    hi, lo = np.ascontiguousarray(hi, np.uint64), np.ascontiguousarray(lo, np.uint64)
    plain = not hi.any() and bool(((lo >> _HALF) == MAPPED).all())
    width = IPV4_CHARACTERS if plain else IPV6_CHARACTERS
    text = np.zeros((len(hi), width), np.uint32)
    write_addresses(hi, lo, text)
    return text.view(f"U{width}").reshape(len(hi))
