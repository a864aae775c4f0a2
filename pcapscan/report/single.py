"""One finding by itself, as it is told when it appears: a line of JSON, or a few lines for people."""

from __future__ import annotations

from pcapscan.errors import UsageError
from pcapscan.findings import Finding
from pcapscan.report.document import finding_dict
from pcapscan.report.escape import for_terminal
from pcapscan.report.strict_json import dumps
from pcapscan.report.text import seen, where
from pcapscan.report.times import rfc3339

FORMS = ("text", "ndjson")


def told(finding: Finding, form: str) -> str:
    """Render a finding.

    Parameters
    ----------
    finding : Finding
    form : {"text", "ndjson"}
        ``ndjson`` holds what ``scan --format ndjson`` holds of it.

    Raises
    ------
    UsageError
        For a form that does not exist.
    """
    if form == "ndjson":
        return dumps(finding_dict(finding)) + "\n"
    if form != "text":
        raise UsageError(f"no form named {form}; there are {', '.join(FORMS)}")
    f = finding
    head = f"{rfc3339(f.last_ns)}  {f.severity} {f.score:.0f}  {for_terminal(f.title)}  {f.orig_h} -> {where(f)}  {seen(f)}  {f.id}\n"
    return head + "".join(f"    {r.points:+.0f} {for_terminal(r.text)}\n" for r in f.reasons)
