"""Community ID version 1, the join key that Zeek, Suricata, Elastic and others share.

SHA-1 over seed, lower endpoint's address, higher's, protocol, padding, ports; base64 of the digest after ``1:``. A flow always fits
one block of SHA-1. https://github.com/corelight/community-id-spec
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.errors import UsageError
from pcapscan.flows.key import COUNTERPART
from pcapscan.kernels import helper, i64, kernel
from pcapscan.tables import ICMP, ICMP6, SCTP, TCP, UDP, FlowTable

ALPHABET = np.array(list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), np.uint8)
"""RFC 4648 section 4."""

CHARACTERS = 30
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)
_MASK = 0xFFFF_FFFF


@helper
def _rotate(x: int, by: int) -> int:
    return ((x << by) | (x >> (32 - by))) & _MASK


@helper
def sha1_block(w: Any) -> None:
    """Digest one padded block (FIPS 180-4 section 6.1.2).

    Parameters
    ----------
    w : int64[80], in and out
        The block in words 0 to 15; the digest is left in words 0 to 4.
    """
    for t in range(16, 80):
        w[t] = _rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1)
    a, b, c, d, e = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0
    for t in range(20):
        m = (_rotate(a, 5) + ((b & c) | ((b ^ _MASK) & d)) + e + 0x5A827999 + w[t]) & _MASK
        a, b, c, d, e = m, a, _rotate(b, 30), c, d
    for t in range(20, 40):
        m = (_rotate(a, 5) + (b ^ c ^ d) + e + 0x6ED9EBA1 + w[t]) & _MASK
        a, b, c, d, e = m, a, _rotate(b, 30), c, d
    for t in range(40, 60):
        m = (_rotate(a, 5) + ((b & c) | (b & d) | (c & d)) + e + 0x8F1BBCDC + w[t]) & _MASK
        a, b, c, d, e = m, a, _rotate(b, 30), c, d
    for t in range(60, 80):
        m = (_rotate(a, 5) + (b ^ c ^ d) + e + 0xCA62C1D6 + w[t]) & _MASK
        a, b, c, d, e = m, a, _rotate(b, 30), c, d
    w[0], w[1], w[2] = (0x67452301 + a) & _MASK, (0xEFCDAB89 + b) & _MASK, (0x98BADCFE + c) & _MASK
    w[3], w[4] = (0x10325476 + d) & _MASK, (0xC3D2E1F0 + e) & _MASK


@helper
def _push(w: Any, at: int, value: int, size: int) -> int:
    """Append ``size`` bytes, big-endian, at byte ``at`` of the block; two or a multiple of four bytes, never across words."""
    shift = 32 - 8 * ((at & 3) + size)
    w[at >> 2] |= value << shift
    return at + size


@helper
def _push_words(w: Any, at: int, hi: Any, lo: Any, short: bool) -> int:
    """Append an address; the seed before it takes two bytes, so it goes in halves."""
    if not short:
        for shift in (48, 32, 16, 0):
            at = _push(w, at, i64((hi >> np.uint64(shift)) & np.uint64(0xFFFF)), 2)
        for shift in (48, 32):
            at = _push(w, at, i64((lo >> np.uint64(shift)) & np.uint64(0xFFFF)), 2)
    for shift in (16, 0):
        at = _push(w, at, i64((lo >> np.uint64(shift)) & np.uint64(0xFFFF)), 2)
    return at


@helper
def _fill(w: Any, seed: int, a_hi: Any, a_lo: Any, b_hi: Any, b_lo: Any, a_p: int, b_p: int, proto: int, ports: bool) -> None:
    """Write one flow, the lower endpoint first, as a padded block."""
    short = a_hi == 0 and b_hi == 0 and (a_lo >> _HALF) == np.uint64(0xFFFF) and (b_lo >> _HALF) == np.uint64(0xFFFF)
    for k in range(16):
        w[k] = 0
    at = _push(w, 0, seed, 2)
    at = _push_words(w, at, a_hi, a_lo, short)
    at = _push_words(w, at, b_hi, b_lo, short)
    at = _push(w, at, proto << 8, 2)
    if ports:
        at = _push(w, at, a_p, 2)
        at = _push(w, at, b_p, 2)
    w[15] = at * 8
    _push(w, at, 0x8000, 2)


@helper
def _base64(w: Any, alphabet: Any, row: Any) -> None:
    row[0], row[1] = 49, 58  # 1:
    for k in range(7):
        bits = 0
        for byte in range(3 * k, 3 * k + 3):
            bits = (bits << 8) | (((w[byte >> 2] >> (24 - 8 * (byte & 3))) & 0xFF) if byte < 20 else 0)
        for c in range(4):
            row[2 + 4 * k + c] = alphabet[(bits >> (18 - 6 * c)) & 63]
    row[29] = 61  # the 21st byte is padding


@kernel(
    "void(int64, uint64[::1], uint64[::1], uint64[::1], uint64[::1], uint16[::1], uint16[::1], uint8[::1], int16[:, ::1],"
    " uint8[::1], int64[::1], uint32[:, ::1])"
)
def write_ids(seed: int, orig_hi: Any, orig_lo: Any, resp_hi: Any, resp_lo: Any, orig_p: Any, resp_p: Any, proto: Any,
              counterpart: Any, alphabet: Any, w: Any, text: Any) -> None:  # fmt: skip
    """Write Community IDs as code points into ``text``, uint32[n, 30]; columns as in FlowTable; ``w``, int64[80], is scratch."""
    for i in range(len(proto)):
        kind = i64(proto[i])
        a_p, b_p = i64(orig_p[i]), i64(resp_p[i])
        a_hi, a_lo, b_hi, b_lo = orig_hi[i], orig_lo[i], resp_hi[i], resp_lo[i]
        ports = kind in (TCP, UDP, SCTP)
        one_way = False
        if kind in (ICMP, ICMP6):
            ports = True
            answer = i64(counterpart[0 if kind == ICMP else 1, a_p & 0xFF])
            one_way = answer < 0
            if not one_way:
                b_p = answer
        behind = a_hi > b_hi or (a_hi == b_hi and (a_lo > b_lo or (a_lo == b_lo and a_p > b_p)))
        if behind and not one_way:
            _fill(w, seed, b_hi, b_lo, a_hi, a_lo, b_p, a_p, kind, ports)
        else:
            _fill(w, seed, a_hi, a_lo, b_hi, b_lo, a_p, b_p, kind, ports)
        sha1_block(w)
        _base64(w, alphabet, text[i])


def community_ids(flows: FlowTable, seed: int = 0) -> NDArray[np.str_]:
    """Community ID of each flow.

    Parameters
    ----------
    flows : FlowTable
    seed : int
        0 to 65535, the network's own.

    Returns
    -------
    str[n]
        Such as ``1:LQU9qZlK+B5F3KDmev6m5PMibrg=``.
    """
    if not 0 <= seed <= 0xFFFF:
        raise UsageError(f"a Community ID's seed is 0 to 65535, not {seed}")
    text = np.zeros((len(flows), CHARACTERS), np.uint32)
    columns = (flows.orig_hi, flows.orig_lo, flows.resp_hi, flows.resp_lo, flows.orig_p, flows.resp_p, flows.proto)
    a_hi, a_lo, b_hi, b_lo, a_p, b_p, proto = (np.ascontiguousarray(c) for c in columns)
    write_ids(seed, a_hi, a_lo, b_hi, b_lo, a_p, b_p, proto, COUNTERPART, ALPHABET, np.zeros(80, np.int64), text)
    return text.view(f"U{CHARACTERS}").reshape(len(flows))
