"""The changed port of Remote Desktop, in every way that it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pcapscan.attribute.rdp import rdp_port_changes

KEY = "HKLM\\System\\ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp\\PortNumber"


@pytest.mark.parametrize(
    ("target", "details", "ports"),
    [
        (KEY, "DWORD (0x00000050)", [80]),
        (KEY.upper(), "33890", [33890]),
        (KEY, "0x8462", [33890]),
        (KEY, "DWORD (0x00000d3d)", []),
        (KEY, "QWORD (0x1-0x2)", []),
        (KEY + "X", "33890", []),
    ],
)
def test_sysmon_13(made_events: Callable[..., Any], made_event: Callable[..., Any], target: str, details: str, ports: list[int]) -> None:
    events = made_events(made_event(0, 1) | {"EventID": 13, "TargetObject": target, "Details": details})
    assert [change.port for change in rdp_port_changes(events)] == ports


def test_ecs_registry(made_events: Callable[..., Any]) -> None:
    doc = {"@timestamp": "2024-01-01T00:00:00Z", "event": {"category": ["registry"]}, "host": {"name": "a"},
           "registry": {"path": KEY, "value": "PortNumber", "data": {"strings": ["33890"]}}}  # fmt: skip
    assert [change.port for change in rdp_port_changes(made_events(doc))] == [33890]
