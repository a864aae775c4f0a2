"""Rendering: the report document and row tables to what people and machines read. Renders, decides nothing.

Doors: :func:`render` for a :class:`~pcapscan.findings.ReportDocument`,
:func:`told` for one finding as it appears, :class:`RowWriter` for long row output. They are imported
when they are asked for: who only escapes a text or a time loads neither polars nor rich.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapscan.doors import opened

if TYPE_CHECKING:
    from pcapscan.report.document import FORMS, render
    from pcapscan.report.rows import ROW_FORMS, RowWriter
    from pcapscan.report.single import told

__all__ = ["FORMS", "ROW_FORMS", "RowWriter", "render", "told"]

__getattr__ = opened(__name__, {"FORMS": "document", "render": "document", "ROW_FORMS": "rows", "RowWriter": "rows", "told": "single"})
