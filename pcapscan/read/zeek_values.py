"""Texts of Zeek values -> numbers, inside kernels: times, intervals, addresses, counts, words.

Every reader takes a span ``[at, at + size)`` of bytes and answers with a flag first; nothing is read outside of the span.
Times are decimal text made int64 nanoseconds digit by digit: a float64 of today's epoch is only good to 238 ns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, inlined
from pcapscan.kernels.wide import eight, lowest, sixteen_digits, sixteen_like

BAD_NS = -(1 << 63)
"""Column value where no time could be read."""

_FNV = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_POWERS = tuple(10**k for k in range(10))


@helper
def word_hash(data: Any, at: Any, size: Any) -> Any:
    """64-bit FNV-1a of a span, never 0."""
    value = np.uint64(14695981039346656037)
    for i in range(at, at + size):
        value = (value ^ np.uint64(data[i])) * np.uint64(1099511628211)
    return value | np.uint64(1)


@helper
def uid_hash(data: Any, at: Any, size: Any) -> Any:
    """64-bit hash of the first 24 bytes of a span, eight at a time, never 0."""
    value = np.uint64(14695981039346656037)
    size = min(size, 24)
    i = at
    while i < at + size:
        part = np.uint64(0)
        for k in range(min(8, at + size - i)):
            part |= np.uint64(data[i + k]) << np.uint64(8 * k)
        value = (value ^ part) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(29)
        i += 8
    return value | np.uint64(1)


@inlined
def said_by_eight(word: Any) -> Any:
    """The number that eight bytes say, the lowest the first digit; bytes of 0 count as digits."""
    word &= np.uint64(0x0F0F0F0F0F0F0F0F)
    word = (word * np.uint64(10) + (word >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    word = (word * np.uint64(100) + (word >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return np.int64((word * np.uint64(10_000) + (word >> np.uint64(32))) & np.uint64(0xFFFFFFFF))


@inlined
def _said_by(data: Any, at: Any, count: Any) -> Any:
    """The number that up to sixteen bytes say, all of which are digits; there must be sixteen bytes from ``at``."""
    if count < 1:
        return np.int64(0)
    if count <= 8:
        return said_by_eight(eight(data, at) << np.uint64(64 - 8 * count))
    more = count - 8
    rest = said_by_eight(eight(data, at + 8) << np.uint64(64 - 8 * more))
    return said_by_eight(eight(data, at)) * np.int64(_POWERS[more]) + rest


@inlined
def read_count(data: Any, at: Any, size: Any) -> Any:
    """Read a non-negative integer below 2**62: (ok, value). ``12.0`` is 12."""
    if size > 0 and size <= 8 and at + 8 <= len(data):  # the usual, without a branch for every digit
        word, cut = eight(data, at), np.uint64(64 - 8 * size)
        high, zeros = np.uint64(0xF0F0F0F0F0F0F0F0), np.uint64(0x3030303030303030)
        odd = ((word & high) ^ zeros) | (((word + np.uint64(0x0606060606060606)) & high) ^ zeros)
        if odd << cut == 0:
            return True, said_by_eight(word << cut)
    return _any_count(data, at, size)


@helper
def _any_count(data: Any, at: Any, size: Any) -> Any:
    value = np.int64(0)
    if size < 1 or size > 24:
        return False, value
    for i in range(at, at + size):
        digit = np.int64(data[i]) - 48
        if digit < 0 or digit > 9:
            if digit == -2 and i > at:  # ".": only zeros may follow
                for k in range(i + 1, at + size):
                    if data[k] != 48:
                        return False, value
                return True, value
            return False, value
        if value > 400_000_000_000_000_000:
            return False, value
        value = value * 10 + digit
    return True, value


@inlined
def usual_seconds(data: Any, at: Any, size: Any) -> Any:
    """Read seconds of up to eleven digits, a point, and up to nine digits more: (ok, nanoseconds); what is not so is another's to read."""
    if at + 32 > len(data):
        return False, np.int64(0)
    whole = np.int64(lowest(~sixteen_digits(data, at)))
    after = size - whole - 1
    if whole < 1 or whole > 11 or after < 0 or after > 9 or data[at + whole] != 46:
        return False, np.int64(0)
    seconds, rest = _said_by(data, at, whole), _said_by(data, at + whole + 1, after)
    ok = np.int64(lowest(~sixteen_digits(data, at + whole + 1))) >= after and seconds < 9_000_000_000
    return ok, seconds * 1_000_000_000 + rest * np.int64(_POWERS[9 - after])


