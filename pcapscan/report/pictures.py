"""A finding's timing in letters: timeline, histogram of intervals with the period marked, phase fold; for a terminal, without colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pcapscan.findings import Finding, Timing
from pcapscan.report.times import rfc3339, span

BLOCKS = " ▁▂▃▄▅▆▇█"
HEIGHT = 4
LEFT = 3


def gathered(counts: Sequence[int], width: int) -> list[int]:
    """Counts of neighbouring bins added up until there are at most ``width`` of them.

    >>> gathered([1, 2, 3, 4, 5], 2)
    [6, 9]
    """
    each = math.ceil(len(counts) / max(1, width))
    return [sum(counts[k : k + each]) for k in range(0, len(counts), each)] if each else []


def bars(counts: Sequence[int], height: int = HEIGHT) -> list[str]:
    """Columns of block letters, the tallest count over all rows, the first row on top; what is not empty shows at least an eighth.

    >>> bars([0, 1, 2], 1)
    [' ▄█']
    """
    most = max(counts, default=0)
    eighths = [0 if not c else max(1, round(8 * height * c / most)) for c in counts]
    return ["".join(BLOCKS[min(8, max(0, e - 8 * row))] for e in eighths) for row in range(height - 1, -1, -1)]


def under(width: int, *marks: tuple[int, str]) -> str:
    """A line of labels, each standing below its column as far as the ones before leave room.

    >>> under(12, (0, "0"), (6, "half"), (11, "1"))
    '0   half   1'
    """
    line = ""
    for at, text in marks:
        begin = at if at == 0 else at - len(text) + 1 if at == width - 1 else at - len(text) // 2
        begin = max(begin, len(line) + bool(line))
        line = line.ljust(begin) + text
    return line


def _chart(title: str, counts: Sequence[int], labels: str, mark: int | None = None) -> list[str]:
    pad = " " * LEFT
    base = "".join("▲" if k == mark else "─" for k in range(len(counts)))
    return [title, *(f"{pad}{row}".rstrip() for row in bars(counts)), pad + base, pad + labels, ""]


def _timeline(t: Timing, width: int) -> list[str]:
    counts = gathered(t.timeline, width)
    begin, end = rfc3339(t.begin_ns), rfc3339(t.end_ns)
    if not counts or begin is None or end is None:
        return []
    each = span((t.end_ns - t.begin_ns) / 1e9 / len(counts))
    last = len(counts) - 1
    labels = under(len(counts), (0, begin[:19] + "Z"), (last, end[:19] + "Z"))
    return _chart(f"check-ins over the evidence (a column is {each}; the tallest {max(counts)})", counts, labels)


def _intervals(t: Timing) -> list[str]:
    counts = t.intervals
    if not counts or not 0 < t.interval_from_s < t.interval_to_s < math.inf:
        return []
    reach = math.log(t.interval_to_s / t.interval_from_s)
    mark = None
    if 0 < t.period_s < math.inf:
        mark = min(len(counts) - 1, max(0, int(math.log(t.period_s / t.interval_from_s) / reach * len(counts))))
    places = [
        (0, span(t.interval_from_s)),
        *([(mark, f"period {span(t.period_s)}")] if mark is not None else []),
        (len(counts) - 1, span(t.interval_to_s)),
    ]
    labels = under(len(counts), *places)
    return _chart(f"intervals between check-ins, in logarithm (the tallest {max(counts)} of {sum(counts)})", counts, labels, mark)


def _fold(t: Timing) -> list[str]:
    if not t.fold:
        return []
    doubled = (*t.fold, *t.fold)
    size = len(t.fold)
    labels = under(2 * size, (0, "0"), (size, "one period"), (2 * size - 1, "two"))
    return _chart("phase fold: intervals modulo the period, shown twice; a timer piles up at its whole multiples", doubled, labels)


def pictures(finding: Finding, width: int = 100) -> str:
    """Draw the timing of a finding; empty where no period is claimed.

    Parameters
    ----------
    finding : Finding
    width : int
        Columns at hand.
    """
    if finding.timing is None:
        return ""
    t = finding.timing
    return "\n".join([*_timeline(t, max(20, width - LEFT - 1)), *_intervals(t), *_fold(t)])
