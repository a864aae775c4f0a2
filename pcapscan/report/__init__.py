"""Rendering: the report document and row tables to what people and machines read. Renders, decides nothing.

Doors: :func:`render` for a :class:`~pcapscan.findings.ReportDocument`,
:func:`told` for one finding as it appears, :class:`RowWriter` for long row output. They are imported
when they are asked for: who only escapes a text or a time loads neither polars nor rich.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pcapscan.report.document import FORMS, render
    from pcapscan.report.rows import ROW_FORMS, RowWriter
    from pcapscan.report.single import told

__all__ = ["FORMS", "ROW_FORMS", "RowWriter", "render", "told"]

_HOMES = {"FORMS": "document", "render": "document", "ROW_FORMS": "rows", "RowWriter": "rows", "told": "single"}


def __getattr__(name: str) -> Any:
    """The door of that name, from the file where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
