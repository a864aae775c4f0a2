"""Numbers of hashes: against a dict, over growth, with keys that are refused and keys that are crafted."""

import numpy as np
import pytest

from pcapscan.identify.hashing import SEED, mix
from pcapscan.identify.numbering import LEAST_SLOTS, NONE, Numbering, look_up


class Slow:
    """What a dict makes of it."""

    def __init__(self):
        self.known = {}

    def numbers(self, keys, make):
        out = []
        for row, key in enumerate(keys.tolist()):
            if key and key not in self.known:
                number = make(row)
                if number is not None:
                    self.known[key] = number
            out.append(self.known.get(key, NONE) if key else NONE)
        return np.array(out, np.int32)


class Maker:
    """Counts; refuses some, and has nothing to tell of others."""

    def __init__(self, keys):
        self.keys, self.asked = keys, []

    def __call__(self, row):
        key = int(self.keys[row])
        self.asked.append(key)
        return None if key % 7 == 0 else NONE if key % 11 == 0 else len(self.asked)


@pytest.mark.parametrize("distinct", [3, LEAST_SLOTS, 40 * LEAST_SLOTS])
def test_same_numbers_as_a_dict_gives(distinct):
    chance = np.random.default_rng(distinct)
    pool = chance.integers(1, 1 << 62, distinct)
    quick, slow = Numbering(), Slow()
    for _ in range(12):
        keys = np.where(chance.random(9000) < 0.2, 0, chance.choice(pool, 9000))
        one, other = Maker(keys), Maker(keys)
        assert np.array_equal(quick.numbers(keys, one), slow.numbers(keys, other))
        assert one.asked == other.asked  # each new one at its first row, in the order of rows


def test_what_is_known_is_not_asked_again():
    numbering = Numbering()
    keys = np.array([5, 0, 5, 9], np.int64)
    assert numbering.numbers(keys, Maker(keys)).tolist() == [1, NONE, 1, 2]
    assert numbering.numbers(keys, lambda row: pytest.fail("asked")).tolist() == [1, NONE, 1, 2]


def test_keys_that_fall_together_without_the_secret_do_not_with_it():
    """Names crafted so that all begin at one slot would make every look-up as long as their number."""
    slots = 1 << 14
    crafted = []
    k = 1
    while len(crafted) < 150:
        if mix(mix(SEED, k >> 31), k & 0x7FFFFFFF) & (slots - 1) < 64:
            crafted.append(k)
        k += 1
    numbering = Numbering()
    keys = np.array(crafted, np.int64)
    numbering.numbers(keys, Maker(keys))
    taken = np.flatnonzero(numbering._slots)
    runs = np.split(taken, np.flatnonzero(np.diff(taken) > 1) + 1)
    assert max(len(run) for run in runs) < 20


def test_two_identifiers_have_two_secrets():
    assert Numbering()._secret != Numbering()._secret


def test_unknown_keys_are_counted():
    out = np.empty(3, np.int32)
    slots, numbers = np.zeros(4, np.int64), np.zeros(4, np.int32)
    assert look_up(np.array([1, 0, 2], np.int64), 3, slots, numbers, out) == 2
    assert out.tolist() == [-2, -1, -2]
