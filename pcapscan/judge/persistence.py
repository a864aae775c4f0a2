"""Staying: many calls without a claimed period, or one connection that does not end.

What it detects
    At least four connections to one place over at least a minute, or a connection of an hour or of eight.
Why it matters
    A channel is kept; an accident is not repeated.
How it is fooled
    By short evidence, and by calls through many responders.
False positives
    Calls, VPNs, push channels and every user who comes back to a page: few points, and none beside a beacon.

References
----------
    RITA's long connections (1, 4, 8, 12 hours).
"""

from __future__ import annotations

import numpy as np

from pcapscan.judge.beacon import channel_points
from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups
from pcapscan.judge.verdict import EXPECTED
from pcapscan.knowledge import Knowledge


def persistence(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """The larger of the points for repetition and for length; none on the protocol's own port or beside a beacon."""
    number = knowledge.number
    length = groups.longest_ns / 1e9
    span = (groups.last_ns - groups.first_ns) / 1e9
    often = (groups.count >= number("beacon.repeated_min")) & (span >= number("beacon.repeated_span"))
    long = np.where(length >= number("duration.very_long"), number("duration.very_long_points"), 0.0)
    long = np.where((length >= number("duration.long")) & (long == 0), number("duration.long_points"), long)
    again = np.where(often, number("beacon.repeated"), 0.0)
    strength = np.append(channel_points(groups.evidence.channels, groups.evidence.periods, knowledge), 0.0)[groups.channel]
    points = np.where((groups.verdict == EXPECTED) | (strength > 0), 0.0, np.maximum(long, again))

    def explain(i: int) -> Spoken:
        if again[i] >= long[i]:
            return Spoken(
                int(groups.count[i]),
                f"{int(groups.count[i])} connections over {span[i]:.0f} s",
                "connections",
                number("beacon.repeated_min"),
            )
        return Spoken(round(float(length[i])), f"one connection lasted {length[i] / 3600:.1f} h", "s", number("duration.long"))

    return [Column("persistence", "time", points, explain)]
