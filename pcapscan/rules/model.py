"""One model of a detection, from which every language is written.

A rule says: traffic of these protocols (or of none that belongs there) to these ports, towards the outside, perhaps by these processes,
perhaps repeated. What a language can't say it leaves out and says so in the rule's notes; it never says something else instead.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import uuid
from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from pcapscan.findings import Finding
from pcapscan.knowledge import Campaign, Knowledge, Ports
from pcapscan.tables import SCTP, TCP, UDP

INSIDE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",
    "::1/128", "fe80::/10", "fc00::/7", "ff00::/8",
)  # fmt: skip
"""What a rule about the outside leaves out. Documentation ranges are not among them."""

INTERPRETERS = (
    "cmd.exe", "powershell.exe", "pwsh.exe", "wscript.exe", "cscript.exe", "mshta.exe", "rundll32.exe", "regsvr32.exe", "certutil.exe",
    "bitsadmin.exe", "msiexec.exe", "node.exe", "python.exe", "python3", "node", "curl", "nc", "ncat",
)  # fmt: skip
"""Programs that a rule about processes names: script interpreters and programs that fetch and run."""

WORDS = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}


class Rule(Struct, frozen=True, dict=True):
    """A detection.

    Attributes
    ----------
    id : str
        Stable: a hash of what it is about.
    title, why : str
    protocols : tuple of str
        Canonical names; ``?`` for bytes of no known protocol, ``fake`` for a faked TLS, ``none`` for attempts without payload. Empty: any.
    ports : tuple of Ports
        Empty: any.
    reserved : bool
        The ports belong to another protocol: the rule is about what does not belong there.
    responder : str or None
        One address; None: everything outside.
    processes : tuple of str
        File names; empty: any.
    inbound : bool
        From the outside to a host inside that listens; else to the outside (or to the one responder).
    repeats : int
        So many times within ``window_s``; 1: once.
    techniques : tuple of str
    level : str
        ``low``, ``medium`` or ``high``.
    """

    id: str
    title: str
    why: str
    protocols: tuple[str, ...] = ()
    ports: tuple[Ports, ...] = ()
    reserved: bool = False
    responder: str | None = None
    processes: tuple[str, ...] = ()
    inbound: bool = False
    repeats: int = 1
    window_s: int = 900
    techniques: tuple[str, ...] = ("T1571",)
    level: str = "medium"
    false_positives: str = ""
    references: tuple[str, ...] = ("https://attack.mitre.org/techniques/T1571/",)

    @property
    def uuid(self) -> str:
        """The same, as a UUID."""
        return str(uuid.UUID(bytes=hashlib.sha256(self.id.encode()).digest()[:16], version=4))

    @property
    def sid(self) -> int:
        """A Suricata signature id in the range for local rules (1,000,000 to 1,899,999; reserved ports begin above)."""
        return 1_000_000 + int.from_bytes(hashlib.sha256(self.id.encode()).digest()[:4]) % 900_000

    def numbers(self, proto: int | None = None) -> tuple[int, ...]:
        """Single ports of one transport, or of all, ascending; ranges written out."""
        return tuple(sorted({n for p in self.ports if proto in (None, p.proto) for n in range(p.first, p.last + 1)}))

    @property
    def transport(self) -> str | None:
        """``tcp``, ``udp`` or ``sctp``; None where no port is said. A rule speaks of one transport (:func:`by_transport`)."""
        return WORDS[self.ports[0].proto] if self.ports else None

    @cached_property
    def _places(self) -> frozenset[int]:
        return frozenset(self.numbers())

    def fits(self, transport: str, port: int, originator: str, responder: str, program: str | None = None) -> bool:
        """Whether one connection is what the rule asks for, as far as hosts' events and flow records can tell.

        The obvious twin of every query that is written from the rule: protocols are asked of sensors only, and repetition is not
        counted here.
        """
        if self.ports and (transport != self.transport or port not in self._places):
            return False
        if self.processes and (program or "").lower() not in {name.lower() for name in self.processes}:
            return False
        if self.inbound and _inside(originator):
            return False
        if self.responder is not None:
            return ipaddress.ip_address(responder) == ipaddress.ip_address(self.responder)
        return _inside(responder) == self.inbound


def _inside(address: str) -> bool:
    try:
        where = ipaddress.ip_address(address)
    except ValueError:  # a host that is only known by name
        return True
    return any(where in ipaddress.ip_network(net) for net in INSIDE)


def _is_address(text: str) -> bool:
    """A finding's responder may be a host that is known by name alone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def by_transport(rule: Rule) -> list[Rule]:
    """One rule a transport: few languages can say that one port is TCP's and another UDP's in one rule."""
    protos = list(dict.fromkeys(p.proto for p in rule.ports))
    if len(protos) < 2:
        return [rule]
    return [replace(rule, id=f"{rule.id}-{WORDS[proto]}", ports=tuple(p for p in rule.ports if p.proto == proto)) for proto in protos]


