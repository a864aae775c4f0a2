r"""A changed port of Remote Desktop: the registry value, and its use.

What it detects
    A registry event that sets ``RDP-Tcp\PortNumber`` to another port than 3389; more where Remote Desktop is then served on that port of
    that host, by what is spoken there or by the service that accepts.
Why it matters
    T1571 test 3: a way back in that no list of ports shows.
How it is fooled
    By a change before the evidence begins.
False positives
    Administrators who hide from scanners; they know of it.

References
----------
    https://attack.mitre.org/techniques/T1571/ , https://attack.mitre.org/techniques/T1112/
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from pcapscan.findings import Evidence, Finding, Process, Reason
from pcapscan.judge.judgement import severity_of
from pcapscan.knowledge import Knowledge


class RdpPortChange(Struct, frozen=True):
    """A change, and what was seen on that port of that host afterwards.

    Attributes
    ----------
    address : str
        The host's; its name where none is known.
    time_ns : int
        Corrected where the host's clock is known.
    by : str
        ``content``, ``service`` or empty: how Remote Desktop was recognised on that port.
    client : str
        First who came; empty where none did.
    seen : tuple of Evidence
        Some of the flows.
    count, first_ns, last_ns : int
        Flows that were seen, and their span.
    risk : tuple of Reason
        Of the process that changed it.
    """

    host: str
    address: str
    port: int
    time_ns: int
    process: Process
    evidence: Evidence
    by: str = ""
    client: str = ""
    seen: tuple[Evidence, ...] = ()
    count: int = 0
    first_ns: int = 0
    last_ns: int = 0
    risk: tuple[Reason, ...] = ()


def port_change(changes: Sequence[RdpPortChange], knowledge: Knowledge) -> list[Finding]:
    """One finding a host and port; the last change of it counts."""
    last = {(c.host, c.port): c for c in sorted(changes, key=lambda c: c.time_ns)}
    return [_finding(change, knowledge) for change in last.values()]


def _finding(c: RdpPortChange, knowledge: Knowledge) -> Finding:
    reasons = [
        Reason(
            "rdp_port_change", c.port, knowledge.number("rdp_port_change.changed"),
            f"{c.process.image or 'a program without a name'} set the port of Remote Desktop on {c.host} to {c.port}", "port", 3389.0,
            (c.evidence,),
        )
    ]  # fmt: skip
    kinds = {"mismatch"}
    if c.count:
        how = "recognised by what it spoke" if c.by == "content" else "accepted by the service's process"
        reasons.append(
            Reason(
                "rdp_port_used", c.count, knowledge.number("rdp_port_change.seen"),
                f"Remote Desktop was then served there, {how}: {c.count} connection{'' if c.count == 1 else 's'}, the first from {c.client}", "connections", None, c.seen,
            )
        )  # fmt: skip
        reasons += c.risk
        kinds |= {"process"} if sum(r.points for r in c.risk) >= knowledge.number("band.independent") else set()
    score = sum(r.points for r in reasons)
    about = "|".join(("rdp_port_change", c.host, str(c.port)))
    return Finding(
        id=hashlib.sha256(about.encode()).hexdigest()[:16], severity=severity_of(score, kinds, knowledge), score=score,
        kind="rdp_port_change", title=f"the port of Remote Desktop on {c.host} was set to {c.port}" + (", and is used" if c.count else ""),
        orig_h=c.client or c.address, resp_h=c.address, resp_p=c.port, transport="tcp", protocol="rdp" if c.by == "content" else None,
        verdict="unexpected_port" if c.by == "content" else "none", attempt=False, expected_ports=(3389,), server_name=None,
        connections=c.count, first_ns=c.time_ns, last_ns=max(c.time_ns, c.last_ns), orig_bytes=0, resp_bytes=0, reasons=tuple(reasons),
        process=(c.process,), techniques=("T1571", "T1112", "T1021.001"), flows=(c.evidence, *c.seen),
    )  # fmt: skip
