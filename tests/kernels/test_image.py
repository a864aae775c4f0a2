"""Kernels as machine code: what they are given is checked, what lies in the cache is checked, and numba is not asked for."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from pcapscan.kernels import JIT, Image, allocating_helper, helper, image, u8
from pcapscan.kernels.image import parse

PAIR = np.dtype([("a", "<i8"), ("b", "<u2")], align=True)

needs_code = pytest.mark.skipif(not JIT, reason="NUMBA_DISABLE_JIT is set: there is no machine code")


@allocating_helper
def scratch(n):
    return np.zeros(n)


@helper
def plus(a, b):
    return a + b


def everything(b, n, share, wide, whole, pairs, out):
    total = 0
    room = scratch(n)
    for i in range(n):
        total = plus(total, u8(b, n, i))
        room[i] = total * share
    for i in range(n):
        out[0, i] = room[i]
    for i in range(len(pairs)):
        pairs[i]["a"] = pairs[i]["b"] + 1
    return total, -n, int(whole) + int(wide >> np.uint64(63))


SIGNATURE = "(int64, int64, int64)(uint8[::1], int64, float64, uint64, boolean, PAIR[::1], float64[:, ::1])"


@pytest.fixture
def made(tmp_path):
    return Image(everything, parse(SIGNATURE, {"PAIR": PAIR}), lambda: tmp_path, counting=True)


def arguments():
    return np.arange(250, 256, dtype=np.uint8), 6, 0.5, np.uint64(2**63), True, np.zeros(3, PAIR), np.zeros((1, 6))


@needs_code
def test_it_does_what_its_source_does(made):
    mine, plain = arguments(), arguments()
    assert made(*mine) == everything(*plain) == (1515, -6, 2)
    for a, b in zip(mine, plain, strict=True):
        assert np.array_equal(a, b)


def test_a_signature_says_what_is_taken():
    signature = parse("int64(uint8[::1], float64, PAIR[::1], boolean[:, ::1])", {"PAIR": PAIR})
    assert [(a.kind, a.dims) for a in signature.arguments] == [("", 1), ("float64", 0), ("", 1), ("", 2)]
    assert signature.arguments[2].dtype is PAIR
    assert (signature.slots, signature.results) == (2 + 1 + 2 + 3 + 1, 1)
    assert parse("void()", {}).slots == 0
    with pytest.raises(ValueError, match="complex128"):
        parse("void(complex128)", {})


@needs_code
@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, np.zeros(6, np.int8)), (0, np.zeros((6, 1), np.uint8)), (0, np.zeros(12, np.uint8)[::2]), (0, b"bytes"),
        (5, np.zeros(3, [("a", "<i8"), ("b", "<u4")])), (6, np.zeros((1, 6), np.float32)), (6, np.zeros((6, 2)).T),
    ],
)  # fmt: skip
def test_what_it_would_read_as_something_else_is_refused(made, place, value):
    given = list(arguments())
    given[place] = value
    with pytest.raises(TypeError, match="everything takes"):
        made(*given)


@needs_code
@pytest.mark.parametrize("lasting", [False, True])
def test_an_array_that_is_gone_is_not_taken_for_the_next(tmp_path, lasting):
    made = Image(everything, parse(SIGNATURE, {"PAIR": PAIR}), lambda: tmp_path, counting=True, lasting=lasting)
    for n in range(200):
        b, _, *more = arguments()
        b[:] = n
        out = np.zeros((1, 6 + n))
        assert made(b, 6, *more[:-1], out)[0] == 6 * n and out[0, 5] == 3 * n
        if n % 3:
            assert made(b, 3, *more[:-1], out)[0] == 3 * n
    del b, out
    with pytest.raises(TypeError, match="NoneType"):
        made(None, *arguments()[1:])


@needs_code
def test_an_array_that_was_resized_is_looked_up_again(made):
    b, n, *more = arguments()
    out = np.zeros((1, 6))
    made(b, n, *more[:-1], out)
    out.resize((1, 1 << 20), refcheck=False)
    out[:] = 0
    made(b, n, *more[:-1], out)
    assert out[0, 5] == 1515 / 2


@needs_code
def test_too_few_arguments_are_refused(made):
    with pytest.raises(TypeError, match="7 arguments"):
        made(*arguments()[:-1])


@needs_code
@pytest.mark.parametrize(
    "harm", [lambda b: b[:-1], lambda b: b"", lambda b: b.replace(b"{", b"[", 1), lambda b: b[:-9] + bytes(255 - x for x in b[-9:])]
)
def test_a_harmed_image_is_made_anew_not_run(made, harm):
    made(*arguments())
    whole = made.path.read_bytes()
    made.path.write_bytes(harm(whole))
    assert image.read(made.path) is None
    again = Image(everything, made.signature, made._folder, counting=True)
    assert again(*arguments())[0] == 1515
    assert image.read(made.path) is not None


@needs_code
def test_a_cache_that_cannot_be_written_to_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    made = Image(everything, parse(SIGNATURE, {"PAIR": PAIR}), lambda: tmp_path / "file" / "room", counting=True)
    assert made(*arguments())[0] == 1515


@needs_code
def test_a_warm_run_does_without_numba():
    code = "import sys, numpy as np; from pcapscan.flows import addresses; print(addresses(np.zeros(1, np.uint64), np.ones(1, np.uint64))); print('numba' in sys.modules)"
    for _ in range(2):
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ, timeout=120).stdout
    assert said.split() == ["['::1']", "False"]