@helper
def _plain_seconds(data: Any, at: Any, size: Any) -> Any:
    """Read the usual form, fast: up to eleven digits, a point, up to nine digits: (ok, nanoseconds)."""
    end = at + size
    value, i = np.int64(0), at
    while i < end:
        digit = np.int64(data[i]) - 48
        if digit < 0 or digit > 9:
            break
        value = value * 10 + digit
        i += 1
    if i == at or i - at > 11:
        return False, value
    if i == end:
        return i - at < 12, value * 1_000_000_000
    if data[i] != 46 or end - i > 10:
        return False, value
    i += 1
    fraction, first = np.int64(0), i
    while i < end:
        digit = np.int64(data[i]) - 48
        if digit < 0 or digit > 9:
            return False, value
        fraction = fraction * 10 + digit
        i += 1
    return value < 9_000_000_000, value * 1_000_000_000 + fraction * np.int64(_POWERS[9 - (i - first)])


@inlined
def read_seconds(data: Any, at: Any, size: Any) -> Any:
    """Decimal seconds, with or without fraction and exponent: (ok, nanoseconds), digits beyond the ninth are dropped."""
    ok, usual = usual_seconds(data, at, size)
    if ok:
        return True, usual
    return _any_seconds(data, at, size)


@helper
def _any_seconds(data: Any, at: Any, size: Any) -> Any:
    ok, plain = _plain_seconds(data, at, size)
    if ok:
        return True, plain
    end = at + size
    i = at
    negative = False
    if i < end and (data[i] == 45 or data[i] == 43):
        negative = data[i] == 45
        i += 1
    digits, point = 0, 0
    exponent: Any = 0
    value: Any = np.int64(0)
    seen_point = False
    used = 0
    while i < end:
        c = np.int64(data[i])
        if c >= 48 and c <= 57:
            digits += 1
            if used < 18:
                value = value * 10 + (c - 48)
                used += 1 if value else 0
                point += 1 if seen_point else 0
            elif not seen_point:
                return False, np.int64(0)
        elif c == 46 and not seen_point:
            seen_point = True
        elif (c == 101 or c == 69) and digits:
            i += 1
            sign = 1
            if i < end and (data[i] == 45 or data[i] == 43):
                sign = -1 if data[i] == 45 else 1
                i += 1
            if i >= end or end - i > 3:
                return False, np.int64(0)
            while i < end:
                c = np.int64(data[i]) - 48
                if c < 0 or c > 9:
                    return False, np.int64(0)
                exponent = exponent * 10 + c
                i += 1
            exponent *= sign
            break
        else:
            return False, np.int64(0)
        i += 1
    if not digits:
        return False, np.int64(0)
    shift = 9 - point + exponent
    while shift > 0 and value:
        if value > 900_000_000_000_000_000:
            return False, np.int64(0)
        value *= 10
        shift -= 1
    while shift < 0 and value:
        value //= 10
        shift += 1
    return True, -value if negative else value


@helper
def _digits(data: Any, at: Any, count: Any) -> Any:
    value = np.int64(0)
    for i in range(at, at + count):
        c = np.int64(data[i]) - 48
        if c < 0 or c > 9:
            return np.int64(-1)
        value = value * 10 + c
    return value


@helper
def days_from_civil(year: Any, month: Any, day: Any) -> Any:
    """Days since 1970-01-01 of a Gregorian date. http://howardhinnant.github.io/date_algorithms.html#days_from_civil."""
    y = np.int64(year) - (1 if month <= 2 else 0)
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


