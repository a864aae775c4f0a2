"""A finding is refused unless its score is the sum of its reasons."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.findings import SCHEMA, SEVERITIES, Coverage, Finding, Reason, ReportDocument


def finding(points, score, severity="high"):
    return Finding(
        id="f", severity=severity, score=score, kind="port", title="t", orig_h="10.0.0.1", resp_h="192.0.2.1", resp_p=443, transport="tcp",
        protocol="ssh", verdict="wrong_protocol", attempt=False, expected_ports=(22,), server_name=None, connections=1, first_ns=0, last_ns=1,
        orig_bytes=1, resp_bytes=1, reasons=tuple(Reason("pair", "ssh", p, "because") for p in points),
    )  # fmt: skip


@given(st.lists(st.floats(-50, 50, allow_nan=False), max_size=12))
@settings(max_examples=50, deadline=None)
def test_the_sum_of_the_reasons_is_the_score(points):
    assert finding(points, sum(points)).score == sum(points)


@given(st.lists(st.integers(-50, 50), max_size=6), st.floats(0.001, 50) | st.floats(-50, -0.001))
@settings(max_examples=50, deadline=None)
def test_any_other_score_is_refused(points, off):
    with pytest.raises(ValueError, match="not the sum of its reasons"):
        finding(points, sum(points) + off)


def test_a_score_without_a_reason_is_refused():
    with pytest.raises(ValueError, match="not the sum"):
        finding([], 10.0)


def test_a_nan_is_no_score():
    with pytest.raises(ValueError, match="not the sum"):
        finding([10.0], float("nan"))


def test_an_unknown_severity_is_refused():
    with pytest.raises(ValueError, match="no such severity"):
        finding([1.0], 1.0, "urgent")


def test_severities_rise():
    assert SEVERITIES == ("info", "low", "medium", "high", "critical")


def test_answers_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        finding([1.0], 1.0).score = 2.0  # type: ignore[misc]


def test_a_report_says_its_schema():
    assert ReportDocument({}, {}, (), Coverage(0, 0, 0), ()).schema == SCHEMA
    assert SCHEMA.startswith("pcapscan.report/")
