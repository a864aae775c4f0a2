"""The readers that look at many bytes at once say what those that look at one say, wherever a value stands and whatever is beside it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pcapscan.kernels.build import dispatcher
from pcapscan.read import zeek_values as zv

FAST = settings(max_examples=300, deadline=None)
BESIDE = st.sampled_from([b"\t", b"\n", b"0", b"9", b".", b"\xff", b"\x00", b"-", b"1.1.1.1\t"])
DIGITS = st.text("0123456789", min_size=0, max_size=12)


@dispatcher
def read(data, at, size):
    return (
        zv.read_count(data, at, size), zv._any_count(data, at, size), zv.read_seconds(data, at, size), zv._any_seconds(data, at, size),
        zv.read_time(data, at, size), zv._any_time(data, at, size), zv.read_address(data, at, size), zv._any_address(data, at, size),
    )  # fmt: skip


def both(word: bytes, before: bytes, after: bytes):
    """Every reader's answer with and without its short way; the same word in the middle of the bytes and at their very end."""
    answers = []
    for tail in (after * 40, b""):
        data = np.frombuffer(before + word + tail, np.uint8).copy()
        found = read(data, len(before), len(word))
        for short, long in zip(found[::2], found[1::2], strict=True):
            assert short[0] == long[0], word
            assert not short[0] or short == long, word
        answers.append([f if f[0] else (False,) for f in found[::2]])
    assert answers[0] == answers[1], word
    return answers[0]


@FAST
@given(DIGITS, st.sampled_from(["", ".", ".0", ".00", "."]), DIGITS, BESIDE, BESIDE)
@example("8999999999", ".", "999999999", b"\t", b"9")
@example("9000000000", ".", "0", b"\t", b"0")
@example("12345678", "", "", b"9", b"9")
@example("", ".", "5", b"1", b"1")
def test_numbers(whole, point, rest, before, after):
    count, seconds, _, _ = both((whole + point + rest).encode(), before, after)
    if point == "" and whole and len(whole + rest) < 16:
        assert count == (True, int(whole + rest))
    if point == "." and 0 < len(whole) < 9 and 0 < len(rest) < 10:
        assert seconds == (True, int(Decimal(f"{whole}.{rest}") * 10**9))


@FAST
@given(st.lists(st.integers(0, 300) | st.sampled_from([0, 9, 10, 99, 100, 255, 256, 999]), min_size=1, max_size=5), BESIDE, BESIDE)
def test_addresses(parts, before, after):
    word = ".".join(map(str, parts))
    address = both(word.encode(), before, after)[3]
    assert address[0] == (len(parts) == 4 and max(parts) < 256)
    if address[0]:
        assert int(address[2]) == 0xFFFF_0000_0000 | sum(p << (24 - 8 * i) for i, p in enumerate(parts))


@FAST
@given(st.text("0123456789.:-eT", max_size=20), BESIDE, BESIDE)
def test_junk(word, before, after):
    both(word.encode(), before, after)


@pytest.mark.parametrize("word", ["1.2.3", "1.2.3.4.5", "1..2.3", ".1.2.3", "1.2.3.", "1.2.3.1234", "1.2.3.a", "01.2.3.4", "1.2.3.4 "])
def test_what_is_no_quad_is_no_address_either_way(word):
    found = both(word.encode(), b"\t", b"\t")[3]
    assert found[0] == (word == "01.2.3.4"), "leading zeros are read as decimal, as before"
