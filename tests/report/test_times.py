"""Times as text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.report.times import rfc3339, span


@given(st.integers(-(10**18), 9 * 10**18))
@settings(max_examples=100, deadline=None)
def test_every_nanosecond_is_kept(ns):
    text = rfc3339(ns)
    assert text is not None
    whole, rest = text[:-1].split(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    assert round(moment.timestamp()) * 10**9 + int(rest) == ns


def test_times_out_of_range_are_no_crash():
    assert rfc3339(None) is None
    assert rfc3339(2**63 - 1) is not None
    assert rfc3339(10**30) is None
    assert rfc3339(-(10**30)) is None


def test_spans_in_the_unit_of_a_person():
    assert [span(s) for s in (0.5, 60, 3600, 7200, 86_400 * 3)] == ["500 ms", "60 s", "60 min", "2 h", "3 days"]
