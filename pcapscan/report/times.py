"""Times as text: RFC 3339 in UTC with all nine digits, and spans for people."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(ns: int | None) -> str | None:
    """Nanoseconds since 1970 as ``2026-01-01T00:00:00.000000001Z``; None stays None, a time out of range is told as such.

    >>> rfc3339(1)
    '1970-01-01T00:00:00.000000001Z'
    """
    if ns is None:
        return None
    seconds, rest = divmod(int(ns), 1_000_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:09d}Z"
    except (OverflowError, ValueError, OSError):
        return None


def span(seconds: float) -> str:
    """A length of time in the unit a person would use.

    >>> span(60.2), span(5400), span(0.02)
    ('60.2 s', '1.5 h', '20 ms')
    """
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 5400:
        return f"{seconds / 60:.3g} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.3g} h"
    return f"{seconds / 86_400:.3g} days"
