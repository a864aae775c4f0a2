"""The pages that ship with the package: one a verdict, the investigation guide, hunting queries, and tuning."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "guides"

GUIDES: tuple[str, ...] = (
    "expected", "fake", "hunting", "investigate", "none", "tuning", "unexpected_port", "unknown", "unknown_on_reserved", "untold",
    "wrong_protocol",
)  # fmt: skip
"""Words that have a page."""


def guide(word: str) -> str | None:
    """Read the page of a verdict or of another word, as Markdown; None where there is none."""
    name = word.strip().lower().replace("-", "_")
    return (_FOLDER / f"{name}.md").read_text("utf-8") if name in GUIDES else None
