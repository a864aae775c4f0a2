"""docs/contracts.md names what the commands write, no more and no less."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pcapscan import errors
from pcapscan.cli import main
from pcapscan.findings import Suppressed
from pcapscan.tables import VERDICTS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "contracts.md").read_text("utf-8")


def section(heading: str) -> str:
    """Text below a heading, to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", TEXT, re.M | re.S)
    assert found, f"docs/contracts.md has no section {heading!r}"
    return found[1]


def names(heading: str) -> list[str]:
    """Names in the first cells of a section's table."""
    cells = re.findall(r"^\| (`[^|]*) \|", section(heading), re.M)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> dict[str, set[str]]:
    """Section to the names that the commands write, on a capture with a beacon."""
    folder, capture = tmp_path_factory.mktemp("contracts"), str(ROOT / "captures" / "t1571-4-http-beacon-9001" / "capture.pcap")

    def run(*words: str) -> str:
        out = folder / words[0]
        main([*words, capture, "--quiet", "--output", str(out)], standalone_mode=False)
        return out.read_text("utf-8")

    event = folder / "host.ndjson"
    event.write_text(json.dumps({"EventID": 3, "SourceName": "Microsoft-Windows-Sysmon", "UtcTime": "2026-01-01 00:00:00.000"}))
    host = folder / "host"
    main(["attribute", str(event), "--quiet", "--output", str(host)], standalone_mode=False)
    document = json.loads(run("scan", "--format", "json"))
    finding = document["findings"][0]
    return {
        "Columns of `pcapscan flows`": set(json.loads(run("flows").splitlines()[0])),
        "Columns of `pcapscan beacons`": set(json.loads(run("beacons", "--all").splitlines()[0])),
        "Columns of `pcapscan attribute`": set(json.loads(host.read_text("utf-8").splitlines()[0])),
        "The report of `pcapscan scan --format json`": set(document),
        "Keys of an input": set(document["inputs"][0]),
        "Keys of the coverage": set(document["coverage"]),
        "Keys of a finding": set(finding),
        "Keys of a reason": set(finding["reasons"][0]),
    }


HEADINGS = (
    "Columns of `pcapscan flows`", "Columns of `pcapscan beacons`", "Columns of `pcapscan attribute`", "The report of `pcapscan scan --format json`", "Keys of an input",
    "Keys of the coverage", "Keys of a finding", "Keys of a reason",
)  # fmt: skip


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_name_is_documented_and_nothing_else(heading, written):
    told = names(heading)
    assert len(told) == len(set(told)), "a name stands twice"
    assert set(told) == written[heading]


def test_every_verdict_is_named():
    row = next(line for line in section("Columns of `pcapscan flows`").splitlines() if line.startswith("| `verdict`"))
    assert set(VERDICTS) <= set(re.findall(r"`(\w+)`", row))


def test_suppressed_keys_are_named():
    row = next(line for line in TEXT.splitlines() if line.startswith("| `suppressed`"))
    assert set(Suppressed.__struct_fields__) <= set(re.findall(r"`(\w+)`", row))


def test_every_exit_code_is_named():
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {int(code) for code in names("Exit codes")} == codes
