"""Names from the wire, made harmless for where they go, and never lost."""

from __future__ import annotations

import csv
import io
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.report.escape import for_csv, for_terminal

ANY = st.text(st.characters(), max_size=30)  # surrogates, too: that is what undecodable bytes become


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_nothing_that_a_terminal_obeys_is_left(text):
    out = for_terminal(text)
    assert not [c for c in out if unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp")]
    out.encode("utf-8")


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_what_prints_is_kept(text):
    kept = [c for c in text if unicodedata.category(c)[0] not in "CZ" or c == " "]
    out = iter(for_terminal(text))
    assert all(c in out for c in kept)


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_no_cell_begins_as_a_formula(text):
    cell = for_csv(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert next(csv.reader(io.StringIO(",".join(['"' + cell.replace('"', '""') + '"', "x"])))) == [cell, "x"]


def test_plain_names_stay_as_they_are():
    for text in ("example.org", "Mozilla/5.0 (X11; Linux)", "bücher.example", "例え.jp", ""):
        assert for_terminal(text) == text
        assert for_csv(text) == text


def test_direction_overrides_and_zero_widths_are_shown():
    assert for_terminal("a\u202eb\u200bc\u2028d") == "a\\u202eb\\u200bc\\u2028d"
    assert for_terminal("\x9b31m") == "\\x9b31m"
    assert for_terminal("\udc80") == "\\udc80"
    assert for_terminal("\U000e0041") == "\\U000e0041"
