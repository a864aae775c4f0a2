"""A report as hostile as evidence can make it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pcapscan.findings import Coverage, Evidence, Finding, InputReport, Process, Reason, ReportDocument, Suppressed

ESC = "\x1b]0;owned\x07\x1b[31m"
BIDI = "\u202egnp.exe"


def made(n: int, title: str = "SSH on 443", **changes: object) -> Finding:
    values: dict[str, object] = {
        "id": f"{n:016x}", "severity": ("info", "low", "medium", "high", "critical")[n % 5], "score": 40.0, "kind": "port", "title": title,
        "orig_h": "10.20.0.5", "resp_h": "203.0.113.9", "resp_p": 443, "transport": "tcp", "protocol": "ssh", "verdict": "wrong_protocol",
        "attempt": False, "expected_ports": (22,), "server_name": None, "connections": 3, "first_ns": 1_700_000_000_123_456_789,
        "last_ns": 1_700_000_600_000_000_001, "orig_bytes": 1200, "resp_bytes": 3400, "community_id": "1:abc=",
        "reasons": (
            Reason("pair", "ssh", 35.0, "SSH speaks on the port of HTTPS", evidence=(Evidence("case/a.pcap", 4, 312),)),
            Reason("rarity", 1, 10.0, "only one host speaks with it", "hosts", 2.0),
            Reason("cap", None, -5.0, "no more than its kind allows"),
        ),
        "flows": (Evidence("case/a.pcap", 1, 24), Evidence("case/a.pcap", 40, 9118)),
    }  # fmt: skip
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def report(findings: tuple[Finding, ...], **changes: object) -> ReportDocument:
    values: dict[str, object] = {
        "tool": {"name": "pcapscan", "version": "0"}, "options": {"home_nets": []},
        "inputs": (
            InputReport("case/a.pcap", "pcap", "gzip", "ab" * 32, 900, 1_700_000_000_000_000_000, 1_700_000_700_000_000_000, 12_345, {"cut": 1}),
            InputReport(f"case/{ESC}.pcap", "unknown", "", "", 3, None, None, 0, errors=(f"case/{ESC}.pcap: not a capture",)),
        ),
        "coverage": Coverage(12_345, 40, 9, {"no IP": 5}, {"expected": 30, "wrong_protocol": 10}, {"ssh": 10, "-": 30}, 2, ("no endpoint data",)),
        "findings": findings,
        "suppressed": (Suppressed(made(77, "SSH on 8022"), "backup-ssh", "the backup server", "ops", "2027-01-01"),),
    }  # fmt: skip
    return ReportDocument(**{**values, **changes})  # type: ignore[arg-type]


def hostile() -> ReportDocument:
    """Names from the wire that want to be commands, colours, formulas, other names and other lines."""
    return report(
        (
            made(
                1, f"TLS on 8443 {ESC}", server_name="=cmd|' /C calc'!A0", period_s=60.0, jitter=0.1, missed=0.02, false_alarm=1e-9,
                facts={"user_agent": f"@SUM(1)\r\nX{ESC}", "sni": BIDI, "bad": "\udc80raw", "none": None},
                process=(
                    Process("HOST1", "orig", "C:\\evil\x1b[2J.exe", 41, "{G}", "u", "+run", None, "exact", (Evidence("sysmon.evtx", 7),)),
                ),
            ),
            made(2, "-2+3 is a title", resp_h="2001:db8::9", attempt=True),
            made(3, BIDI, server_name="[bold]markup[/bold]", period_s=3600.0),
        ),
    )  # fmt: skip


@pytest.fixture
def reports() -> SimpleNamespace:
    """Makers of findings and reports, and what is hostile in them."""
    return SimpleNamespace(finding=made, of=report, hostile=hostile, esc=ESC, bidi=BIDI)
