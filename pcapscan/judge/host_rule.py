"""Host events alone: a program on a port that is not its own, where nobody recorded what was spoken.

What it detects
    The reference rule for T1571, repaired: an outbound connection to a port of its list, or by a script interpreter or a system program
    that runs others' code to an unusual port; and any program of a risk tier on an unusual port.
Why it matters
    Where there is no capture, Sysmon and endpoint agents still know port and program.
How it is fooled
    By any other port or program: what was spoken is not known here.
False positives
    Developers' servers and administrators' scripts. A destination inside lowers, it does not delete.

Process risk
    The reasons named ``process`` say what is risky about the program itself: its path, parent, arguments, signature, by the tiers and
    modifiers of ``processes.toml``; the highest tier counts. They count beside a reason of the network, but for the tiers that stand
    alone (a masked name, a program that has no business on the network, a child of an office program or a server, no program at all).
    A rule of that file that excuses a program at a place sets the finding aside and is named (``process_suppress``).

References
----------
    https://attack.mitre.org/techniques/T1571/ ; ``attribute/reference_rule.py`` holds the rule as written and repaired.
"""

from __future__ import annotations

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import HOST_RULES, Context, Groups
from pcapscan.knowledge import Knowledge

_TEXT = {
    "repaired": "a port of the reference rule's list, or a program of its list on an unusual port",
    "inside": "as the reference rule has it, but to a destination inside",
    "risky": "a program of a risk tier on a port that is not usual",
}


def host_rule(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points of the rule, and of its repetition by one process within a quarter of an hour."""
    words = np.array(HOST_RULES)[groups.rule]
    points = np.zeros(len(groups))
    for word in _TEXT:
        points[groups.told & (words == word)] = knowledge.number(f"host_rule.{word}")
    least = knowledge.number("host_rule.runs_min")
    again = np.where(groups.told & (groups.runs >= least), knowledge.number("host_rule.runs"), 0.0)

    def by_rule(i: int) -> Spoken:
        return Spoken(int(groups.resp_p[i]), f"{_TEXT[str(words[i])]}; what was spoken is not known (host events alone)", "port")

    def by_runs(i: int) -> Spoken:
        n = int(groups.runs[i])
        return Spoken(n, f"its process did so {n} times within a quarter of an hour", "connections", least)

    return [Column("host_rule", "prior", points, by_rule), Column("host_rule_runs", "time", again, by_runs)]
