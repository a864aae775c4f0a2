from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.kernels import wide
from pcapscan.kernels.build import dispatcher

CHARACTERS = np.frombuffer(b"0123456789.\t\n-/:\x00\xff", np.uint8)


def plain(data, at, byte):
    mask = wide.many_like(data, at, byte)
    return (
        wide.eight(data, at), wide.sixteen_digits(data, at), wide.sixteen_like(data, at, byte),
        wide.sixteen_under(data, at, byte), mask, wide.lowest(mask), wide.bits(mask),
    )  # fmt: skip


compiled = dispatcher(plain)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 70), st.sampled_from([9, 10, 46, 0, 255]))
def test_what_kernels_get_is_what_plain_python_says(seed, at, byte):
    data = np.random.default_rng(seed).choice(CHARACTERS, 140)
    assert [int(v) for v in compiled(data, at, np.uint8(byte))] == [int(v) for v in plain(data, at, byte)]


def test_of_no_bit_the_lowest_is_behind_all():
    data = np.full(64, 65, np.uint8)
    assert [int(v) for v in compiled(data, 0, np.uint8(9))[4:]] == [0, 64, 0]
