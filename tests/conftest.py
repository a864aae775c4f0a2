"""Shared fixtures. Measurements against captures that are not part of this repository skip with a word where those are absent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("PCAPSCAN_CORPUS", ROOT.parent / "shared" / "corpus"))


@pytest.fixture
def corpus() -> Callable[[str], Path]:
    """``corpus("protocols/robust")`` is that folder below ``$PCAPSCAN_CORPUS``, or the test is skipped."""

    def find(name: str) -> Path:
        path = CORPUS / name
        if not path.exists():
            pytest.skip(f"needs the external corpus {name}: set PCAPSCAN_CORPUS")
        return path

    return find
