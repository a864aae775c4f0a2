"""Every verdict has a page that says what it means and what to do."""

import re
from pathlib import Path

import polars as pl
import pytest

from pcapscan.cli import main
from pcapscan.identify import PROTOCOLS
from pcapscan.knowledge import GUIDES, guide, guides
from pcapscan.tables import VERDICTS


@pytest.mark.parametrize("verdict", VERDICTS)
def test_verdict_has_a_playbook(verdict):
    page = guide(verdict)
    assert page and page.startswith(f"# {verdict}:")
    assert all(word in page for word in ("It means", "Investigate", "Respond", "Hunt"))


def test_what_cannot_be_told_is_said_and_is_no_protocol_of_ours():
    page = guide("untold")
    for word in ("AnyDesk", "Tor", "FTP's data", "MSE", "PROFINET"):
        assert f"**{word}" in page or f"({word})" in page
    assert not {"anydesk", "tor", "ftp_data"} & set(PROTOCOLS)


def test_the_list_is_the_folder():
    assert sorted(GUIDES) == sorted(p.stem for p in (Path(guides.__file__).parent / "guides").glob("*.md"))


def test_no_page_for_other_words_or_paths():
    assert guide("../ports") is None and guide("") is None and guide("Wrong-Protocol") is not None


BLOCKS = re.findall(r"(?:^    .+\n)+", guide("hunting"), re.M)
QUERIES = [b for b in BLOCKS if b.lstrip().startswith("SELECT")]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """What the two commands at the head of the page write, over every capture that ships."""
    folder, captures = tmp_path_factory.mktemp("hunt"), Path(__file__).parents[2] / "captures"
    some = [
        str(p)
        for p in sorted(captures.glob("*/capture.pcap"))
        if p.parent.name.startswith(("t1571", "raw", "http-on", "faketls", "attempt", "https-beacon"))
    ]
    for command, more in (("flows", ()), ("beacons", ("--all",))):
        main([command, *some, *more, "--format", "parquet", "-q", "-o", str(folder / f"{command}.parquet")], standalone_mode=False)
    return {name: pl.scan_parquet(folder / f"{name}.parquet") for name in ("flows", "beacons")}


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_hunting_query_runs_and_finds(tables, number):
    answer = pl.SQLContext(tables, eager=True).execute(QUERIES[number])
    assert len(answer.columns) >= 4
    nothing = "'203.0.113.10'" not in QUERIES[number] and "winrm" not in QUERIES[number] and "verdict IN ('wrong" not in QUERIES[number]
    assert len(answer) or nothing, QUERIES[number]


def test_there_are_hunting_queries_for_each_sign():
    text = " ".join(QUERIES)
    assert len(QUERIES) >= 9 and all(word in text for word in ("wrong_protocol", "fake", "shell", "entropy", "period_s", "attempt"))


def test_tuning_page_shows_a_rule_that_loads(tmp_path):
    from pcapscan.knowledge import load

    blocks = re.findall(r"(?:^(?:    .*)?\n)*^    .+\n", guide("tuning"), re.M)
    for block in blocks:
        text = re.sub(r"^    ", "", block.strip("\n"), flags=re.M)
        name = re.match(r"# (\w+\.toml)", text.strip())[1]
        (tmp_path / name).write_text(text)
    rules = {s.id: s for s in load([tmp_path]).suppressions}
    assert rules["assessment-may"].owner == "soc@example.com"
