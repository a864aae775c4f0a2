"""What pcapscan says of every capture in captures/, computed once, beside what must be said."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pcapscan.findings import Finding, ReportDocument
from pcapscan.pipeline import Run, Settings, beacon_rows, flow_rows, scan
from pcapscan.report.frames import frame

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT / "captures"
CASES = sorted(p.parent.name for p in CAPTURES.glob("*/expected.toml"))

KNOWN: dict[str, dict[str, str]] = {}
"""Test to the places about which captures/ and the knowledge disagree, and why. Strict: when one side gives way, its line must go."""


@cache
def expected(case: str) -> dict[str, Any]:
    """The case's expected.toml."""
    return tomllib.loads((CAPTURES / case / "expected.toml").read_text())


def capture(case: str) -> Path:
    return next((CAPTURES / case).glob("capture.pcap*"))


def entries(test: str) -> list[Any]:
    """One parameter for each [[flow]] of each case; what is known to fail in this test is marked."""
    made, seen = [], {}
    for case in CASES:
        for entry in expected(case)["flow"]:
            name = f"{case}:{entry['transport']}-{entry['resp_p']}"
            seen[name] = seen.get(name, 0) + 1
            name = name if seen[name] == 1 else f"{name}-{seen[name]}"
            why = KNOWN.get(test, {}).get(name)
            made.append(pytest.param(case, entry, id=name, marks=[pytest.mark.xfail(strict=True, reason=why)] if why else []))
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``case`` is every case; ``case`` and ``entry`` every place of every case."""
    if {"case", "entry"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("case", "entry"), entries(metafunc.function.__name__))
    elif "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES)


def matches(entry: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a flow, a channel or a finding is of the place that an entry tells of."""
    ports = (row["resp_p"], row.get("orig_p")) if entry.get("either") else (row["resp_p"],)
    hosts = {row["orig_h"], row["resp_h"]} if entry.get("either") else {row["resp_h"]}
    return (
        row["transport"] == entry["transport"]
        and entry["resp_p"] in ports
        and ("resp_h" not in entry or entry["resp_h"] in hosts)
        and entry.get("orig_h", row["orig_h"]) == row["orig_h"]
    )


@dataclass(frozen=True)
class Golden:
    """Answers by case."""

    expected: Callable[[str], dict[str, Any]]
    flows: dict[str, list[dict[str, Any]]]
    report: Callable[[str], ReportDocument]
    beacons: Callable[[str], list[dict[str, Any]]]

    def rows(self, case: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
        """Flows of an entry; such without payload count only where the entry is of an attempt."""
        rows = [row for row in self.flows[case] if matches(entry, row)]
        spoke = [row for row in rows if (row["orig_bytes"] or 0) + (row["resp_bytes"] or 0)]
        return rows if entry["verdict"] == "none" else spoke

    def findings(self, case: str, entry: dict[str, Any]) -> list[Finding]:
        """Findings about an entry's place."""
        told = self.report(case).findings
        return [f for f in told if matches(entry, {"transport": f.transport, "orig_h": f.orig_h, "resp_h": f.resp_h, "resp_p": f.resp_p})]

    def teach(self, case: str, problem: str, entry: dict[str, Any] | None = None) -> str:
        """What a failure says: the problem, how to look closer, and when the expectation may change."""
        path = capture(case).relative_to(ROOT)
        only = f" | jq 'select(.resp_p == {entry['resp_p']} and .transport == \"{entry['transport']}\")'" if entry else ""
        return (
            f"{case}: {problem}\n\nlook closer:\n  pcapscan flows {path}{only}\n  pcapscan scan {path}\n  less {path.parent}/README.md\n"
            f"Change {path.parent}/expected.toml only where the capture itself and another tool show that it is wrong, in a commit of its own "
            "that says why; never because the code answers otherwise today."
        )


@pytest.fixture(scope="session")
def golden() -> Golden:
    """One run of ``flows`` over all of captures/; ``scan`` and ``beacons`` case by case, each once."""
    run = Run([str(CAPTURES)], Settings(digest=False, jobs=2))
    frames = [frame(columns) for columns in flow_rows(run)]
    flows: dict[str, list[dict[str, Any]]] = {case: [] for case in CASES}
    for row in (row for batch in frames for row in batch.to_dicts()):
        flows[Path(row["source"]).parent.name].append(row)

    @cache
    def report(case: str) -> ReportDocument:
        return scan(Run([str(capture(case))], Settings(digest=False, jobs=1)))

    @cache
    def beacons(case: str) -> list[dict[str, Any]]:
        return frame(beacon_rows(Run([str(capture(case))], Settings(digest=False, jobs=1)))).to_dicts()

    return Golden(expected, flows, report, beacons)
