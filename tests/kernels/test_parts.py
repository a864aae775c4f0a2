"""Compiling once, together: nothing is lost on the way, and numba and Python are left as they were."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest

from pcapscan.kernels import JIT, Image, allocating_helper, helper, inlined
from pcapscan.kernels.image import parse

pytestmark = pytest.mark.skipif(not JIT, reason="NUMBA_DISABLE_JIT is set: nothing is compiled")


@helper
def low(a, i):
    return a[i] + 1


@helper
def middle(a, i):
    return low(a, i) * 2 + low(a, i + 1)


@inlined
def high(a, i):
    return middle(a, i) - low(a, i)


@allocating_helper
def copied(a):
    out = np.empty(len(a), np.int64)
    for i in range(len(a)):
        out[i] = middle(a, i) if i + 1 < len(a) else high(a, i - 1)
    return out


def reaches(a):
    return high(a, 0) + middle(a, 1) + low(a, 2) + copied(a).sum()


def mixed(a, share, wide, out):
    out[0] = a[0] + share
    out[1] = a[1] / 3
    out[2] = a[0] % 3 + a[1] // 2 - a[2]
    out[3] = int(wide > np.uint64(5)) + int(a[2] < 0)
    out[4] = min(a[0], a[1]) + max(share, 1.5)
    out[5] = (a[0] << 3) ^ (a[1] & 5) | int(share)
    out[6] = 1.0 if 2 <= a[0] <= 9 else 0.0


def fails(a):
    return a.no_such_thing


def test_what_is_reached_on_several_ways_is_there_and_the_same(tmp_path):
    made = Image(reaches, parse("int64(int64[::1])", {}), lambda: tmp_path, counting=True)
    a = np.array([3, 5, 7, 11], np.int64)
    assert made(a) == reaches(a)


def test_an_operator_is_not_remembered_for_other_numbers(tmp_path):
    made = Image(mixed, parse("void(int64[::1], float64, uint64, float64[::1])", {}), lambda: tmp_path)
    a, told, expected = np.array([7, 9, -4], np.int64), np.zeros(7), np.zeros(7)
    made(a, 2.25, 2**63, told)
    mixed(a, 2.25, np.uint64(2**63), expected)
    assert told.tolist() == expected.tolist()


@pytest.mark.parametrize("function", [reaches, fails])
def test_numba_and_the_collector_are_left_as_they_were(tmp_path, function):
    from numba.core.types.functions import BaseFunction

    before = BaseFunction.get_call_type, gc.get_threshold()
    made = Image(function, parse("int64(int64[::1])", {}), lambda: tmp_path, counting=True)
    if function is fails:
        with pytest.raises(Exception, match="no_such_thing"):
            made(np.ones(4, np.int64))
    else:
        made(np.ones(4, np.int64))
    assert (BaseFunction.get_call_type, gc.get_threshold()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no getrusage")
def test_no_depth_of_calls_asks_the_system_for_memory_at_every_call():
    import resource

    from pcapscan.kernels.parts import with_room

    def leaf():
        return 0

    leaf.__code__ = leaf.__code__.replace(co_stacksize=300)  # a frame of some size, which does not fit in what a chunk has left

    def dig(depth):
        if depth:
            return dig(depth - 1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(500):
            leaf()
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    assert with_room(lambda: max(dig(depth) for depth in range(400))) < 100
    if sys.version_info < (3, 12):
        assert max(dig(depth) for depth in range(400)) >= 500  # what the room is for
