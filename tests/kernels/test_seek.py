"""The next byte of a kind: compiled and as it is written, against bytes one by one, at every length around the widths."""

import random

import numpy as np
import pytest

from pcapscan.kernels import JIT, next_either, next_like, next_under


@pytest.fixture(scope="module", params=["written", "compiled"])
def seek(request):
    if request.param == "written":
        return next_like, next_either, next_under
    if not JIT:
        pytest.skip("nothing is compiled")
    from pcapscan.kernels.build import dispatcher

    return tuple(dispatcher(function) for function in (next_like, next_either, next_under))


def cases():
    chance = random.Random(4)
    for n in [*range(36), 47, 48, 63, 64, 65, 79, 80, 81, 127, 128, 129, 200]:
        for _ in range(6):
            data = bytearray(chance.choices([7, 9, 200, 255], [6, 1, 6, 6], k=n))
            data = bytearray(200 if c in (7, 9) and chance.random() < 0.95 else c for c in data)
            # behind the end stands what is looked for
            yield bytes(data), chance.choice([0, 0, 0, n // 2, max(n - 1, 0), n, -3])


def first(data, i, wanted):
    return next((k for k in range(max(i, 0), len(data)) if wanted(data[k])), -1)


def test_first_of_its_kind_is_found_and_nothing_behind_the_end(seek):
    like, either, under = seek
    found = set()
    for data, i in cases():
        b = np.frombuffer(data + bytes([7, 9] * 40), np.uint8)
        n = len(data)
        assert like(b, n, i, 7) == first(data, i, lambda c: c == 7)
        assert either(b, n, i, 7, 9) == first(data, i, lambda c: c in (7, 9))
        assert under(b, n, i, 10) == first(data, i, lambda c: c < 10)
        found.add(like(b, n, i, 7) >= 0)
    assert found == {True, False}


def test_bytes_are_compared_without_a_sign(seek):
    like, either, under = seek
    b = np.array([255] * 20 + [128, 31], np.uint8)
    assert under(b, 22, 0, 32) == 21 and under(b, 22, 0, 200) == 20
    assert like(b, 22, 0, 128) == 20 and either(b, 22, 0, 255, 1) == 0


def test_head_at_the_end_of_its_array_is_not_read_past(seek):
    for function, wanted in zip(seek, ((7,), (7, 9), (3,)), strict=True):
        for n in (1, 15, 16, 17, 63, 64, 65):
            assert function(np.full(n, 200, np.uint8), n, 0, *wanted) == -1
