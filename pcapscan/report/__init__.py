"""Rendering: the report document and row tables to what people and machines read. Renders, decides nothing.

Doors: :func:`render` for a :class:`~pcapscan.findings.ReportDocument`, :class:`RowWriter` for long row output.
"""

from __future__ import annotations

from pcapscan.report.document import FORMS, render
from pcapscan.report.rows import ROW_FORMS, RowWriter

__all__ = ["FORMS", "ROW_FORMS", "RowWriter", "render"]
