"""Calls at intervals: how far the periodicity of a channel goes beyond chance.

What it detects
    The channel (measured elsewhere, without thresholds) with most evidence among those a place's flows belong to.
Why it matters
    A machine that calls home does so on a clock, whatever it speaks.
How it is fooled
    Jitter wider than the period, calls only when the user is active, long sleeps against short evidence.
False positives
    Update checks, presence, monitoring, mail: on its own port, or a habitual alternate, a protocol gets half the points, and
    none where it is periodic by design (NTP, SNMP, discovery). Keep-alives within one open connection count a quarter.

References
----------
    BEACONS measurements of the project; RITA and Elastic's formulas are compared in its documentation.
"""

from __future__ import annotations

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups
from pcapscan.judge.mismatch import is_low
from pcapscan.judge.verdict import EXPECTED, NONE
from pcapscan.knowledge import Knowledge
from pcapscan.tables import CHANNEL_KINDS, F64, Bool, Channels, ChannelTable


def channel_points(channels: Channels | None, periods: ChannelTable | None, knowledge: Knowledge) -> F64:
    """Points of each channel before it is known what is spoken there (float64[c])."""
    if channels is None or periods is None:
        return np.zeros(0)
    doubtful, certain = knowledge.number("beacon.doubtful"), knowledge.number("beacon.certain")
    alarm = np.clip(np.nan_to_num(periods.false_alarm, nan=1.0), 1e-300, 1.0)
    sure = np.clip(np.log(doubtful / alarm) / np.log(doubtful / certain), 0.0, 1.0)
    strength = sure * (0.5 + 0.5 * np.clip(np.nan_to_num(periods.score), 0.0, 1.0))
    points = knowledge.number("beacon.max") * np.where(np.isnan(periods.period_s), 0.0, strength)
    tried = channels.attempt | (periods.answered < 0.5)
    points = np.where(tried, points * knowledge.number("beacon.attempts_share"), points)
    points = np.where(periods.period_s >= knowledge.number("beacon.min_period"), points, 0.0)
    points = np.where(channels.within, points * knowledge.number("beacon.within_share"), points)
    answer: F64 = np.round(points, 1)
    return answer


def periodic_by_design(names: tuple[str, ...], knowledge: Knowledge) -> Bool:
    """Protocols whose period on their own port is no evidence; the last row answers for -1, not named."""
    known = [knowledge.protocol(name) for name in names]
    return np.array([bool(k and k.periodic) for k in known] + [False], np.bool_)


def beacon(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points of the best channel, less on the protocol's own port."""
    periods = groups.evidence.periods
    strength = channel_points(groups.evidence.channels, periods, knowledge)
    points = np.append(strength, 0.0)[groups.channel]
    home, low = groups.verdict == EXPECTED, is_low(groups, knowledge) & ~groups.told
    points = np.where(low, points * knowledge.number("beacon.expected_share"), points)
    points = np.where(groups.attempt & (groups.verdict != NONE), points * knowledge.number("beacon.attempts_share"), points)
    design = periodic_by_design(groups.evidence.identities.names, knowledge)[groups.protocol]
    points = np.where(home & design, 0.0, points).astype(np.float64).round(1)

    def explain(i: int) -> Spoken:
        assert periods is not None
        c = int(groups.channel[i])
        period, jitter = float(periods.period_s[c]), float(periods.jitter[c])
        missed, alarm = float(periods.missed[c]), float(periods.false_alarm[c])
        text = f"{int(periods.checkins[c])} check-ins every {period:.4g} s"
        if jitter == jitter:
            text += f" ± {100 * jitter:.0f} %"
        if missed == missed and missed > 0.005:
            text += f", {100 * missed:.0f} % missed"
        text += f"; by chance in one of {1 / max(alarm, 1e-12):.0e} channels ({CHANNEL_KINDS[periods.kind[c]]})"
        if home[i]:
            text += "; on the protocol's own port, where ordinary software polls too"
        elif low[i]:
            text += "; on a habitual alternate port, where ordinary software polls too"
        return Spoken(round(period, 3), text, "s", None)

    return [Column("beacon", "time", points, explain)]
