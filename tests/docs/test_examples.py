"""Every ``console`` block of README.md and docs/ is run, and shows what the program really says.

A line that begins with ``$`` is run by bash in the repository's folder; what stands below it, up to the next ``$``, must stand in the
output, in that order. A line of three dots skips anything. Numbers, severities, gaps and line breaks may differ: a score that was
calibrated anew does not make the page a lie; another sentence does. Commands that install are not run here: ``.ci/run`` does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def examples() -> list[tuple[str, str, list[str]]]:
    """(page, command, lines shown below it)."""
    found = []
    for page in PAGES:
        for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
            assert block.startswith("$ "), f"{page.name}: a console block begins with a command"
            for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
                command, _, shown = part.partition("\n")
                found.append((page.name, command, shown.rstrip().splitlines()))
    return found


def plain(text: str) -> str:
    """Text without its numbers, severities, gaps and line breaks."""
    return re.sub(r"\b(info|low|medium|high|critical)(?= #)", "@", re.sub(r"\d+(?:[.,]\d+)*(?:e[+-]?\d+)?", "#", " ".join(text.split())))


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Runs a command line with ``pcapscan`` being the one under test."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "pcapscan"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c 'from pcapscan.cli import main; main()' \"$@\"\n")
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "100"}

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command.replace("/tmp/", f"{folder}/")],  # so that two runs of the tests do not meet
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.mark.parametrize(("page", "command", "shown"), examples(), ids=lambda value: value if isinstance(value, str) else "")
def test_example_says_what_the_page_shows(page, command, shown, shell):
    done = shell(command)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 3), done.stderr
    said, at = plain(done.stdout), 0
    for part in re.split(r"^\s*\.\.\.\s*$", "\n".join(shown), flags=re.M):
        found = said.find(plain(part), at)
        assert found >= 0, f"{page}: {command}\ndoes not say (any more, or in this order):\n{part}\n\nit says:\n{done.stdout[:6000]}"
        at = found + len(plain(part))


def test_readme_has_examples():
    assert sum(page == "README.md" for page, _, _ in examples()) >= 4


def test_ci_runs_the_test_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    command = "pip install '.[test]' && python -m pytest"
    assert [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.endswith(command)], "on one line of its own"
    asked = re.search(r'grep -m1 -oE "(.+?)" README.md', script)
    assert asked, ".ci/run reads the command from the README"
    assert re.fullmatch(asked[1].replace("\\`", "`"), command)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
