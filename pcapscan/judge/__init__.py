"""Judge: columns and knowledge to verdicts and findings, each the sum of its reasons.

The door::

    verdicts(flows, identities, knowledge, head_flags=None) -> int8[n]          # index in tables.VERDICTS
    attempts(flows, identities) -> bool[n]                                      # the responder said nothing
    expected_ports(names, knowledge) -> {(name, ip_proto): (port, ...)}
    judge(flows, identities, verdicts, channels, periods, knowledge, context) -> Judgement(findings, places, left_out, notes)
    findings(...)                                                               # the same, only Judgement.findings
    suppress(findings, rules, now_ns) -> (kept, suppressed)
    excused(findings) -> (kept, suppressed)                                     # by the rules for processes
    port_change(changes, knowledge) -> [Finding]                       # RdpPortChange: a registry event and its use
    suppression_notes(rules, now_ns) -> (text, ...)                             # rules that are over, or never come to decide
    explain(finding, rule) -> Explained(rule, held, failed, said)
    account(findings, rules, now_ns) -> (RuleReport, ...)                       # what every rule hid, and nearly hid
    Context(home=(), indicators=None, processes=None, sources=(), max_findings=None)
    Processes(row, processes, reasons, standalone, hidden, server, told, rule, runs)

``flows`` are in the exchanged order (``FlowTable.swapped`` applied); ``head_flags`` is ``Heads.flags``. ``rules`` are
``knowledge.suppressions``. Who only asks for verdicts loads no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapscan.doors import opened

if TYPE_CHECKING:
    from pcapscan.judge.groups import HOST_RULES, Context, Processes
    from pcapscan.judge.judgement import DETECTORS, Judgement, findings, judge, severity_of
    from pcapscan.judge.rdp_port import RdpPortChange, port_change
    from pcapscan.judge.suppression import Explained, account, excused, explain, suppress
    from pcapscan.judge.suppression import notes as suppression_notes
    from pcapscan.judge.verdict import attempts, expected_ports, verdicts

__all__ = [
    "DETECTORS",
    "HOST_RULES",
    "Context",
    "Explained",
    "Judgement",
    "Processes",
    "RdpPortChange",
    "account",
    "attempts",
    "excused",
    "expected_ports",
    "explain",
    "findings",
    "judge",
    "port_change",
    "severity_of",
    "suppress",
    "suppression_notes",
    "verdicts",
]

__getattr__ = opened(
    __name__,
    {
        **dict.fromkeys(("DETECTORS", "Judgement", "findings", "judge", "severity_of"), "judgement"),
        **dict.fromkeys(("HOST_RULES", "Context", "Processes"), "groups"),
        **dict.fromkeys(("RdpPortChange", "port_change"), "rdp_port"),
        **dict.fromkeys(("Explained", "account", "excused", "explain", "suppress"), "suppression"),
        "suppression_notes": "suppression.notes",
        **dict.fromkeys(("attempts", "expected_ports", "verdicts"), "verdict"),
    },
)
