"""Where it goes: out of the house, into it, across it, or nowhere.

What it detects
    Whether the responder is outside, inside, on the link, or a group; and traffic from outside to a host inside.
Why it matters
    Command and control leaves the house, or comes in to an implant that listens. Development, monitoring and administration stay.
How it is fooled
    By a relay inside: internal destinations are lowered, never dropped.
False positives
    Published services are reached from outside on purpose.

References
----------
    RFC 1918, 4193, 6598, 3927, 5737 (documentation addresses count as outside), 2544.
"""

from __future__ import annotations

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups
from pcapscan.judge.places import GROUP, INSIDE, LOCAL, OUTSIDE
from pcapscan.judge.verdict import FAKE, UNKNOWN, UNKNOWN_ON_RESERVED
from pcapscan.knowledge import Knowledge

_TEXT = {
    "outside": "the responder is outside",
    "inbound": "from outside to a host inside",
    "internal": "between hosts inside: lowered, not dropped",
    "local": "loopback or link-local: it never leaves the host or the link",
    "multicast": "to a multicast or broadcast address",
}


def direction(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points by the class of both addresses."""
    orig, resp = groups.orig_place, groups.resp_place
    strange = np.isin(groups.verdict, (UNKNOWN, UNKNOWN_ON_RESERVED, FAKE)) | groups.told
    words = np.select(
        [resp == GROUP, (resp == LOCAL) | (orig == LOCAL), resp == OUTSIDE, orig == OUTSIDE, resp == INSIDE],
        ["multicast", "local", "outside", "inbound", "internal"],
        "internal",
    )
    points = np.zeros(len(groups))
    for word in _TEXT:
        points[words == word] = knowledge.number(f"direction.{word}")
    points[(words == "internal") & strange] = knowledge.number("direction.internal_unknown")

    def explain(i: int) -> Spoken:
        return Spoken(str(words[i]), _TEXT[str(words[i])])

    return [Column("direction", "context", points, explain)]
