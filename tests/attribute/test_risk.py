"""Process risk: names that lie about their folder, parents, and what lowers but never deletes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcapscan.attribute import attribute
from pcapscan.attribute.risk import Spot, load_rules, risks, score
from pcapscan.errors import KnowledgeError
from pcapscan.findings import Process

RULES = load_rules()
SYSTEM = "C:\\Windows\\System32\\"


def tier(
    image: str, port: int = 4444, command: str | None = None, parent: str | None = None, private: bool = False
) -> tuple[str, float, bool]:
    process = Process("pc", "orig", image=image, command_line=command, parent=parent)
    reasons, alone, _ = score(RULES, process, Spot(port, "private" if private else "public"))
    return (str(reasons[0].value) if reasons else "", sum(r.points for r in reasons), alone)


@pytest.mark.parametrize(
    ("image", "word"),
    [
        ("C:\\Users\\bob\\AppData\\svchost.exe", "masquerade"),
        (SYSTEM + "notepad.exe", "no-network-program"),
        ("<unknown process>", "unresolved"),
        ("C:\\Users\\bob\\Downloads\\payload.exe", "user-writable"),
        (SYSTEM + "mshta.exe", "fetch-and-run"),
        (SYSTEM + "WindowsPowerShell\\v1.0\\PowerShell.EXE", "script-interpreter"),
        ("/usr/bin/nc", "unix-shell"),
        (SYSTEM + "svchost.exe", "system-service-foreign-port"),
        ("\\device\\harddiskvolume2\\windows\\system32\\svchost.exe", "system-service-foreign-port"),
        ("C:\\Program Files\\Mozilla Firefox\\firefox.exe", ""),
    ],
)
def test_tier(image: str, word: str) -> None:
    assert tier(image)[0] == word


def test_explorer_in_its_own_folder_is_none() -> None:
    assert tier("C:\\Windows\\explorer.exe")[0] == ""
    assert tier("C:\\Windows\\Temp\\explorer.exe")[0] == "masquerade-explorer"


def test_bare_name_is_no_masquerade() -> None:
    assert tier("cmd.exe")[0] == "script-interpreter"


def test_rundll32_without_arguments() -> None:
    assert tier(SYSTEM + "rundll32.exe", command='"C:\\Windows\\System32\\rundll32.exe"')[0] == "proxy-without-arguments"
    assert tier(SYSTEM + "rundll32.exe", command="rundll32.exe shell32.dll,X")[0] == "fetch-and-run"


def test_office_child_stands_alone() -> None:
    assert tier(SYSTEM + "cmd.exe", parent="C:\\Program Files\\Office\\WINWORD.EXE") == ("office-child", 28, True)


def test_private_lowers_never_deletes() -> None:
    assert tier("C:\\Users\\b\\Desktop\\x.exe", private=True) == ("user-writable", 16, False)


def test_svchost_event_forwarding_and_printing_notepad() -> None:
    assert tier(SYSTEM + "svchost.exe", 5985)[0] == ""
    assert tier(SYSTEM + "notepad.exe", 9100)[0] == ""


def test_wrong_rule_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[[tier]]\nid = "a"\npoints = 1\ntext = "t"\nsource = "s"\npath = "("\n')
    with pytest.raises(KnowledgeError, match="path"):
        load_rules(tmp_path / "p.toml")


def test_risks_name_the_client_of_a_flow(
    made_flows: Callable[..., Any], made_events: Callable[..., Any], made_event: Callable[..., Any]
) -> None:
    each = [(0.0, 50001), (7.0, 50002), (19.0, 50003)]
    events = made_events(*(made_event(at, port, Image="C:\\Users\\b\\Downloads\\x.exe") for at, port in each))
    flows = made_flows(*each)
    answer = risks(flows, events, attribute(flows, events), ["host.ndjson"])
    assert answer.row.tolist() == [0, 0, 0]
    assert answer.processes[0].evidence[0].number == 1
    assert sum(reason.points for reason in answer.reasons[0]) == 22
