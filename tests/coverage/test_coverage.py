"""All 53 procedure examples of T1571 that name a port are found, and ordinary traffic stays below medium."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

calibrate = pytest.importorskip("calibrate")

from cases import rows  # noqa: E402 - lies beside this file

from pcapscan.knowledge import load  # noqa: E402

MEDIUM = load().number("band.medium")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coverage")
    return {form: calibrate.Result.of(form, folder) for form in calibrate.FORMS}


@pytest.mark.parametrize(("form", "least"), [("packets", 53), ("logs", 53), ("conn", 48)])
def test_every_row_is_found_with_the_right_verdict(results, form, least):
    rows_ = results[form].rows
    lost = [o.case.id for o in rows_ if not calibrate.found(o, zeek=form != "packets")]
    assert len(rows_) == 53 and len(rows_) - len(lost) >= least, lost


@pytest.mark.parametrize("form", calibrate.FORMS)
def test_no_ordinary_kind_reaches_medium(results, form):
    loud = {o.case.id: o.score for o in results[form].twins if o.score >= MEDIUM}
    assert len(results[form].twins) >= 60 and not loud


@pytest.mark.parametrize("form", calibrate.FORMS)
def test_rows_lie_above_the_95th_percentile_of_the_ordinary(results, form):
    limit = calibrate.percentile([o.score for o in results[form].twins], 0.95)
    assert min(o.score for o in results[form].rows) > limit


def test_what_conn_log_alone_cannot_lift_has_the_right_verdict_and_is_lifted_by_the_other_logs(results):
    short = [o for o in results["conn"].rows if o.score < MEDIUM]
    for o in short:
        for place in o.case.places:
            assert place.zeek_verdict in {f.verdict for f in o.at(place.port, "tcp")}
    whole = {o.case.id: o.score for o in results["logs"].rows}
    assert len(short) <= 5 and all(whole[o.case.id] >= MEDIUM for o in short)


def test_rows_are_found_without_knowing_the_campaign(results):
    """The corpus knows the campaigns' ports; most of the score must not come from that."""
    assert sum(calibrate.unaided(o) >= MEDIUM for o in results["packets"].rows) >= 45


@pytest.mark.parametrize("form", calibrate.FORMS)
def test_critical_is_said_only_where_two_kinds_agree(results, form):
    """Each addend's kind, told anew from its measure: a critical row has two that alone weigh enough."""
    kinds = {"pair": "mismatch", "beacon": "time", "persistence": "time", "shell": "content", "entropy": "content", "upload": "content"}
    found = [f for o in (*results[form].rows, *results[form].twins) for f in o.findings]
    for f in (f for f in found if f.severity == "critical"):
        weight = {}
        for r in f.reasons:
            kind = "content" if r.measure.startswith(("tls_", "http_", "mark_")) else kinds.get(r.measure)
            weight[kind] = weight.get(kind, 0) + r.points
        weight.pop(None, None)
        assert sum(points >= 10 for points in weight.values()) >= 2, (f.title, weight)
        assert f.score >= 80


def test_the_page_is_what_the_run_says(results):
    assert calibrate.DOCUMENT.read_text() == calibrate.document(results), (
        "run: python tests/coverage/calibrate.py --write, and read the diff"
    )


def test_the_script_prints_the_separation(results):
    told = calibrate.separation("packets", False, results["packets"])
    assert "53 of 53 rows found" in told and "95th percentile" in told and "rows above" in told
    assert calibrate.between(results["packets"]) == 1.0


def test_same_seed_same_bytes(tmp_path):
    import wire

    case = rows(load())[0]
    again = rows(load())[0]
    for name, c in (("a", case), ("b", again)):
        wire.write_pcap(tmp_path / name, list(c.talks), 1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
