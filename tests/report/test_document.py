"""The machine's forms: keys of the contract, valid to a strict reader, harmless, and the same bytes twice."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pcapscan.errors import UsageError
from pcapscan.report import FORMS, render

TOP = ("schema", "tool", "inputs", "coverage", "findings", "suppressed")
INPUT = {"path", "sha256", "size", "kind", "first", "last", "records", "skipped", "errors"}
FINDING = {
    "id", "severity", "score", "orig_h", "resp_h", "resp_p", "transport", "protocol", "verdict", "server_name", "period_s", "connections", "process",
    "techniques", "reasons",
}  # fmt: skip
REASON = {"measure", "value", "points", "text", "evidence"}


def strict(text):
    """JSON as a reader that keeps to RFC 8259 takes it: no NaN, no key twice."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    def once(pairs):
        assert len({k for k, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def test_json_has_the_keys_of_the_contract(reports):
    document = strict(render(reports.hostile(), "json"))
    assert set(TOP) <= set(document)
    assert document["schema"] == "pcapscan.report/1"
    assert all(set(i) >= INPUT for i in document["inputs"])
    assert all(set(f) >= FINDING for f in document["findings"])
    assert all(set(r) >= REASON for f in document["findings"] for r in f["reasons"])


def test_scores_are_the_sums_of_the_reasons_as_written(reports):
    for finding in strict(render(reports.hostile(), "json"))["findings"]:
        assert finding["score"] == pytest.approx(sum(r["points"] for r in finding["reasons"]))


def test_times_keep_all_nine_digits(reports):
    finding = strict(render(reports.hostile(), "json"))["findings"][0]
    assert (finding["first"], finding["last"]) == ("2023-11-14T22:13:20.123456789Z", "2023-11-14T22:23:20.000000001Z")


def test_absence_is_null_not_a_word(reports):
    document = strict(render(reports.hostile(), "json"))
    assert document["inputs"][1]["first"] is None
    assert document["findings"][1]["period_s"] is None
    assert document["findings"][1]["server_name"] is None


def test_json_gives_wire_text_back_as_it_was(reports):
    facts = strict(render(reports.hostile(), "json"))["findings"][0]["facts"]
    assert facts["user_agent"] == f"@SUM(1)\r\nX{reports.esc}"
    assert facts["sni"] == reports.bidi


def test_json_is_seven_bit_so_that_no_terminal_obeys_it(reports):
    for form in ("json", "ndjson", "ecs"):
        text = render(reports.hostile(), form)
        assert text.isascii()
        assert "\x1b" not in text


def test_ndjson_is_one_finding_a_line(reports):
    document = reports.hostile()
    lines = render(document, "ndjson").splitlines()
    assert [strict(line)["id"] for line in lines] == [f.id for f in document.findings]
    assert render(document, "ndjson").endswith("\n")


def test_csv_has_one_row_a_finding_and_keeps_its_columns(reports):
    rows = list(csv.reader(io.StringIO(render(reports.hostile(), "csv"))))
    assert len(rows) == 1 + 3
    assert {len(row) for row in rows} == {len(rows[0])}
    assert set(rows[0]) >= FINDING


def test_no_cell_is_a_formula(reports):
    rows = list(csv.DictReader(io.StringIO(render(reports.hostile(), "csv"))))
    numbers = {"score", "period_s", "jitter", "missed", "false_alarm", "resp_p", "connections", "orig_bytes", "resp_bytes"}
    for row in rows:
        for name, cell in row.items():
            assert name in numbers or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
            assert cell.isprintable(), (name, cell)
    assert rows[0]["server_name"] == "'=cmd|' /C calc'!A0"
    assert rows[0]["reasons"].startswith("'+35 ")


@pytest.mark.parametrize("form", FORMS)
def test_the_same_report_gives_the_same_bytes(reports, form):
    assert render(reports.hostile(), form) == render(reports.hostile(), form)


@pytest.mark.parametrize("form", FORMS)
def test_no_findings_still_is_a_valid_answer(reports, form):
    text = render(reports.of(()), form)
    if form == "json":
        assert strict(text)["findings"] == []
        assert strict(text)["coverage"]["packets"] == 12_345
    elif form == "csv":
        assert text.count("\n") == 1
    elif form == "table":
        assert "0 findings" in text
    else:
        assert text == ""


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("form", ["json", "ndjson", "ecs"])
def test_a_number_that_is_none_does_not_break_json(reports, form, value):
    document = reports.of((reports.finding(1, period_s=value, jitter=value, facts={"entropy": value}),), suppressed=())
    for text in [render(document, form)] if form == "json" else render(document, form).splitlines():
        strict(text)


def test_what_was_suppressed_is_in_the_document_with_its_rule(reports):
    hidden = strict(render(reports.hostile(), "json"))["suppressed"]
    assert [(h["rule"], h["why"], h["owner"], h["expires"]) for h in hidden] == [("backup-ssh", "the backup server", "ops", "2027-01-01")]
    assert set(hidden[0]["finding"]) >= FINDING


def test_a_form_that_is_none_says_which_there_are(reports):
    with pytest.raises(UsageError, match="ndjson"):
        render(reports.of(()), "xml")
