"""Process risk: names that lie about their folder, parents, and what lowers but never deletes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pcapscan.attribute import attribute
from pcapscan.attribute.process_rules import Spot, load_rules
from pcapscan.attribute.risk import risks, score
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


# Tiers that need more than a name.


def values(image: str, spot: Spot, command: str | None = None, parent: str | None = None) -> dict[str, float]:
    """Rule to points; a rule that hides, as ``hides:ID``."""
    process = Process("pc", "orig", image=image, command_line=command, parent=parent)
    reasons, _, hidden = score(RULES, process, spot)
    return {str(r.value): r.points for r in reasons} | ({f"hides:{hidden[0]}": 0.0} if hidden else {})


PROGRAMS = "C:\\Program Files\\"
POWERSHELL = SYSTEM + "WindowsPowerShell\\v1.0\\powershell.exe"


@pytest.mark.parametrize(
    ("image", "spot", "command", "parent", "word"),
    [
        ("C:\\tools\\update.exe", Spot(4444, original_name="PowerShell.EXE"), None, None, "renamed-binary"),
        (POWERSHELL, Spot(4444, original_name="PowerShell.EXE.MUI"), None, None, "script-interpreter"),
        (SYSTEM + "werfault.exe", Spot(443), "werfault.exe", None, "werfault-without-arguments"),
        (SYSTEM + "dllhost.exe", Spot(443), '"C:\\Windows\\System32\\dllhost.exe"', None, "proxy-without-arguments"),
        (SYSTEM + "dllhost.exe", Spot(443), "dllhost.exe /Processid:{AB}", None, ""),
        (SYSTEM + "lsass.exe", Spot(8080), None, None, "lsass-foreign-port"),
        (SYSTEM + "lsass.exe", Spot(88), None, None, ""),
        (SYSTEM + "lsass.exe", Spot(49670), None, None, ""),
        (SYSTEM + "spoolsv.exe", Spot(443, "public"), None, None, "service-to-public"),
        (SYSTEM + "spoolsv.exe", Spot(443, "private"), None, None, ""),
        ("/usr/bin/ssh", Spot(22), "ssh -R 3389:127.0.0.1:3389 x", None, "tunnel-ssh"),
        ("/usr/bin/ssh", Spot(22), "ssh bob@x", None, ""),
        ("/usr/bin/bash", Spot(443), None, "/usr/lib/jvm/bin/java", "server-child"),
        ("/memfd:x (deleted)", Spot(443), None, None, "unresolved"),
        ("/dev/shm/x", Spot(443), None, None, "unresolved"),
        ("/home/bob/.cache/x", Spot(443), None, None, "user-writable"),
        ("/tmp/x", Spot(443), None, None, "user-writable"),
        (PROGRAMS + "Microsoft Office\\EXCEL.EXE", Spot(8088), None, None, "office-odd-port"),
        (PROGRAMS + "Microsoft Office\\EXCEL.EXE", Spot(443), None, None, ""),
        (SYSTEM + "certreq.exe", Spot(443), None, None, "transfer"),
        (SYSTEM + "grunthttp2.exe", Spot(443), None, None, ""),
    ],
)  # fmt: skip
def test_tier_with_context(image: str, spot: Spot, command: str | None, parent: str | None, word: str) -> None:
    found = [w for w in values(image, spot, command, parent) if w in {t.id for t in RULES.tiers}]
    assert found == ([word] if word else [])


@pytest.mark.parametrize(
    ("spot", "word", "points"),
    [
        (Spot(4444, signed=0), "unsigned", 6), (Spot(4444, fresh=True), "fresh", 3), (Spot(4444, raw=True), "raw", 4),
        (Spot(4444, "private", raw=True), "raw", 0), (Spot(4444, many=True), "many", -4), (Spot(4444, "loopback"), "private", -6),
        (Spot(80, "private", address="169.254.169.254"), "metadata", 6), (Spot(80, "private", address="169.254.169.254"), "private", 0),
    ],
)  # fmt: skip
def test_modifiers(spot: Spot, word: str, points: float) -> None:
    assert values(POWERSHELL, spot).get(word, 0) == points


def test_metadata_is_of_interpreters_alone() -> None:
    assert "metadata" not in values("C:\\Users\\b\\Desktop\\x.exe", Spot(80, "private", address="169.254.169.254"))


# Suppressions: what hides, what only lowers, and what a bare name must not do.

OUTLOOK = PROGRAMS + "Microsoft Office\\root\\Office16\\OUTLOOK.EXE"
TEAMS = "C:\\Users\\bob\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe"


@pytest.mark.parametrize(
    ("image", "spot", "word"),
    [
        (PROGRAMS + "nodejs\\node.exe", Spot(3000, "loopback"), "hides:dev-local"),
        (PROGRAMS + "nodejs\\node.exe", Spot(9229, "private"), "hides:dev-local"),
        (PROGRAMS + "nodejs\\node.exe", Spot(9001, "public"), "dev-public"),
        (PROGRAMS + "nodejs\\node.exe", Spot(4444, "private"), ""),
        ("node.exe", Spot(3000, "private"), ""),
        ("C:\\Users\\b\\AppData\\Local\\Temp\\node.exe", Spot(3000, "private"), ""),
        (OUTLOOK, Spot(587, server_name="smtp.office365.com", protocol="smtp"), "hides:mail-client"),
        (OUTLOOK, Spot(587, server_name="mail.evil.example", protocol="smtp"), "mail-client"),
        (OUTLOOK, Spot(587, protocol="http"), ""),
        ("C:\\Users\\b\\Downloads\\outlook.exe", Spot(587, server_name="smtp.office365.com"), ""),
        ("/usr/lib/postfix/sbin/smtp", Spot(25), "hides:mail-server"),
        ("C:\\x\\invoice.exe", Spot(587), "mail-other"),
        (PROGRAMS + "OpenVPN\\bin\\openvpn.exe", Spot(1194, proto=17), "vpn-openvpn"),
        ("/usr/bin/wg", Spot(51820, proto=6), ""),
        (SYSTEM + "svchost.exe", Spot(5985, "private", peers=25), "hides:windows-infra-collector"),
        (SYSTEM + "svchost.exe", Spot(5985, "private", peers=3), ""),
        (SYSTEM + "svchost.exe", Spot(7680, "private"), "hides:windows-infra-delivery"),
        (SYSTEM + "svchost.exe", Spot(7680, "public"), ""),
        (SYSTEM + "svchost.exe", Spot(5355, "multicast", proto=17), "hides:windows-infra-discovery"),
        ("C:\\WindowsAzure\\GuestAgent\\WindowsAzureGuestAgent.exe", Spot(80, "public", address="168.63.129.16"), "hides:cloud-agent"),
        (POWERSHELL, Spot(80, "public", address="168.63.129.16"), ""),
        (PROGRAMS + "Google\\Chrome\\Application\\chrome.exe", Spot(8443, server_name="a.example", protocol="tls"), "browser-alternate-port"),
        (PROGRAMS + "Google\\Chrome\\Application\\chrome.exe", Spot(8443, protocol="tls"), ""),
        (POWERSHELL, Spot(8443, server_name="a.example", protocol="tls"), ""),
        (PROGRAMS + "Windows Defender\\MsMpEng.exe", Spot(443, signed=1, signer="Microsoft Windows Publisher"), "hides:security-agents"),
        (PROGRAMS + "Windows Defender\\MsMpEng.exe", Spot(443), ""),
        (TEAMS, Spot(8443), "known-app-unsigned"),
        (TEAMS, Spot(8443, signed=0), ""),
    ],
)  # fmt: skip
def test_excuse(image: str, spot: Spot, word: str) -> None:
    excuses = {e.id for e in RULES.excuses}
    assert [w for w in values(image, spot) if w.removeprefix("hides:") in excuses] == ([word] if word else [])


def test_points_of_excuses() -> None:
    assert values(OUTLOOK, Spot(587, server_name="mail.evil.example", protocol="smtp"))["mail-client"] == -8
    assert values(PROGRAMS + "OpenVPN\\bin\\openvpn.exe", Spot(1194, proto=17)) == {"vpn-openvpn": -8}
    assert values(TEAMS, Spot(8443)) == {"user-writable": 22, "known-app-unsigned": -10}
    assert values("C:\\x\\invoice.exe", Spot(587)) == {"mail-other": 4}
    assert values("C:\\x\\python.exe", Spot(9001)) == {"script-interpreter": 18, "dev-public": -4}


def test_a_valid_signature_and_a_known_folder_acquit() -> None:
    assert values(TEAMS, Spot(8443, signed=1, signer="Microsoft Corporation")) == {}
    assert "user-writable" in values(TEAMS, Spot(8443, signed=1, signer="Somebody Ltd"))


SITE = """
[lists]
vpn_concentrators = ["198.51.100.0/24", "vpn.example.org"]
domain_controllers = ["10.0.0.2"]
rdp_ports = [33890]
[[suppress]]
id = "dev-local"
path = "node"
place = ["loopback"]
effect = "suppress"
text = "ours"
source = "site"
"""


def test_a_site_lays_its_lists_and_rules_over_the_shipped(tmp_path: Path) -> None:
    (tmp_path / "processes.toml").write_text(SITE)
    rules = load_rules(overlays=[tmp_path])

    def told(image: str, spot: Spot) -> tuple[list[tuple[str, float]], str]:
        reasons, _, hidden = score(rules, Process("pc", "orig", image=image), spot)
        return [(str(r.value), r.points) for r in reasons], hidden[0] if hidden else ""

    assert told(PROGRAMS + "OpenVPN\\bin\\openvpn.exe", Spot(1194, proto=17, address="198.51.100.7")) == ([], "vpn-openvpn")
    assert (
        told(PROGRAMS + "OpenVPN\\bin\\openvpn.exe", Spot(1194, proto=17, address="192.0.2.7", server_name="vpn.example.org"))[1]
        == "vpn-openvpn"
    )
    assert told(SYSTEM + "lsass.exe", Spot(49670, "private", address="10.0.0.2"))[1] == "windows-infra-controller"
    assert told(SYSTEM + "mstsc.exe", Spot(33890, protocol="rdp")) == ([("rdp-tools", -10)], "")
    assert told(SYSTEM + "mstsc.exe", Spot(33891, protocol="rdp")) == ([], "")
    assert told(PROGRAMS + "nodejs\\node.exe", Spot(3000, "private"))[1] == ""
    assert len(rules.excuses) == len(RULES.excuses)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[suppress]]\nid="a"\neffect="suppress"\ntext="t"\nsource="s"\nname=["x"]\nport=[1]\n', "path or signature"),
        ('[[suppress]]\nid="a"\neffect="suppress"\ntext="t"\nsource="s"\npath="x"\n', "destination or port"),
        ('[[suppress]]\nid="a"\neffect="points"\npoints=-5\ntext="t"\nsource="s"\nname=["x"]\n', "bare name never lowers"),
        ('[[suppress]]\nid="a"\neffect="vanish"\ntext="t"\nsource="s"\n', "none of"),
        ('[[suppress]]\nid="a"\neffect="points"\ntext="t"\nsource="s"\nport=["x-1"]\n', "no port"),
        ('[[suppress]]\nid="a"\neffect="points"\ntext="t"\nsource="s"\nprot="tcp"\n', "no such key"),
        ('[[tier]]\nid="a"\npoints=1\ntext="t"\n', "source"),
        ('[[tier]]\nid="a"\npoints=1\ntext="t"\nsource="s"\nplace=["moon"]\n', "moon"),
        ('[[authorized]]\nstart="yesterday"\n', "authorized"),
        ("[lists]\ncollectors = 7\n", "a list"),
        ("[things]\n", "no such table"),
        ("tier = 7", "tables are expected"),
        ("authorized = 7", "tables are expected"),
        ('[[tier]]\nid="a"\npoints="x"\ntext="t"\nsource="s"\n', "a: "),
    ],
)
def test_a_wrong_file_of_a_site_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "processes.toml").write_text(text)
    with pytest.raises(KnowledgeError, match=said) as error:
        load_rules(overlays=[tmp_path])
    assert "processes.toml" in str(error.value)


Made = Callable[..., Any]


def test_raw_address_is_said_where_the_hosts_questions_are_known(made_flows: Made, made_events: Made, made_event: Made) -> None:
    each = [(0.0, 50001), (7.0, 50002), (19.0, 50003)]
    docs = [made_event(at, port, Image="C:\\Users\\b\\Downloads\\x.exe") for at, port in each]
    for answer, raw in ((None, False), ("::ffff:203.0.113.9;", False), ("type: 5 a.example;::ffff:198.51.100.1;", True)):
        asked = [] if answer is None else [made_event(-5, 1) | {"EventID": 22, "QueryName": "a.example", "QueryResults": answer}]
        events, flows = made_events(*docs, *asked), made_flows(*each)
        told = risks(flows, events, attribute(flows, events), ["host.ndjson"])
        assert any(r.value == "raw" for r in told.reasons[0]) == raw


def test_a_process_with_many_places_is_lowered(made_flows: Made, made_events: Made, made_event: Made) -> None:
    each = [(3.0 * n, 50000 + n) for n in range(25)]
    lo = np.array([0xFFFF_CB00_7100 + n for n in range(25)], np.uint64)
    flows = made_flows(*each, resp_lo=lo)
    events = made_events(
        *(made_event(at, p, Image="C:\\Users\\b\\Downloads\\y.exe", DestinationIp=f"203.0.113.{n}") for n, (at, p) in enumerate(each))
    )
    assert events.has_tuple.all()
    told = risks(flows, events, attribute(flows, events), ["host.ndjson"])
    words = {str(r.value) for r in told.reasons[int(told.row[0])]}
    assert {"user-writable", "many"} <= words
