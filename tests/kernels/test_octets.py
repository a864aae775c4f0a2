"""Bytes are read through helpers that never see a neighbour's byte; the compiled helper is its own source."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.kernels import JIT, be16, be24, be32, build, le16, le24, le32, lit, lit_nocase, u8

READERS = [
    (u8, 1, "big"),
    (be16, 2, "big"),
    (be24, 3, "big"),
    (be32, 4, "big"),
    (le16, 2, "little"),
    (le24, 3, "little"),
    (le32, 4, "little"),
]


def slow(data: bytes, n: int, i: int, width: int, order: str) -> int:
    """What a reader must answer, spelled out."""
    return int.from_bytes(data[i : i + width], order) if i >= 0 and i + width <= n else -1  # type: ignore[arg-type]


@cache
def compiled(function):
    """A helper as kernels have it."""
    return build.dispatcher(function) if JIT else function


@pytest.mark.parametrize(("read", "width", "order"), READERS, ids=lambda v: getattr(v, "__name__", None) or str(v))
@given(data=st.binary(max_size=12), back=st.integers(0, 12), i=st.integers(-5, 14))
@settings(max_examples=30, deadline=None)
def test_nothing_is_read_past_the_end(read, width, order, data, back, i):
    n = max(len(data) - back, 0)  # a head lies in an arena: behind its end are a neighbour's bytes
    expected = slow(data, n, i, width, order)
    assert int(read(np.frombuffer(data, np.uint8), n, i)) == expected
    assert int(compiled(read)(np.frombuffer(data, np.uint8), n, i)) == expected


@pytest.mark.parametrize(("read", "width", "order"), READERS, ids=lambda v: getattr(v, "__name__", None) or str(v))
def test_the_highest_bit_makes_nothing_negative(read, width, order):
    data = np.full(8, 255, np.uint8)
    assert int(read(data, 8, 0)) == 256**width - 1
    assert int(compiled(read)(data, 8, 0)) == 256**width - 1


@pytest.mark.parametrize("i", [2**31 - 1, 2**40, -(2**31), -(2**40)])
@pytest.mark.parametrize("read", [r for r, _, _ in READERS], ids=lambda r: getattr(r, "__name__", str(r)))
def test_an_absurd_offset_answers_minus_one(read, i):
    assert int(read(np.zeros(4, np.uint8), 4, i)) == -1


@given(word=st.binary(min_size=1, max_size=6), before=st.binary(max_size=4), after=st.binary(max_size=4), cut=st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_a_word_counts_only_where_it_ends_before_the_end(word, before, after, cut):
    data = np.frombuffer(before + word + after, np.uint8)
    word_array = np.frombuffer(word, np.uint8)
    i, n = len(before), max(len(before) + len(word) - cut, 0)
    assert bool(lit(data, n, i, word)) == (cut == 0)
    assert bool(compiled(lit)(data, n, i, word_array)) == (cut == 0)
    assert not compiled(lit)(data, len(data), -1, word_array)


@given(st.text(alphabet="aAzZ[@`{09", min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_case_is_ignored_for_letters_alone(text):
    data, word = np.frombuffer(text.encode(), np.uint8), np.frombuffer(text.lower().encode(), np.uint8)
    assert compiled(lit_nocase)(data, len(data), 0, word)
    assert lit_nocase(data, len(data), 0, text.lower().encode())
    assert not compiled(lit_nocase)(data, len(data) - 1, 0, word)


def test_a_bracket_is_no_letter():
    assert not lit_nocase(np.frombuffer(b"[", np.uint8), 1, 0, np.frombuffer(b"{", np.uint8))
    assert not lit_nocase(np.frombuffer(b"@", np.uint8), 1, 0, np.frombuffer(b"`", np.uint8))
