"""The quick writer of indented JSON writes what Python's own does, and null where a number is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapscan.report.strict_json import dumps

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(VALUES, st.sampled_from((None, 1, 2, 4)))
def test_it_writes_what_json_writes(value, indent):
    assert dumps(value, indent) == json.dumps(value, indent=indent)


@pytest.mark.parametrize("indent", (None, 2))
@pytest.mark.parametrize("number", (float("nan"), float("inf"), float("-inf")))
def test_a_number_that_is_none_is_null_wherever_it_lies(number, indent):
    value = {"a": number, "b": [1.5, {"c": number, "d": []}], "e": (number,)}
    assert json.loads(dumps(value, indent)) == {"a": None, "b": [1.5, {"c": None, "d": []}], "e": [None]}


@pytest.mark.parametrize("indent", (None, 2))
def test_what_json_does_not_know_is_refused(indent):
    with pytest.raises(TypeError):
        dumps({"a": [object()], "b": {"c": {}}}, indent)