def safe(text: str, limit: int = 160) -> str:
    """Text for a rule file: printable ASCII without what any of the languages quotes with."""
    return re.sub(r"""[^ !#$%&()*+,\-./0-9:<=>?@A-Z\[\]^_a-z{|}~]""", " ", text)[:limit].strip()


def _reserved(ports: Sequence[Ports], knowledge: Knowledge) -> bool:
    keys = set(knowledge.reserved_keys.tolist())
    return bool(ports) and all(p.proto << 16 | p.first in keys for p in ports)


def of_campaign(campaign: Campaign, knowledge: Knowledge) -> list[Rule]:
    """One rule for each use that a campaign made of ports; reserved ports and others apart."""
    rules = []
    for number, use in enumerate(campaign.uses):
        for reserved in (False, True):
            ports = tuple(p for p in use.ports if _reserved((p,), knowledge) == reserved)
            if not ports:
                continue
            rules.append(
                Rule(
                    id=f"{campaign.id}-{number}{'-reserved' if reserved else ''}", title=f"Ports and protocols of {safe(campaign.name)}",
                    why=safe(campaign.why), protocols=use.protocols, ports=ports, reserved=reserved, inbound=use.listener,
                    techniques=("T1571",), false_positives=safe(campaign.false_positives), level="medium",
                    references=("https://attack.mitre.org/techniques/T1571/", *_attack(campaign.attack_id)),
                )
            )  # fmt: skip
    return rules


def _attack(identifier: str) -> tuple[str, ...]:
    folder = {"G": "groups", "S": "software", "C": "campaigns"}.get(identifier[:1])
    return (f"https://attack.mitre.org/{folder}/{identifier}/",) if folder else ()


def of_lists(knowledge: Knowledge) -> list[Rule]:
    """The lists of suspicious ports, joined with processes, since a port alone says little."""
    return [
        Rule(
            id=f"list-{entry.id}", title=f"Script interpreter or transfer tool to a suspicious port ({entry.id})", why=safe(entry.why),
            ports=entry.ports, processes=INTERPRETERS, false_positives=safe(entry.false_positives), level=entry.confidence,
        )
        for entry in knowledge.suspicious
    ]  # fmt: skip


def shipped(knowledge: Knowledge) -> list[Rule]:
    """All rules of the knowledge: campaigns, lists, and repetition on the lists' ports."""
    rules = [r for c in knowledge.campaigns for r in of_campaign(c, knowledge)] + of_lists(knowledge)
    ports = tuple(sorted({p for e in knowledge.suspicious if e.confidence != "low" for p in e.ports}))
    rules.append(
        Rule(
            id="repeated-suspicious-port", title="Repeated connections to a suspicious port outside", ports=ports, repeats=5,
            why="A channel is kept, an accident is not repeated.", false_positives="Applications of the house on those ports.",
        )
    )  # fmt: skip
    return [one for rule in rules for one in by_transport(rule)]


def of_finding(finding: Finding) -> Rule:
    """A rule that finds the place of a finding again."""
    proto = {"tcp": TCP, "udp": UDP, "sctp": SCTP}.get(finding.transport)
    ports = () if proto is None else (Ports(proto, finding.resp_p, finding.resp_p),)
    spoken = {"fake": "fake", "none": "none"}.get(finding.verdict) or finding.protocol or "?"
    images = tuple(dict.fromkeys(re.split(r"[\\/]", p.image)[-1] for p in finding.process if p.image))
    return Rule(
        id=f"finding-{finding.id}", title=safe(finding.title), why=safe("; ".join(r.text for r in finding.reasons), 400),
        protocols=(spoken,), ports=ports, reserved=finding.verdict in ("wrong_protocol", "unknown_on_reserved", "fake"),
        responder=finding.resp_h if _is_address(finding.resp_h) else None, inbound=_inside(finding.resp_h) and not _inside(finding.orig_h),
        processes=tuple(safe(i) for i in images), repeats=5 if finding.period_s and finding.period_s <= 180 else 1,
        window_s=900, techniques=finding.techniques, level={"critical": "high", "high": "high", "medium": "medium"}.get(finding.severity, "low"),
        false_positives="See the finding's reasons.",
    )  # fmt: skip