@helper
def read_iso(data: Any, at: Any, size: Any) -> Any:
    """``2006-12-12T21:20:11.822000Z`` and its kin with offsets (RFC 3339): (ok, nanoseconds UTC)."""
    zero = np.int64(0)
    if size < 19:
        return False, zero
    year, month, day = _digits(data, at, 4), _digits(data, at + 5, 2), _digits(data, at + 8, 2)
    hour, minute, second = _digits(data, at + 11, 2), _digits(data, at + 14, 2), _digits(data, at + 17, 2)
    if min(year, month, day) < 0 or min(hour, minute, second) < 0 or month < 1 or month > 12 or day < 1 or day > 31:
        return False, zero
    if hour > 24 or minute > 59 or second > 60 or year < 1700 or year > 2250:
        return False, zero
    i, end = at + 19, at + size
    ns, scale = zero, np.int64(100_000_000)
    if i < end and (data[i] == 46 or data[i] == 44):
        i += 1
        while i < end and data[i] >= 48 and data[i] <= 57:
            ns += (np.int64(data[i]) - 48) * scale
            scale //= 10
            i += 1
    offset = zero
    if i < end and (data[i] == 43 or data[i] == 45):
        sign = 1 if data[i] == 43 else -1
        hours = _digits(data, i + 1, 2) if i + 3 <= end else np.int64(-1)
        rest = i + 4 if i + 3 < end and data[i + 3] == 58 else i + 3
        minutes = _digits(data, rest, 2) if rest + 2 <= end else zero
        if hours < 0 or minutes < 0:
            return False, zero
        offset = sign * (hours * 3600 + minutes * 60)
    seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
    return True, seconds * 1_000_000_000 + ns


@inlined
def read_time(data: Any, at: Any, size: Any) -> Any:
    """Read a Zeek time in any form it is written: epoch seconds, epoch milliseconds, RFC 3339: (ok, nanoseconds)."""
    ok, usual = usual_seconds(data, at, size)
    if ok:
        return True, usual
    return _any_time(data, at, size)


@helper
def _any_time(data: Any, at: Any, size: Any) -> Any:
    if size < 12 or data[at + 10] == 46:
        ok, value = _plain_seconds(data, at, size)
        if ok:
            return True, value
    if size > 10 and data[at + 4] == 45 and data[at + 7] == 45:
        return read_iso(data, at, size)
    whole = 0
    for i in range(at, at + size):
        if data[i] == 46 or data[i] == 101 or data[i] == 69:
            break
        whole += 1
    if whole == size and size >= 12:  # JSON::TS_MILLIS: an integer no epoch second reaches
        ok, value = read_count(data, at, size)
        return ok and value < 9_000_000_000_000, value * 1_000_000
    return read_seconds(data, at, size)


@inlined
def _octet(data: Any, end: Any, count: Any) -> Any:
    """The number that one to three digits before ``end`` say."""
    value = np.int64(data[end - 1]) - 48
    value += (np.int64(data[end - 2]) - 48) * 10 if count > 1 else np.int64(0)
    value += (np.int64(data[end - 3]) - 48) * 100 if count > 2 else np.int64(0)
    return value


@inlined
def usual_ipv4(data: Any, at: Any, size: Any) -> Any:
    """Dotted quad that is not at the very end of the bytes: (ok, 32-bit value)."""
    if size < 7 or size > 15 or at + 16 > len(data):
        return False, np.int64(0)
    within = (np.uint64(1) << np.uint64(size)) - np.uint64(1)
    points = sixteen_like(data, at, np.uint8(46)) & within
    first = np.int64(lowest(points))
    rest = points & (points - np.uint64(1))
    second = np.int64(lowest(rest))
    rest &= rest - np.uint64(1)
    third = np.int64(lowest(rest))
    if third == 64 or rest & (rest - np.uint64(1)) != 0 or sixteen_digits(data, at) & within != within ^ points:
        return False, np.int64(0)
    a, b, c, d = first, second - first - 1, third - second - 1, size - third - 1
    if min(min(a, b), min(c, d)) < 1 or max(max(a, b), max(c, d)) > 3:
        return False, np.int64(0)
    w, x = _octet(data, at + first, a), _octet(data, at + second, b)
    y, z = _octet(data, at + third, c), _octet(data, at + size, d)
    return max(max(w, x), max(y, z)) < 256, (w << 24) | (x << 16) | (y << 8) | z


