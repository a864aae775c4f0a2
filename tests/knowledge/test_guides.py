"""Every verdict has a page that says what it means and what to do."""

from pathlib import Path

import pytest

from pcapscan.knowledge import GUIDES, guide, guides
from pcapscan.tables import VERDICTS


@pytest.mark.parametrize("verdict", VERDICTS)
def test_verdict_has_a_playbook(verdict):
    page = guide(verdict)
    assert page and page.startswith(f"# {verdict}:")
    assert all(word in page for word in ("It means", "Investigate", "Respond", "Hunt"))


def test_the_list_is_the_folder():
    assert sorted(GUIDES) == sorted(p.stem for p in (Path(guides.__file__).parent / "guides").glob("*.md"))


def test_no_page_for_other_words_or_paths():
    assert guide("../ports") is None and guide("") is None and guide("Wrong-Protocol") is not None
