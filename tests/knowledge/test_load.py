"""The reader refuses what is malformed, contradictory or unsaid, and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapscan.errors import KnowledgeError
from pcapscan.knowledge import load
from pcapscan.tables import TCP, UDP

K = load()
SAID = 'why = "w"\nsource = "s"\nconfidence = "high"\nfalse_positives = "f"\n'


def overlay(tmp_path: Path, text: str, name: str = "ports.toml") -> Path:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[protocol.x]\niana = ['tcp/1']\n", ("protocol.x", "why")),
        (f"[protocol.x]\n{SAID}iana = ['tcp/70000']\n", ("protocol.x", "iana", "70000")),
        (f"[protocol.x]\n{SAID}iana = ['tcp/9-3']\n", ("protocol.x", "iana")),
        (f"[protocol.x]\n{SAID}iana = ['443']\n", ("protocol.x", "iana", "tcp/443")),
        (f"[protocol.x]\n{SAID}iana = 'tcp/443'\n", ("protocol.x", "iana")),
        (f"[protocol.x]\n{SAID}reserved = ['tcp/443']\n", ("protocol.x", "reserved")),
        (f"[protocol.x]\n{SAID}ianna = ['tcp/443']\n", ("protocol.x", "ianna", "no key")),
        (f"[protocol.x]\n{SAID}symmetric = 1\n", ("protocol.x", "symmetric")),
        (f"[protocol.x]\n{SAID}answered = true\n", ("protocol.x", "answered")),
        (f"[protocol.x]\n{SAID}aliases = ['https', 'tls']\n", ("aliases", "tls")),
        (f"[alternate.x]\n{SAID}protocols = ['nonesuch']\nports = ['tcp/1']\n", ("alternate.x", "protocols", "nonesuch")),
        (f"[pair.x]\n{SAID}severity = 'critical'\n", ("pair.x", "severity", "high")),
        (f"[pair.x]\n{SAID}severity = 'low'\nverdicts = ['unexpected_port']\n", ("pair.", "severity")),
        (f"[campaign.x]\n{SAID}name = 'n'\nuses = [{{ports = []}}]\n", ("campaign.x", "uses", "ports")),
        (f"[nonesuch.x]\n{SAID}", ("nonesuch", "no such kind")),
        ("protocol = 7\n", ("protocol", "table")),
        ("[protocol.x\n", ("TOML",)),
        ("[protocol.x]\n[protocol.x]\n", ("TOML",)),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\n", ("suppress.x", "no condition")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nports = [1]\n", ("suppress.x", "expires")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 'never'\nports = [1]\n", ("suppress.x", "expires")),
        (f"[suppress.x]\n{SAID}expires = 2026-01-01\nports = [1]\n", ("suppress.x", "owner")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nnames = ['ex*mple.com']\n", ("suppress.x", "names", "*.example.com")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nprocesses = ['node.exe']\n", ("suppress.x", "processes", "path")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nresponders = ['10.0.0.0/99']\n", ("suppress.x", "responders")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nafter = 2026-01-01T00:00:00\n", ("suppress.x", "after", "zone")),
        ("[suppress.x]\nowner = 'o'\nexpires = 2026-01-01\nports = [1]\n", ("suppress.x", "why")),
        (
            f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nafter = 2026-02-01T00:00:00Z\nbefore = 2026-01-01T00:00:00Z\n",
            ("suppress.x", "before", "never hide"),
        ),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nports = [1]\nmax_score = -1\n", ("suppress.x", "max_score")),
        (f"[suppress.x]\n{SAID}owner = 'o'\nexpires = 2026-01-01\nports = [1]\ntransports = ['icmp']\n", ("suppress.x", "ports", "ICMP")),
        (f"[mark.x]\n{SAID}fact = 'subject'\nany_of = ['a']\npoints = nan\n", ("mark.x", "points", "finite")),
    ],
)
def test_wrong_knowledge_is_refused_with_its_place(tmp_path, text, names):
    with pytest.raises(KnowledgeError) as caught:
        load([overlay(tmp_path, text)])
    assert all(name in str(caught.value) for name in names), str(caught.value)
    assert "ports.toml" in str(caught.value)


def test_number_that_nobody_asks_for_is_refused(tmp_path):
    text = '[pair.mediun]\nvalue = 5\nunit = "points"\nwhy = "typo"\n'
    with pytest.raises(KnowledgeError, match="mediun"):
        load([overlay(tmp_path, text, "scoring.toml")])


def test_missing_folder_is_said(tmp_path):
    with pytest.raises(KnowledgeError, match="no such folder"):
        load([tmp_path / "nothing"])


def test_overlay_replaces_adds_and_takes_away(tmp_path):
    overlay(
        tmp_path,
        f"[protocol.rdp]\n{SAID}iana = ['tcp/3390']\n[protocol.mine]\n{SAID}iana = ['udp/7']\n[protocol.tor]\ndisabled = true\nwhy = 'w'\n[pair.anonymity]\ndisabled = true\nwhy = 'w'\n",
    )
    overlay(tmp_path, '[pair.medium]\nvalue = 20\nunit = "points"\nwhy = "quieter"\n', "scoring.toml")
    k = load([tmp_path])
    assert [str(s) for s in k.protocol("rdp").expected] == ["tcp/3390"]
    assert k.protocol("mine") and k.protocol("tor") is None
    assert k.number("pair.medium") == 20 and K.number("pair.medium") == 27, "the shipped knowledge is not changed"


def test_two_files_of_one_folder_may_not_say_the_same_thing(tmp_path):
    overlay(tmp_path, f"[protocol.mine]\n{SAID}")
    overlay(tmp_path, f"[protocol.mine]\n{SAID}", "more.toml")
    with pytest.raises(KnowledgeError, match="twice"):
        load([tmp_path])


def test_shipped_knowledge_is_read_once():
    assert load() is load()


def test_aliases_reach_the_same_protocol():
    assert K.protocol("mssql") is K.protocol("tds") and K.protocol("rfb").id == "vnc" and K.protocol("no-such") is None


def test_who_is_at_home():
    assert K.expected_at(TCP, 443)[0] == "tls" and K.expected_at(UDP, 443)[0] in ("dtls", "quic") and K.expected_at(TCP, 61234) == ()


def test_a_sites_own_suppression_needs_an_owner_and_a_last_day_but_no_source(tmp_path):
    overlay(tmp_path, "[suppress.mine]\nowner = 'soc'\nexpires = 2026-12-31\nwhy = 'the lab'\nports = [8088]\n", "suppress.toml")
    rule = next(s for s in load([tmp_path]).suppressions if s.id == "mine")
    assert (rule.owner, rule.expires, rule.source) == ("soc", "2026-12-31", "")


def test_other_entries_of_an_overlay_still_say_their_source(tmp_path):
    with pytest.raises(KnowledgeError, match="source"):
        load([overlay(tmp_path, "[protocol.x]\nwhy = 'w'\niana = ['tcp/1']\n")])
