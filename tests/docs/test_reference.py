"""The pages that are written from the code are those that the code would write now."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from pcapscan import reference
from pcapscan.cli import COMMANDS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", reference.PAGES)
def test_page_is_up_to_date(name):
    written, now = (DOCS / name).read_text("utf-8"), reference.PAGES[name]()
    diff = "\n".join(list(difflib.unified_diff(written.splitlines(), now.splitlines(), "docs/" + name, "now", lineterm="", n=0))[:20])
    assert written == now, f"{diff}\nrun: python -m pcapscan.reference, and read the diff"


def test_every_command_and_option_is_in_the_page():
    page = reference.cli_page()
    for name in COMMANDS:
        assert f"## `pcapscan {name}`" in page
    assert "## `pcapscan knowledge show`" in page
    assert "`--fail-on`" in page
    assert "`--home-net`" in page


def test_the_page_does_not_tell_of_the_machine_that_wrote_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    assert reference.cli_page() == (DOCS / "cli.md").read_text("utf-8")
