"""Findings as Elastic Common Schema documents, one a line, ready for a bulk import.

Fields: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html. What ECS has no field for lies below ``pcapscan``.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from pcapscan.findings import SEVERITIES, Evidence, Finding, Process, ReportDocument
from pcapscan.report.strict_json import dumps
from pcapscan.report.times import rfc3339

ECS_VERSION = "8.11.0"


def _endpoint(address: str, port: int | None, count: int) -> dict[str, Any]:
    point: dict[str, Any] = {"address": address, "bytes": max(count, 0)}
    if _is_address(address):
        point["ip"] = address
    if port is not None:
        point["port"] = port
    return point


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _process(process: Process) -> dict[str, Any]:
    told = {
        "executable": process.image,
        "name": re.split(r"[\\/]", process.image)[-1] if process.image else None,
        "pid": process.pid,
        "entity_id": process.guid,
        "command_line": process.command_line,
        "parent": {"executable": process.parent} if process.parent else None,
    }
    return {k: v for k, v in told.items() if v is not None}


def _user(name: str) -> dict[str, str]:
    domain, _, user = name.rpartition("\\")
    return {"name": user, "domain": domain} if domain else {"name": name}


def _pointer(evidence: Evidence) -> dict[str, Any]:
    return {k: v for k, v in (("file", evidence.file), ("number", evidence.number)) if v is not None}


def _document(finding: Finding, tool: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "@timestamp": rfc3339(finding.first_ns),
        "ecs": {"version": ECS_VERSION},
        "event": {
            "kind": "alert",
            "category": ["network"],
            "type": ["connection"],
            "module": "pcapscan",
            "dataset": "pcapscan.finding",
            "id": finding.id,
            "start": rfc3339(finding.first_ns),
            "end": rfc3339(finding.last_ns),
            "duration": finding.last_ns - finding.first_ns,
            "severity": SEVERITIES.index(finding.severity),
            "risk_score": finding.score,
            "reason": "; ".join(f"{r.points:+g} {r.text}" for r in finding.reasons),
        },
        "message": finding.title,
        "source": _endpoint(finding.orig_h, None, finding.orig_bytes),
        "destination": _endpoint(finding.resp_h, finding.resp_p, finding.resp_bytes),
        "network": {"transport": finding.transport, "bytes": max(finding.orig_bytes, 0) + max(finding.resp_bytes, 0)},
        "rule": {"name": finding.kind, "category": finding.verdict, "version": tool.get("version", "")},
        "threat": {
            "framework": "MITRE ATT&CK",
            "tactic": {"id": ["TA0011"], "name": ["Command and Control"]},
            "technique": {"id": list(finding.techniques)},
        },
        "pcapscan": {
            "severity": finding.severity,
            "verdict": finding.verdict,
            "attempt": finding.attempt,
            "connections": finding.connections,
            "expected_ports": list(finding.expected_ports),
            "period_s": finding.period_s,
            "jitter": finding.jitter,
            "missed": finding.missed,
            "false_alarm": finding.false_alarm,
            "facts": finding.facts,
        },
    }
    if finding.protocol:
        row["network"]["protocol"] = finding.protocol
    if finding.community_id:
        row["network"]["community_id"] = finding.community_id
    if finding.server_name:
        row["destination"]["domain"] = finding.server_name
    if finding.process:
        process = finding.process[0]
        row["process"] = _process(process)
        row["host"] = {"name": process.host}
        if process.user:
            row["user"] = _user(process.user)
        for p in finding.process:
            end = row["source" if p.side == "orig" else "destination"]
            end["process"] = _process(p)
        row["pcapscan"]["processes"] = [
            {"host": p.host, "side": p.side, "outcome": p.outcome, **_process(p), "evidence": [_pointer(e) for e in p.evidence]}
            for p in finding.process
        ]
    return row


def ecs_lines(document: ReportDocument, **_: Any) -> str:
    """One ECS document a finding, newline-delimited."""
    return "".join(dumps(_document(f, document.tool)) + "\n" for f in document.findings)
