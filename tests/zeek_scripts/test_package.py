"""The Zeek package: as far as it can be held without a Zeek, and run where there is one."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import zeekscript

from pcapscan.knowledge import load
from pcapscan.rules.zeek_package import NAMED, WORDS, scripts

PACKAGE = Path(__file__).parents[2] / "zeek_scripts"
SCRIPTS = sorted((PACKAGE / "scripts").glob("*.zeek"))
MAIN = (PACKAGE / "scripts" / "main.zeek").read_text()


@pytest.mark.parametrize("path", [*SCRIPTS, *sorted((PACKAGE / "tests" / "cases").glob("*.zeek"))], ids=lambda p: p.name)
def test_it_parses(path):
    script = zeekscript.Script(path)
    assert script.parse()
    assert not script.has_error(), script.get_error()


def test_a_broken_script_would_be_seen(tmp_path):
    broken = tmp_path / "broken.zeek"
    broken.write_text(MAIN.replace("option min_bytes: count = 12", "option min_bytes count 12"))
    script = zeekscript.Script(broken)
    script.parse()
    assert script.has_error()


def test_generated_tables_are_those_of_the_knowledge():
    """To refresh: pcapscan knowledge zeek --output zeek_scripts/scripts."""
    for name, text in scripts(load()).items():
        assert (PACKAGE / "scripts" / name).read_text() == text, name


def test_tables_say_where_protocols_are_at_home():
    ports, campaigns = scripts(load()).values()
    assert re.search(r'\["tls"\] = set\(443/tcp', ports)
    assert '[25/tcp] = set("smtp")' in ports
    assert '["ssl"] = "tls"' in ports
    assert '["vnc"] = vector(PortRange($first=5901/tcp, $last=5999/tcp))' in ports
    assert "\t\t443/tcp,\n" in ports.partition("judged_ports")[2]
    assert "\t\t513/tcp,\n" not in ports.partition("judged_ports")[2], "Zeek cannot name rlogin: its silence there means nothing"
    assert re.search(r'\["\S+", 2083/tcp\] = set\(.*WIRTE', campaigns)


def test_every_name_is_a_protocol_of_ours():
    known = load()
    assert set(WORDS.values()) <= set(NAMED)
    assert [name for name in NAMED if known.protocol(name) is None] == []


def test_a_sites_own_knowledge_moves_the_tables(tmp_path):
    (tmp_path / "ports.toml").write_text(
        '[protocol.ssh]\niana = ["tcp/22", "tcp/2222"]\nreserved = ["tcp/22"]\nzeek = true\nwhy = "ours"\nsource = "us"\nconfidence = "high"\n'
        'false_positives = "none"\n'
    )
    assert '["ssh"] = set(22/tcp, 2222/tcp)' in scripts(load((tmp_path,)))["ports.zeek"]


def test_what_can_be_set_is_described_with_its_unit():
    options = re.findall(r"((?:\t##[^\n]*\n)+)\toption (\w+): ([^=]+)=", MAIN)
    assert [name for _, name, _ in options] == re.findall(r"\toption (\w+):", MAIN)
    for text, name, kind in options:
        assert f"Pcapscan::{name}" in (PACKAGE / "README.md").read_text()
        if kind.strip() in ("count", "interval"):
            assert re.search(r"\((bytes|interval)\)", text), name
    assert all(
        f"Pcapscan::{note}" in (PACKAGE / "README.md").read_text() for note in re.findall(r"^\t\t([A-Z]\w+),$", MAIN, re.M) if "_" in note
    )


def test_defaults_are_those_of_the_scoring():
    known = load()
    for option, number in (("min_bytes", "pair.reserved_min_bytes"), ("min_bytes_one_way", "pair.reserved_min_bytes_one_way")):
        assert int(re.search(rf"option {option}: count = (\d+)", MAIN)[1]) == known.number(number)


def test_the_package_says_what_zkg_asks_for():
    meta = configparser.ConfigParser()
    meta.read(PACKAGE / "zkg.meta")
    assert {"description", "tags", "script_dir", "test_command", "depends"} <= set(meta["package"])
    folder = PACKAGE / meta["package"]["script_dir"]
    loaded = re.findall(r"@load \./(\w+)", (folder / "__load__.zeek").read_text())
    assert sorted(f"{name}.zeek" for name in loaded) == sorted(p.name for p in SCRIPTS if p.name != "__load__.zeek")


def test_every_case_has_its_baselines():
    cases = {p.stem for p in (PACKAGE / "tests" / "cases").glob("*.zeek")}
    assert {p.name.removeprefix("cases.") for p in (PACKAGE / "tests" / "baseline").iterdir()} == cases
    for case in cases:
        text = (PACKAGE / "tests" / "cases" / f"{case}.zeek").read_text()
        capture = re.search(r"\$CAPTURES/(\S+)", text)[1]
        assert (PACKAGE.parent / "captures" / capture).is_file()
        assert {p.name for p in (PACKAGE / "tests" / "baseline" / f"cases.{case}").iterdir()} == set(re.findall(r"btest-diff (\w+)", text))


@pytest.mark.skipif(not (shutil.which("zeek") and shutil.which("btest")), reason="no zeek and btest on this machine")
def test_zeek_gives_the_baselines():
    run = subprocess.run(["btest", "-c", "btest.cfg", "-d"], cwd=PACKAGE / "tests", capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
