"""Every shipped entry: said in full, not shadowed, not dead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pcapscan.judge
import pcapscan.knowledge as load_module
from pcapscan.judge.mismatch import pair_of
from pcapscan.knowledge import load
from pcapscan.tables import TCP

K = load()
ENTRIES = [*K.protocols.values(), *K.alternates, *K.pairs, *K.campaigns, *K.suspicious, *K.marks, *K.suppressions]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{type(e).__name__}-{e.id}")
def test_entry_says_why_whence_and_whom_it_wrongs(entry):
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", entry.id)
    for text in (entry.why, entry.source, entry.false_positives):
        assert len(text) >= 4 and text.strip() == text


@pytest.mark.parametrize("number", K.numbers.values(), ids=lambda n: n.id)
def test_number_has_unit_and_reason_and_is_asked_for(number):
    assert number.unit and len(number.why) > 10
    table, key = number.id.split(".")
    source = "\n".join(p.read_text() for p in Path(pcapscan.judge.__file__).parent.glob("*.py"))
    asked = (
        f'"{number.id}"' in source
        or f'f"{table}.{{' in source
        or (table == "rarity" and key in ("responder_rare", "responder_common", "port_rare", "port_common"))
    )
    assert asked, f"nothing asks for {number.id}"


def test_all_53_attack_rows_are_there():
    assert sum(bool(c.uses) and not c.id.startswith("technique-") for c in K.campaigns) == 53
    assert sum(not c.uses for c in K.campaigns) == 7, "examples that name no port are listed as well: 60 in all"
    assert all(re.fullmatch(r"[GSC]\d{4}|T1571", c.attack_id) for c in K.campaigns)
    assert len({c.attack_id for c in K.campaigns if not c.id.startswith("technique")}) == 60


@pytest.mark.parametrize("pair", [p for p in K.pairs if p.protocols and p.ports], ids=lambda p: p.id)
def test_no_pair_is_shadowed(pair):
    for verdict in pair.verdicts or ("unexpected_port", "wrong_protocol"):
        for protocol in pair.protocols:
            spec = pair.ports[0]
            decides = pair_of(K, protocol, spec.proto, spec.first, verdict)
            assert decides is not None and (decides is pair or decides.severity == pair.severity or len(decides.ports) <= len(pair.ports))


@pytest.mark.parametrize(
    ("name", "port", "verdict", "severity"),
    [
        ("tls", 8443, "unexpected_port", "low"),
        ("http", 8080, "unexpected_port", "low"),
        ("tls", 2083, "unexpected_port", "low"),
        ("tls", 8088, "unexpected_port", "medium"),
        ("rdp", 33890, "unexpected_port", "high"),
        ("vnc", 44443, "unexpected_port", "high"),
        ("http", 22, "wrong_protocol", "high"),
        ("http", 443, "wrong_protocol", "medium"),
        ("tls", 53, "wrong_protocol", "high"),
        ("ssh", 443, "wrong_protocol", "medium"),
        ("ssh", 2222, "unexpected_port", "low"),
        ("tls", 5228, "unexpected_port", "low"),
        ("fake", 443, "fake", "high"),
        ("?", 443, "unknown_on_reserved", "medium"),
        ("?", 4050, "unknown", "low"),
        ("?", 5222, "unknown", "info"),
    ],
)
def test_severity_belongs_to_the_pair(name, port, verdict, severity):
    assert pair_of(K, name, TCP, port, verdict).severity == severity


def test_every_protocol_the_engine_names_has_a_home():
    """Read from the sources, so that no kernel has to be compiled."""
    folder = Path(load_module.__file__).parent.parent / "identify" / "protocols"
    names = {m[1] for p in folder.glob("*.py") if (m := re.search(r'^NAME(?::.*)? = "([^"]+)"', p.read_text(), re.MULTILINE))}
    homeless = sorted(n for n in names if K.protocol(n) is None)
    assert not homeless, f"write [protocol.NAME] in ports.toml for {homeless}"
