"""Indented or not, the writer of JSON writes what Python's own does, and null where a number is none."""

import datetime
import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from pcapscan.report.strict_json import dumps

TEXTS = st.text(st.characters(codec=None) | st.sampled_from('é\u2028\U0001f600\ud800\udc00\x7f\x00"\\'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)


def with_numbers_as(kind, value):
    """A value in which each number with a fraction is something else."""
    if isinstance(value, dict):
        return {key: with_numbers_as(kind, item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_numbers_as(kind, item) for item in value]
    return kind(value) if isinstance(value, float) else value


@given(VALUES)
def test_a_line_is_what_json_writes(value):
    assert dumps(value) == json.dumps(value)


@given(VALUES)
def test_what_is_indented_says_what_json_says(value):
    """By value, and of one type: numbers with a fraction may be spelled another way (1e-5 and 1e-05)."""
    written = dumps(value, indented=True)
    assert written.isascii()
    assert repr(json.loads(written)) == repr(json.loads(json.dumps(value)))


@given(VALUES)
def test_what_is_indented_is_spelled_as_json_spells_it(value):
    """All but the numbers with a fraction: line breaks, spaces, escapes and order, to the letter."""
    value = with_numbers_as(int, value)
    assert dumps(value, indented=True) == json.dumps(value, indent=2)


@given(VALUES)
def test_numbers_of_numpy_are_numbers(value):
    assert dumps(with_numbers_as(np.float64, value), indented=True) == dumps(value, indented=True)


@pytest.mark.parametrize("indented", (False, True))
@pytest.mark.parametrize("beside", (0, 2**64, "\ud800"))
@pytest.mark.parametrize("kind", (float, np.float64))
@pytest.mark.parametrize("number", ("nan", "inf", "-inf"))
def test_a_number_that_is_none_is_null_wherever_it_lies(number, kind, beside, indented):
    number = kind(number)
    value = {"a": number, "b": [1.5, {"c": number, "d": []}], "e": (number,), "f": beside}
    assert json.loads(dumps(value, indented)) == {"a": None, "b": [1.5, {"c": None, "d": []}], "e": [None], "f": beside}


class Record(Struct):
    """What somebody forgot to make a dict of."""

    a: int = 1


@dataclass
class Foreign:
    """The same, not of this package."""

    a: int = 1


UNKNOWN = (object(), Record(), Foreign(), datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), np.int64(1), {1}, b"")


@pytest.mark.parametrize("indented", (False, True))
@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda u: type(u).__name__)
def test_what_json_does_not_know_is_refused(unknown, indented):
    with pytest.raises(TypeError):
        dumps({"a": [unknown], "b": {"c": {}}}, indented)