@helper
def read_ipv4(data: Any, at: Any, size: Any) -> Any:
    """Dotted quad: (ok, 32-bit value)."""
    value, part, digits, dots = np.int64(0), np.int64(0), 0, 0
    if size < 7 or size > 15:
        return False, value
    for i in range(at, at + size):
        c = np.int64(data[i])
        if c >= 48 and c <= 57:
            part = part * 10 + (c - 48)
            digits += 1
            if digits > 3 or part > 255:
                return False, value
        elif c == 46 and digits:
            value = (value << 8) | part
            part, digits = np.int64(0), 0
            dots += 1
        else:
            return False, value
    return dots == 3 and digits > 0, (value << 8) | part


@inlined
def read_address(data: Any, at: Any, size: Any) -> Any:
    """IPv4 or IPv6 (RFC 4291 2.2; a zone is cut, brackets are taken off): (ok, high word, low word), IPv4 mapped into IPv6."""
    none = np.uint64(0)
    ok, v4 = usual_ipv4(data, at, size)
    if not ok:
        return _any_address(data, at, size)
    return True, none, np.uint64(0xFFFF00000000) | np.uint64(v4)


@helper
def _any_address(data: Any, at: Any, size: Any) -> Any:
    none = np.uint64(0)
    ok, v4 = read_ipv4(data, at, size)
    if ok:
        return True, none, np.uint64(0xFFFF00000000) | np.uint64(v4)
    if size >= 2 and data[at] == 91 and data[at + size - 1] == 93:
        at, size = at + 1, size - 2
    for i in range(at, at + size):
        if data[i] == 37:
            size = i - at
            break
    if size < 2 or size > 45:
        return False, none, none
    high, low = none, none  # groups before "::" fill from the left, groups behind it from the right
    tail_high, tail_low = none, none
    groups, tail, gap = 0, 0, False
    i, end = at, at + size
    if data[at] == 58:
        if data[at + 1] != 58:
            return False, none, none
        gap = True
        i = at + 2
    while i < end:
        value, digits, start = np.uint64(0), 0, i
        while i < end and digits < 5:
            c = np.int64(data[i])
            if c >= 48 and c <= 57:
                digit = c - 48
            elif (c | 32) >= 97 and (c | 32) <= 102:
                digit = (c | 32) - 87
            else:
                break
            value = (value << np.uint64(4)) | np.uint64(digit)
            digits += 1
            i += 1
        if i < end and data[i] == 46:
            good, quad = read_ipv4(data, start, end - start)
            if not good or groups + tail > 6:
                return False, none, none
            for part in (np.uint64(quad) >> np.uint64(16), np.uint64(quad) & np.uint64(0xFFFF)):
                if gap:
                    tail_high = (tail_high << np.uint64(16)) | (tail_low >> np.uint64(48))
                    tail_low = (tail_low << np.uint64(16)) | part
                    tail += 1
                else:
                    high = (high << np.uint64(16)) | (low >> np.uint64(48))
                    low = (low << np.uint64(16)) | part
                    groups += 1
            i = end
            break
        if digits < 1 or digits > 4:
            return False, none, none
        if gap:
            tail_high = (tail_high << np.uint64(16)) | (tail_low >> np.uint64(48))
            tail_low = (tail_low << np.uint64(16)) | value
            tail += 1
        else:
            high = (high << np.uint64(16)) | (low >> np.uint64(48))
            low = (low << np.uint64(16)) | value
            groups += 1
        if groups + tail > 8:
            return False, none, none
        if i < end:
            if data[i] != 58 or i + 1 == end:
                return False, none, none
            i += 1
            if data[i] == 58:
                if gap:
                    return False, none, none
                gap = True
                i += 1
    if (gap and groups + tail > 7) or (not gap and groups != 8):
        return False, none, none
    if gap:
        for _ in range(8 - groups):
            high = (high << np.uint64(16)) | (low >> np.uint64(48))
            low = low << np.uint64(16)
        high |= tail_high
        low |= tail_low
    return True, high, low
