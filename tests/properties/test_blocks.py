"""Where a block ends changes no answer; nor does the number of threads, nor the order of the inputs."""

from __future__ import annotations

import random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pcapscan.pipeline import Run, Settings, scan

CASES = ("quiet-ordinary", "moved-mail", "moved-quic", "t1571-3-rdp-33890", "moved-calls")


def sorted_rows(frame):
    return frame.sort("source", "number", "first")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [331, 2_000, 4_099, 65_537])
def test_a_block_boundary_anywhere_changes_nothing(corridor, case, size):
    path = corridor.capture(case)
    expected = sorted_rows(corridor.rows(path))
    corridor.blocks(size)
    assert_frame_equal(sorted_rows(corridor.rows(path)), expected)


@pytest.mark.parametrize("jobs", [2, 3])
def test_threads_change_not_a_byte(corridor, jobs):
    paths = [corridor.capture(case) for case in CASES]
    assert corridor.written(*paths, jobs=jobs) == corridor.written(*paths, jobs=1)


def test_twice_is_the_same_bytes(corridor):
    assert corridor.written(corridor.captures, jobs=2) == corridor.written(corridor.captures, jobs=2)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_inputs_changes_no_flow(corridor, seed):
    paths = [corridor.capture(case) for case in CASES]
    mixed = random.Random(seed).sample(paths, len(paths))
    assert_frame_equal(sorted_rows(corridor.rows(*mixed)), sorted_rows(corridor.rows(*paths)))


def test_the_order_of_the_inputs_changes_no_finding(corridor):
    paths = [str(corridor.capture(case)) for case in CASES]

    def found(these):
        report = scan(Run(these, Settings(digest=False, jobs=1)))
        return sorted((f.id, f.severity, round(f.score, 6), f.connections, f.period_s) for f in report.findings)

    assert found(paths[::-1]) == found(paths)
    assert found(paths)


def test_an_input_named_twice_is_read_once(corridor):
    path = corridor.capture("moved-mail")
    assert_frame_equal(corridor.rows(path, path), corridor.rows(path))


def test_flows_of_many_inputs_are_the_flows_of_each(corridor):
    paths = [corridor.capture(case) for case in CASES]
    each = pl.concat([corridor.rows(path) for path in paths])
    assert_frame_equal(sorted_rows(corridor.rows(*paths)), sorted_rows(each))
