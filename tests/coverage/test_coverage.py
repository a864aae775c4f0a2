"""All 53 procedure examples of T1571 that name a port are found, and ordinary traffic stays below medium."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

calibrate = pytest.importorskip("calibrate")

from cases import rows, twins  # noqa: E402 - lies beside this file

from pcapscan.knowledge import load  # noqa: E402

MEDIUM = load().number("band.medium")


@pytest.fixture(scope="module")
def packets(tmp_path_factory):
    return calibrate.run(rows(load()), tmp_path_factory.mktemp("rows"), zeek=False)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return calibrate.run(twins(), tmp_path_factory.mktemp("twins"), zeek=False)


def test_every_row_is_found_with_the_right_verdict(packets):
    lost = [o.case.id for o in packets if not calibrate.found(o, zeek=False)]
    assert len(packets) == 53 and not lost


def test_no_ordinary_kind_reaches_medium(quiet):
    loud = {o.case.id: o.score for o in quiet if o.score >= MEDIUM}
    assert len(quiet) >= 60 and not loud


def test_rows_lie_above_the_95th_percentile_of_the_ordinary(packets, quiet):
    assert min(o.score for o in packets) > calibrate.percentile([o.score for o in quiet], 0.95)


def test_rows_are_found_without_knowing_the_campaign(packets):
    """The corpus knows the campaigns' ports; most of the score must not come from that."""
    assert sum(calibrate.unaided(o) >= MEDIUM for o in packets) >= 45


def test_same_seed_same_bytes(tmp_path):
    import wire

    case = rows(load())[0]
    again = rows(load())[0]
    for name, c in (("a", case), ("b", again)):
        wire.write_pcap(tmp_path / name, list(c.talks), 1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_rows_from_conn_log_alone(tmp_path):
    outcomes = calibrate.run(rows(load()), tmp_path, zeek=True)
    if not any(o.findings for o in outcomes):
        pytest.skip("the pipeline does not read Zeek logs yet")
    assert sum(calibrate.found(o, zeek=True) for o in outcomes) >= 48


def test_ordinary_kinds_from_conn_log_stay_below_medium(tmp_path):
    loud = {o.case.id: o.score for o in calibrate.run(twins(), tmp_path, zeek=True) if o.score >= MEDIUM}
    assert not loud
