"""Each folder of captures/ is whole, its expected.toml says only what the vocabulary knows, and the flows it names are in the capture."""

from __future__ import annotations

import ipaddress
import struct
import tomllib
from functools import cache
from pathlib import Path

import dpkt
import pytest

from pcapscan.findings import SEVERITIES
from pcapscan.tables import FAKES, VERDICTS

CAPTURES = Path(__file__).parents[2] / "captures"
FOLDERS = sorted(p.parent for p in CAPTURES.glob("*/expected.toml"))
KEYS = {
    "transport": str, "resp_p": int, "resp_h": str, "orig_h": str, "either": bool, "oneway": bool, "protocol": str, "accept": list, "verdict": str, "connections": int,
    "min_severity": str, "attempt": bool, "shell": bool, "upgraded": str, "server_name": str, "fake": str, "beacon": dict,
}  # fmt: skip
SILENT = {"none"}

each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)


@cache
def flows_of(path: Path) -> dict[tuple, list[int]]:
    """(transport, originator, responder) to payload packets of each, first sender first."""
    flows: dict[tuple, list[int]] = {}
    with path.open("rb") as file:
        for _, data in dpkt.pcap.UniversalReader(file):
            try:
                ip = dpkt.ethernet.Ethernet(data).data
            except (dpkt.UnpackError, struct.error, IndexError):  # dpkt parses on into payloads and may stumble there
                continue
            if not isinstance(ip, (dpkt.ip.IP, dpkt.ip6.IP6)) or not isinstance(ip.data, (dpkt.tcp.TCP, dpkt.udp.UDP)):
                continue
            transport = "tcp" if isinstance(ip.data, dpkt.tcp.TCP) else "udp"
            a, b = (str(ipaddress.ip_address(ip.src)), ip.data.sport), (str(ipaddress.ip_address(ip.dst)), ip.data.dport)
            if (transport, b, a) in flows:
                flows[transport, b, a][1] += bool(ip.data.data)
            else:
                flows.setdefault((transport, a, b), [0, 0])[0] += bool(ip.data.data)
    return flows


def of(entry: dict, flows: dict[tuple, list[int]]) -> list[tuple]:
    """Flows that an entry tells of."""
    return [
        (t, a, b)
        for t, a, b in flows
        if t == entry["transport"]
        and entry["resp_p"] in ((a[1], b[1]) if entry.get("either") else (b[1],))
        and entry.get("resp_h", b[0]) == b[0]
        and entry.get("orig_h", a[0]) == a[0]
    ]


def test_there_are_captures():
    assert len(FOLDERS) >= 20


def test_no_folder_without_its_files():
    for folder in (p for p in CAPTURES.iterdir() if p.is_dir() and p.name != "make"):
        assert {"README.md", "expected.toml"} <= {p.name for p in folder.iterdir()}, folder
        assert (folder / "capture.pcap").exists() or (folder / "capture.pcapng").exists(), folder


def test_all_of_them_are_small():
    sizes = [p.stat().st_size for p in CAPTURES.glob("*/capture.pcap*")]
    assert max(sizes) <= 200_000
    assert sum(sizes) <= 6_000_000


@each
def test_expected_keeps_to_the_schema(folder):
    document = tomllib.loads((folder / "expected.toml").read_text())
    assert set(document) == {"schema", "quiet", "flow"}
    assert document["schema"] == "pcapscan.expected/1"
    assert isinstance(document["quiet"], bool)
    for entry in document["flow"]:
        assert set(entry) <= set(KEYS)
        assert {"transport", "resp_p", "verdict"} <= set(entry)
        assert all(isinstance(value, KEYS[key]) for key, value in entry.items()), entry
        assert entry["transport"] in ("tcp", "udp")
        assert entry["verdict"] in VERDICTS
        assert entry.get("min_severity", "low") in SEVERITIES
        assert entry.get("fake", "") in FAKES
        assert ("fake" in entry) == (entry["verdict"] == "fake")
        assert ("protocol" in entry) == (entry["verdict"] in ("expected", "unexpected_port", "wrong_protocol"))
        if "beacon" in entry:
            assert entry["beacon"]["period_s"] > 0
            assert 0 <= entry["beacon"]["jitter"] < 1
        if document["quiet"]:
            assert entry["verdict"] in ("expected", "none", "unknown")
            assert "min_severity" not in entry


@each
def test_every_expected_flow_is_in_the_capture(folder):
    flows = flows_of(folder / "capture.pcap")
    document = tomllib.loads((folder / "expected.toml").read_text())
    for entry in document["flow"]:
        rows = of(entry, flows)
        assert rows, entry
        assert len(rows) == entry.get("connections", len(rows)), entry
        orig, resp = (sum(flows[row][side] for row in rows) for side in (0, 1))
        if entry["verdict"] in SILENT:
            assert not orig + resp, entry
        elif entry.get("attempt"):
            assert orig and not resp, entry
        elif entry.get("oneway"):
            assert orig or resp, entry
        elif not document["quiet"]:
            assert orig and resp, entry


@each
def test_no_flow_with_payload_is_left_unsaid(folder):
    flows = flows_of(folder / "capture.pcap")
    document = tomllib.loads((folder / "expected.toml").read_text())
    said = {row for entry in document["flow"] for row in of(entry, flows)}
    assert not [row for row, payload in flows.items() if sum(payload) and row not in said]


@each
def test_readme_says_how_it_was_made(folder):
    text = (folder / "README.md").read_text()
    for words in ("## Software", "## How it was made", f"captures/make/make.py {folder.name}`", "Licence: Apache-2.0"):
        assert words in text
