"""One report document, any form. Each form is a function from the document to text; what they show differs, never what is said."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from msgspec import Struct, to_builtins

from pcapscan.errors import UsageError
from pcapscan.findings import Finding, InputReport, ReportDocument, Suppressed
from pcapscan.report.escape import for_csv
from pcapscan.report.strict_json import dumps
from pcapscan.report.times import rfc3339

_REFUSED = (bytes, bytearray, memoryview, date, datetime, time, timedelta)
"""What msgspec would write in a form of its own, and a report has not: left as it is, for :mod:`.strict_json` to refuse."""


def plain(record: Struct) -> dict[str, Any]:
    """A record as a dict, all the way down; sequences stay tuples."""
    row: dict[str, Any] = to_builtins(record, builtin_types=_REFUSED, enc_hook=_base)
    return row


def _base(value: Any) -> str | int | float:
    """Kinds of text and number (numpy's) as what they are kinds of."""
    for base in (str, int, float):
        if isinstance(value, base):
            return base(value)
    raise TypeError(f"no part of a report: {type(value).__name__}")


def finding_dict(finding: Finding) -> dict[str, Any]:
    """A finding as JSON-able keys, times as RFC 3339."""
    row = plain(finding)
    row["first"], row["last"] = rfc3339(row.pop("first_ns")), rfc3339(row.pop("last_ns"))
    if timing := row["timing"]:
        timing["begin"], timing["end"] = rfc3339(timing.pop("begin_ns")), rfc3339(timing.pop("end_ns"))
    return row


def input_dict(source: InputReport) -> dict[str, Any]:
    """An input as JSON-able keys, times as RFC 3339."""
    row = plain(source)
    row["first"], row["last"] = rfc3339(row.pop("first_ns")), rfc3339(row.pop("last_ns"))
    return row


def suppressed_dict(hidden: Suppressed) -> dict[str, Any]:
    """A suppressed finding and the rule that hid it."""
    return {
        "rule": hidden.rule,
        "why": hidden.why,
        "owner": hidden.owner,
        "expires": hidden.expires,
        "finding": finding_dict(hidden.finding),
    }


def document_dict(document: ReportDocument) -> dict[str, Any]:
    """The whole document as JSON-able keys, in a fixed order."""
    return {
        "schema": document.schema,
        "tool": document.tool,
        "options": document.options,
        "inputs": [input_dict(i) for i in document.inputs],
        "coverage": plain(document.coverage),
        "findings": [finding_dict(f) for f in document.findings],
        "suppressed": [suppressed_dict(s) for s in document.suppressed],
        "explained": [plain(r) for r in document.explained],
    }


def _json(document: ReportDocument, **_: Any) -> str:
    return dumps(document_dict(document), indented=True) + "\n"


def _ndjson(document: ReportDocument, **_: Any) -> str:
    return "".join(dumps(finding_dict(f)) + "\n" for f in document.findings)


_CSV = (
    "id", "severity", "score", "kind", "title", "orig_h", "resp_h", "resp_p", "transport", "protocol", "verdict", "attempt", "expected_ports",
    "server_name", "connections", "first", "last", "orig_bytes", "resp_bytes", "period_s", "jitter", "missed", "false_alarm", "process",
    "pid", "process_guid", "user", "command_line", "parent", "process_host", "process_evidence", "techniques", "reasons", "evidence",
)  # fmt: skip


def _who(finding: Finding) -> dict[str, str]:
    """Cells of the processes, of both ends where both are known; in every cell the same order."""
    columns: dict[str, list[Any]] = {
        "process": [p.image for p in finding.process], "pid": [p.pid for p in finding.process],
        "process_guid": [p.guid for p in finding.process], "user": [p.user for p in finding.process],
        "command_line": [p.command_line for p in finding.process], "parent": [p.parent for p in finding.process],
        "process_host": [p.host for p in finding.process],
        "process_evidence": [" ".join(f"{e.file}:{e.number}" for e in p.evidence) for p in finding.process],
    }  # fmt: skip
    return {
        name: "; ".join("?" if v in (None, "") else str(v) for v in values) if any(v not in (None, "") for v in values) else ""
        for name, values in columns.items()
    }


def _csv(document: ReportDocument, **_: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV)
    for finding in document.findings:
        row = finding_dict(finding)
        row["expected_ports"] = " ".join(map(str, finding.expected_ports))
        row["techniques"] = " ".join(finding.techniques)
        row |= _who(finding)
        row["reasons"] = "; ".join(f"{r.points:+g} {r.text}" for r in finding.reasons)
        row["evidence"] = "; ".join(f"{e.file}:{e.number}" for e in finding.flows)
        writer.writerow([for_csv(v) if isinstance(v, str) else "" if v is None else v for v in (row[k] for k in _CSV)])
    return out.getvalue()


def _table(document: ReportDocument, **options: Any) -> str:
    from pcapscan.report.text import table  # with rich, which no other form needs

    return table(document, **options)


def _ecs(document: ReportDocument, **options: Any) -> str:
    from pcapscan.report.ecs import ecs_lines

    return ecs_lines(document, **options)


_FORMS: dict[str, Callable[..., str]] = {"table": _table, "json": _json, "ndjson": _ndjson, "csv": _csv, "ecs": _ecs}
FORMS = tuple(_FORMS)


def render(
    document: ReportDocument, form: str, *, width: int = 100, color: bool = False, details: int = 10, show_suppressed: bool = False
) -> str:
    """Render a report.

    Parameters
    ----------
    document : ReportDocument
    form : {"table", "json", "ndjson", "csv", "ecs"}
    width : int
        Columns of the terminal (table only).
    color : bool
        Whether to write colours (table only).
    details : int
        For how many findings the reasons are spelled out (table only).
    show_suppressed : bool
        List what was suppressed, and by which rule (table only; machine forms always do).

    Raises
    ------
    UsageError
        For a form that does not exist.
    """
    if form not in _FORMS:
        raise UsageError(f"no report format named {form}; there are {', '.join(FORMS)}")
    return _FORMS[form](document, width=width, color=color, details=details, show_suppressed=show_suppressed)
