"""Every exported rule is read by somebody else's reader of its language, and matches what it should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from pcapscan.errors import UsageError
from pcapscan.findings import Finding, Process, Reason
from pcapscan.knowledge import load
from pcapscan.rules import LANGUAGES, Rule, export, of_finding, queries, sensors, shipped
from pcapscan.rules.model import safe

K = load()
RULES = shipped(K)


def finding(**changes):
    values = {
        "id": "abc", "severity": "high", "score": 60.0, "kind": "port", "title": 'tls to "x"\n:8088', "orig_h": "10.0.0.5", "resp_h": "203.0.113.10", "resp_p": 8088,
        "transport": "tcp", "protocol": "tls", "verdict": "unexpected_port", "attempt": False, "expected_ports": (443,), "server_name": None, "connections": 10,
        "first_ns": 0, "last_ns": 1, "orig_bytes": 1, "resp_bytes": 1, "reasons": (Reason("pair", "m", 60.0, "it's \"odd\"; $x `y` {z}"),), "period_s": 60.0,
        "process": (Process("h", "orig", "C:\\Windows\\powershell.exe"),),
    }  # fmt: skip
    return Finding(**(values | changes))


MINE = of_finding(finding())
SIX = of_finding(finding(id="def", resp_h="2001:db8::1", transport="udp", protocol=None, verdict="unknown", process=(), period_s=None))
ALL = [*RULES, MINE, SIX]


def test_every_campaign_with_ports_has_a_rule():
    assert {c.id for c in K.campaigns if c.uses} <= {re.sub(r"-\d+(-reserved)?$", "", r.id) for r in RULES}
    assert len({r.id for r in ALL}) == len({r.uuid for r in ALL}) == len(ALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_is_written_twice_the_same_and_not_empty(language):
    text = export(RULES, language, K)
    assert text == export(shipped(K), language, K) and len(text) > 100


def test_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="suricata"):
        export(RULES, "cobol")


def _eql():
    return pytest.importorskip("eql"), pytest.importorskip("eql.parser")


def parsed(text):
    _, parser = _eql()
    with parser.elasticsearch_syntax, parser.allow_runs:
        return parser.parse_query(text)


@pytest.mark.parametrize("rule", ALL, ids=lambda r: r.id)
def test_eql_parses(rule):
    assert parsed(queries.eql(rule))


def hits(rule, events):
    eql, parser = _eql()
    with parser.elasticsearch_syntax, parser.allow_runs:
        query = parser.parse_query(queries.eql(rule), implied_any=True)
    found = []
    engine = eql.PythonEngine({"flatten": False})
    engine.add_query(query)
    engine.add_output_hook(found.append)
    engine.stream_events([eql.Event("network", i, e) for i, e in enumerate(events)])
    engine.finalize()
    return len(found)


def event(ip, port, process="powershell.exe"):
    return {
        "event": {"category": "network"},
        "destination": {"ip": ip, "port": port},
        "source": {"ip": "10.0.0.5"},
        "process": {"name": process, "entity_id": "e"},
        "host": {"id": "h"},
    }


@pytest.mark.parametrize(
    ("ip", "port", "process", "count"),
    [
        ("203.0.113.9", 4444, "powershell.exe", 1),
        ("203.0.113.9", 4444, "PowerShell.EXE", 1),
        ("203.0.113.9", 4444, "firefox.exe", 0),
        ("203.0.113.9", 443, "powershell.exe", 0),
        ("10.1.1.1", 4444, "powershell.exe", 0),
        ("100.64.1.1", 4444, "powershell.exe", 0),
        ("fd00::1", 4444, "powershell.exe", 0),
        ("2001:db8::1", 4444, "powershell.exe", 1),
    ],
)
def test_eql_hits_what_it_says(ip, port, process, count):
    rule = next(r for r in RULES if r.id == "list-default-listeners")
    assert hits(rule, [event(ip, port, process)]) == count


@pytest.mark.parametrize("rule", ALL, ids=lambda r: r.id)
@pytest.mark.parametrize("product", ["windows", "linux", "zeek"])
def test_sigma_is_read_by_pysigma(rule, product):
    sigma = pytest.importorskip("sigma.rule")
    read = sigma.SigmaRule.from_yaml(queries.sigma(rule, product))
    assert read.title and not read.errors and str(read.id) == (rule.uuid if product != "zeek" else str(read.id))
    assert all(t.namespace == "attack" for t in read.tags)


@pytest.mark.parametrize("rule", [r for r in ALL if r.ports], ids=lambda r: r.id)
def test_bpf_compiles(rule):
    tcpdump = shutil.which("tcpdump")
    if not tcpdump:
        pytest.skip("needs tcpdump")
    done = subprocess.run([tcpdump, "-y", "EN10MB", "-d", sensors.bpf(rule)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_wireshark_filters_are_read_by_dftest():
    dftest = shutil.which("dftest")
    if not dftest:
        pytest.skip("needs dftest")
    for rule in [*ALL[:5], MINE, SIX]:
        assert subprocess.run([dftest, sensors.wireshark(rule)], capture_output=True, timeout=20).returncode == 0


_RULE = re.compile(r"^alert (tcp|udp) (\S+) any -> (\S+) (any|\d+|\[[\d,]+\]) \((.*)\)$")
_OPTION = re.compile(r'([a-z_-]+)(?::((?:"[^"]*")|[^;"]+))?;')


def test_suricata_rules_have_the_grammar_and_distinct_sids():
    lines = export(ALL, "suricata", K).strip().split("\n")
    sids = []
    for line in lines:
        head = _RULE.fullmatch(line)
        assert head, line
        options = [(m[1], m[2]) for m in _OPTION.finditer(head[5])]
        assert "".join(f"{k}:{v};" if v else f"{k};" for k, v in options) == head[5].replace("; ", ";"), line
        named = dict(options)
        assert named["msg"].startswith('"pcapscan ') and "app-layer-protocol" in named
        sids.append(int(named["sid"]))
    assert len(set(sids)) == len(sids), [s for s in sids if sids.count(s) > 1]


def test_suricata_says_another_protocol_than_tls_on_443():
    assert any(
        "-> any 443 " in line and "app-layer-protocol:!tls;" in line
        for line in sensors.suricata_reserved(K)
        if line.startswith("alert tcp")
    ) or ("dnscrypt" in K.expected_at(6, 443))


def test_zeek_table_has_balanced_sets_and_valid_ports():
    text = sensors.zeek_ports(K)
    assert text.count("set(") == text.count("),") and '["SSL"]' in text and "443/tcp" in text
    assert all(0 <= int(m) <= 65535 for m in re.findall(r"(\d+)/(?:tcp|udp)", text))


def test_navigator_layer_has_the_technique():
    layer = json.loads(export(RULES, "navigator"))
    assert layer["domain"] == "enterprise-attack" and {t["techniqueID"] for t in layer["techniques"]} >= {"T1571"}


def test_defender_ports_are_numbers_and_ipv6_has_its_own_function():
    text = queries.kql_defender(next(r for r in RULES if r.id == "list-sigma-callback"))
    assert re.search(r"RemotePort in \(100, ", text) and 'ipv6_is_in_any_range(RemoteIP, dynamic(["::1/128"' in text
    assert "fc00::/7" not in text.split("ipv4_is_in_any_range")[1].split("\n")[0]


def test_text_from_the_wire_cannot_leave_its_quotes():
    for language in set(LANGUAGES) - {"zeek"}:
        text = export([MINE], language)
        assert '"x"' not in text and "`y`" not in text
    assert safe("a\"b'c\\d\ne`f") == "a b c d e f"


@pytest.mark.parametrize("language", ["kql", "spl", "esql", "kql-defender"])
def test_finding_rule_names_its_responder_and_process(language):
    text = export([MINE], language)
    assert "203.0.113.10" in text and "8088" in text and "powershell" in text.lower()


def test_repetition_is_said_where_the_language_can():
    assert isinstance(MINE, Rule) and MINE.repeats == 5
    assert "with runs=5" in queries.eql(MINE) and ">= 5" in queries.esql(MINE) and ">= 5" in queries.spl(MINE)
