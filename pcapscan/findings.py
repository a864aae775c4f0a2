"""The vocabulary of answers: what a report is made of, frozen, with a schema version.

A score is exactly the sum of the points of its reasons; :class:`Finding` checks that, so an explanation cannot drift from its
number. Text fields may hold bytes from the wire that were decoded with ``backslashreplace``; renderers escape for their medium.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

SCHEMA = "pcapscan.report/1"

SEVERITIES = ("info", "low", "medium", "high", "critical")


class Evidence(Struct, frozen=True, omit_defaults=True):
    """Where to look; as JSON without what is not known.

    Attributes
    ----------
    file : str
        Input as named in the report's ``inputs``.
    number : int or None
        Packet number (captures, from 1), line (logs, from 1) or record id (EVTX).
    offset : int or None
        Byte in the uncompressed input where that record begins.
    uid : str or None
        Zeek's uid.
    """

    file: str
    number: int | None = None
    offset: int | None = None
    uid: str | None = None


class Reason(Struct, frozen=True):
    """One addend of a score.

    Attributes
    ----------
    measure : str
        What was measured, a stable word: ``pair``, ``beacon``, ``rarity``, ``process`` ...
    value : str, float, int or None
        What was seen.
    unit : str
        Unit of ``value``; empty where it has none.
    threshold : float or None
        What ``value`` was held against.
    points : float
        Addend, may be negative.
    text : str
        One sentence for a person.
    evidence : tuple of Evidence
    """

    measure: str
    value: str | float | int | None
    points: float
    text: str
    unit: str = ""
    threshold: float | None = None
    evidence: tuple[Evidence, ...] = ()


class Process(Struct, frozen=True):
    """Who did it, as an endpoint event said."""

    host: str
    side: str
    image: str | None = None
    pid: int | None = None
    guid: str | None = None
    user: str | None = None
    command_line: str | None = None
    parent: str | None = None
    outcome: str = ""
    evidence: tuple[Evidence, ...] = ()


class Timing(Struct, frozen=True):
    """Three pictures of a channel's check-ins, as data that any view can draw.

    Attributes
    ----------
    begin_ns, end_ns : int
        The window of the evidence; ``timeline`` counts check-ins in equal parts of it.
    timeline : tuple of int
    interval_from_s, interval_to_s : float
        Ends of the histogram of intervals, whose bins are evenly spaced in logarithm.
    intervals : tuple of int
    period_s : float
        Where to mark the period among the intervals.
    fold : tuple of int
        Check-ins by the time since the one before, modulo the period, in equal parts of it: a timer piles up at both ends.
    """

    begin_ns: int
    end_ns: int
    timeline: tuple[int, ...]
    interval_from_s: float
    interval_to_s: float
    intervals: tuple[int, ...]
    period_s: float
    fold: tuple[int, ...]


class Finding(Struct, frozen=True):
    """One place that something spoke to, and why it is worth a look.

    Attributes
    ----------
    id : str
        Stable across runs on the same evidence: a hash of what the finding is about, not of its score.
    severity : str
        One of :data:`SEVERITIES`.
    score : float
        Sum of the points of ``reasons``, never below 0 nor above 100 (a ``cap`` reason carries the difference).
    kind : str
        Detector that made it: ``port``, ``beacon``, ``rdp_port_change`` ...
    verdict : str
        One of :data:`pcapscan.tables.VERDICTS`.
    attempt : bool
        Only one side spoke (or none was answered): an attempt, not a service.
    connections : int
        Flows folded into this finding.
    period_s, jitter, missed, false_alarm : float or None
        From the channel, where a period is claimed.
    facts : dict
        What the protocol showed: SNI, certificate, JA4, user agent ...
    flows : tuple of Evidence
        First packets of some of the flows (the first few; ``connections`` tells how many there are).
    timing : Timing or None
        Of the channel, where a period is claimed.
    """

    id: str
    severity: str
    score: float
    kind: str
    title: str
    orig_h: str
    resp_h: str
    resp_p: int
    transport: str
    protocol: str | None
    verdict: str
    attempt: bool
    expected_ports: tuple[int, ...]
    server_name: str | None
    connections: int
    first_ns: int
    last_ns: int
    orig_bytes: int
    resp_bytes: int
    reasons: tuple[Reason, ...]
    community_id: str | None = None
    tunnel: str = ""
    period_s: float | None = None
    jitter: float | None = None
    missed: float | None = None
    false_alarm: float | None = None
    process: tuple[Process, ...] = ()
    techniques: tuple[str, ...] = ("T1571",)
    facts: dict[str, Any] = field(default_factory=dict)
    flows: tuple[Evidence, ...] = ()
    timing: Timing | None = None

    def __post_init__(self) -> None:
        total = sum(reason.points for reason in self.reasons)
        if not abs(total - self.score) <= 1e-6:  # so that a NaN is refused, too
            raise ValueError(f"finding {self.id}: score {self.score} is not the sum of its reasons {total}")
        if self.severity not in SEVERITIES:
            raise ValueError(f"finding {self.id}: no such severity: {self.severity}")


class Suppressed(Struct, frozen=True):
    """A finding that a rule hid, and the rule."""

    finding: Finding
    rule: str
    why: str
    owner: str
    expires: str | None


class Tried(Struct, frozen=True):
    """One rule held against one finding.

    Attributes
    ----------
    finding : str
        Its id.
    held, failed : tuple of str
        Conditions of the rule by name.
    said : tuple of str
        For each that failed what the finding has, and what the rule asks for.
    """

    finding: str
    held: tuple[str, ...]
    failed: tuple[str, ...]
    said: tuple[str, ...]


class RuleReport(Struct, frozen=True):
    """What became of one suppression rule, for who asks why it hides something, or nothing.

    Attributes
    ----------
    expired : bool
        Its last day is over: it hides nothing.
    hid : tuple of str
        Ids of the findings it hid.
    also : tuple of str
        Ids of findings that it fits and that an earlier rule had hidden.
    near : tuple of Tried
        Findings of which some of its conditions hold and not all, those that lack least first; the first few.
    """

    rule: str
    owner: str
    why: str
    expires: str | None
    expired: bool
    file: str
    hid: tuple[str, ...]
    also: tuple[str, ...] = ()
    near: tuple[Tried, ...] = ()


class InputReport(Struct, frozen=True):
    """What became of one input.

    Attributes
    ----------
    path : str
    kind : str
        ``pcap``, ``pcapng``, ``zeek``, ``sysmon`` ...; ``unknown`` where no reader knew it.
    compression : str
        ``gzip`` ...; empty where plain.
    sha256 : str
        Of the bytes as they lie; empty where they could not be read to the end.
    size : int
        Bytes as they lie.
    first_ns, last_ns : int or None
        Span of the records.
    records : int
        Records read.
    skipped : dict
        Reason to count.
    errors : tuple of str
        Said once each, with offset.
    """

    path: str
    kind: str
    compression: str
    sha256: str
    size: int
    first_ns: int | None
    last_ns: int | None
    records: int
    skipped: dict[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


class Coverage(Struct, frozen=True):
    """What was looked at, so that "0 findings" explains itself.

    Attributes
    ----------
    packets, flows, channels : int
    undecoded : dict
        Reason to count of packets that are no part of a flow.
    verdicts : dict
        Verdict to count of flows.
    protocols : dict
        Protocol to count of flows; ``-`` for not named.
    below_score : int
        Findings under ``--min-score``.
    notes : tuple of str
        What a reader must know: no endpoint data, heads cut by the snaplen, evidence shorter than a period ...
    hosts : tuple of dict
        Per host with endpoint events: clock skew, and the counted words every event ended in.
    """

    packets: int
    flows: int
    channels: int
    undecoded: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    protocols: dict[str, int] = field(default_factory=dict)
    below_score: int = 0
    notes: tuple[str, ...] = ()
    hosts: tuple[dict[str, Any], ...] = ()


class ReportDocument(Struct, frozen=True):
    """The whole answer; every view is rendered from this and decides nothing."""

    tool: dict[str, str]
    options: dict[str, Any]
    inputs: tuple[InputReport, ...]
    coverage: Coverage
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    explained: tuple[RuleReport, ...] = ()
    schema: str = SCHEMA
