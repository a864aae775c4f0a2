"""Every exported rule is read by somebody else's reader of its language, and matches what it should."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from pcapscan.cli import main
from pcapscan.errors import UsageError
from pcapscan.findings import Finding, Process, Reason
from pcapscan.knowledge import load
from pcapscan.report import reread
from pcapscan.rules import LANGUAGES, SUFFIX, Rule, export, of_finding, queries, sensors, shipped
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
INBOUND = of_finding(
    finding(id="abd", orig_h="198.51.100.23", resp_h="10.0.0.5", protocol=None, verdict="unknown", process=(), period_s=None)
)
ALL = [*RULES, MINE, SIX, INBOUND]


def test_every_campaign_with_ports_has_a_rule():
    assert {c.id for c in K.campaigns if c.uses} <= {re.sub(r"-\d+(-reserved)?(-[a-z]+)?$", "", r.id) for r in RULES}
    assert all(len({p.proto for p in r.ports}) <= 1 for r in ALL), "a rule speaks of one transport"
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
    """Positions of the events that the rule's EQL finds; of a sequence how many there are."""
    eql, parser = _eql()
    with parser.elasticsearch_syntax, parser.allow_runs:
        query = parser.parse_query(queries.eql(rule), implied_any=True)
    found = []
    engine = eql.PythonEngine({"flatten": False})
    engine.add_query(query)
    engine.add_output_hook(lambda sequence: found.append([e.time for e in sequence.events]))
    engine.stream_events([eql.Event("network", i, e) for i, e in enumerate(events)])
    engine.finalize()
    return found


def event(ip, port, process="powershell.exe", source="10.0.0.5", transport="tcp"):
    return {
        "event": {"category": "network"},
        "destination": {"ip": ip, "port": port},
        "source": {"ip": source},
        "network": {"transport": transport},
        "process": {"name": process, "entity_id": "e"},
        "host": {"id": "h"},
    }


def twin(rule, e):
    """The same question asked of the model."""
    program = e.get("process", {}).get("name")
    return rule.fits(e["network"]["transport"], e["destination"]["port"], e["source"]["ip"], e["destination"]["ip"], program)


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
    assert len(hits(rule, [event(ip, port, process)])) == count


PLACES = (
    "203.0.113.9",
    "203.0.113.10",
    "10.1.1.1",
    "10.0.0.5",
    "100.64.1.1",
    "169.254.1.1",
    "224.0.0.251",
    "2001:db8::1",
    "fd00::1",
    "ff02::1",
    "192.0.2.1",
)
GRID = [
    event(ip, port, program, source, transport)
    for ip in PLACES
    for port in (22, 443, 4444, 8080, 8088, 45678, 63256)
    for source, program in (("10.0.0.5", "powershell.exe"), ("198.51.100.23", "svchost.exe"), ("fd00::9", "NODE.EXE"))
    for transport in ("tcp", "udp")
]  # fmt: skip


@pytest.mark.parametrize("rule", ALL, ids=lambda r: r.id)
def test_eql_finds_what_the_model_means(rule):
    once = replace(rule, repeats=1)
    assert [at for (at,) in hits(once, GRID)] == [i for i, e in enumerate(GRID) if twin(rule, e)]


def test_some_rule_finds_something_of_the_grid_and_none_all():
    found = {r.id: sum(twin(r, e) for e in GRID) for r in ALL}
    assert sum(n > 0 for n in found.values()) > 20 and max(found.values()) < len(GRID) / 2
    assert found[INBOUND.id] == 1 and found[MINE.id] > 0


@pytest.mark.parametrize(("beats", "count"), [(4, 0), (10, 6)])
def test_repetition_slides_over_its_window(beats, count):
    """ENDPOINT: ten calls, five asked for within fifteen minutes: six sequences; four calls: none."""
    minute = 60 * 10_000_000  # eql's clock ticks 100 ns
    eql, parser = _eql()
    rule = next(r for r in RULES if r.id == "repeated-suspicious-port")
    with parser.elasticsearch_syntax, parser.allow_runs:
        query = parser.parse_query(queries.eql(rule), implied_any=True)
    found = []
    engine = eql.PythonEngine({"flatten": False})
    engine.add_query(query)
    engine.add_output_hook(found.append)
    engine.stream_events([eql.Event("network", i * minute, event("203.0.113.9", 4444)) for i in range(beats)])
    engine.finalize()
    assert len(found) == count


ECS = Path(os.environ.get("PCAPSCAN_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "endpoint" / "ecs_made_by_us"


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ["lsass01.endpoint", "lsass01.winlogbeat8", "lsass01.zeek_ecs", "dcom_three_hosts.endpoint", "dcom_three_hosts.packetbeat"]
)
def test_eql_over_real_events_finds_what_the_model_means(name):
    if not ECS.is_dir():
        pytest.skip("needs the endpoint corpus: set PCAPSCAN_CORPUS")
    events = [json.loads(line) for line in (ECS / f"{name}.ndjson").read_text().splitlines()]
    events = [e for e in events if "ip" in e.get("destination", {}) and "ip" in e.get("source", {})]
    # The shipped rules, and for every destination of the corpus a rule as a finding would give it.
    places = sorted(
        {(e["network"]["transport"], e["destination"]["ip"], e["destination"]["port"]) for e in events if "port" in e["destination"]}
    )
    made = [
        of_finding(finding(id=str(i), transport=t, resp_h=h, resp_p=p, process=(), period_s=None)) for i, (t, h, p) in enumerate(places)
    ]
    total = 0
    for rule in [*RULES, *made]:
        once = replace(rule, repeats=1)
        mine = [i for i, e in enumerate(events) if "port" in e["destination"] and twin(rule, e)]
        assert [at for (at,) in hits(once, events)] == mine, rule.id
        total += len(mine)
    assert total >= len(places)


CAPTURES = sorted(p for p in (Path(__file__).parents[2] / "captures").glob("t1571-*/capture.pcap"))


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda p: p.parent.name)
def test_rule_of_a_finding_finds_its_flows_and_no_others(capture, tmp_path):
    """From evidence to report to rule, and the rule over the same flows as ECS events: as many as the finding says."""
    out = tmp_path / "report.json"
    main(["scan", str(capture), "--format", "json", "--quiet", "-o", str(out)], standalone_mode=False)
    main(["flows", str(capture), "--quiet", "-o", str(tmp_path / "flows")], standalone_mode=False)
    flows = [json.loads(line) for line in (tmp_path / "flows").read_text().splitlines()]
    events = [event(f["resp_h"], f["resp_p"], "?", f["orig_h"], f["transport"]) for f in flows]
    found = reread.findings(out.read_bytes(), "report.json")
    assert found
    for one in found:
        rule = replace(of_finding(one), repeats=1)
        here = [flows[at] for (at,) in hits(rule, events)]
        assert {(f["resp_h"], f["resp_p"], f["transport"]) for f in here} == {(one.resp_h, one.resp_p, one.transport)}
        assert sum((f["orig_h"], f["verdict"], f["protocol"]) == (one.orig_h, one.verdict, one.protocol) for f in here) == one.connections


@pytest.mark.parametrize("rule", ALL, ids=lambda r: r.id)
@pytest.mark.parametrize("product", ["windows", "linux", "zeek"])
def test_sigma_is_read_by_pysigma(rule, product):
    sigma = pytest.importorskip("sigma.rule")
    read = sigma.SigmaRule.from_yaml(queries.sigma(rule, product))
    assert read.title and not read.errors and str(read.id) == (rule.uuid if product != "zeek" else str(read.id))
    assert all(t.namespace == "attack" for t in read.tags)


@pytest.mark.parametrize("language", ["sigma", "sigma-zeek"])
@pytest.mark.parametrize("rules", [RULES, [MINE]], ids=["shipped", "finding"])
def test_sigma_of_all_rules_is_one_collection_and_repetition_a_correlation(language, rules):
    collection = pytest.importorskip("sigma.collection").SigmaCollection.from_yaml(export(rules, language))
    correlation = pytest.importorskip("sigma.correlations")
    collection.resolve_rule_references()
    assert not collection.errors
    counted = [r for r in collection.rules if isinstance(r, correlation.SigmaCorrelationRule)]
    repeated = [r for r in rules if r.repeats > 1]
    assert len(counted) == len(repeated) > 0 and len(collection.rules) == len(rules) + len(counted)
    assert len({str(r.id) for r in collection.rules}) == len(collection.rules)
    for one, rule in zip(counted, repeated, strict=True):
        assert one.type == correlation.SigmaCorrelationType.EVENT_COUNT and one.condition.count == rule.repeats == 5
        assert one.timespan.seconds == rule.window_s and len(one.group_by) >= 3
        assert one.rules[0].rule.title.startswith(rule.title[:40])


@pytest.mark.parametrize(
    "text", ["[x] # {y}: *z", "*all", "&a !b %c @d", "- list", "null", "123", ": ;", "#", "> fold", "a: b", "{}", "no"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_the_wire_or_of_an_overlay_break_no_language(language, text):
    rule = replace(MINE, title=safe(text), why=safe(text), false_positives=safe(text), repeats=5)
    written = export([rule], language, None)
    if language.startswith("sigma"):
        read = pytest.importorskip("sigma.collection").SigmaCollection.from_yaml(written)
        assert not read.errors and read.rules[0].title.startswith(safe(text)) and len(read.rules) == 2
    elif language == "suricata":
        parser = pytest.importorskip("suricataparser")
        assert all(parser.parse_rule(line).sid for line in written.splitlines() if line)
    elif language == "eql":
        assert parsed(written)
    elif language == "navigator":
        json.loads(written)
    elif language == "zeek":
        assert written.count('"') % 2 == 0


@pytest.mark.parametrize("rule", [r for r in ALL if r.ports], ids=lambda r: r.id)
def test_bpf_compiles(rule):
    tcpdump = shutil.which("tcpdump")
    if not tcpdump:
        pytest.skip("needs tcpdump")
    done = subprocess.run([tcpdump, "-y", "EN10MB", "-d", sensors.bpf(rule)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("rule", [*ALL[::9], MINE, SIX, INBOUND], ids=lambda r: r.id)
def test_wireshark_filter_is_read_by_wireshark(rule):
    dftest, tshark = shutil.which("dftest"), shutil.which("tshark")
    if dftest:
        call = [dftest, "--", sensors.wireshark(rule)]
    elif tshark:
        call = [tshark, "-r", str(CAPTURES[0]), "-Y", sensors.wireshark(rule)]
    else:
        pytest.skip("needs dftest or tshark")
    done = subprocess.run(call, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda p: p.parent.name)
def test_both_filters_cut_the_same_packets(capture, tmp_path):
    tshark, tcpdump = shutil.which("tshark"), shutil.which("tcpdump")
    if not (tshark and tcpdump):
        pytest.skip("needs tshark and tcpdump")
    main(["scan", str(capture), "--format", "json", "--quiet", "-o", str(tmp_path / "r")], standalone_mode=False)
    rule = of_finding(reread.findings((tmp_path / "r").read_bytes(), "r")[0])
    shown = subprocess.run(
        [tshark, "-r", str(capture), "-Y", sensors.wireshark(rule), "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    cut = subprocess.run([tcpdump, "-nr", str(capture), "-w", "-", sensors.bpf(rule)], capture_output=True, timeout=60)
    again = subprocess.run([tshark, "-r", "-", "-T", "fields", "-e", "frame.number"], input=cut.stdout, capture_output=True, timeout=60)
    assert len(shown.stdout.split()) == len(again.stdout.split()) > 0


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


def test_suricata_rules_are_read_by_a_parser():
    parser = pytest.importorskip("suricataparser")
    lines = export(ALL, "suricata", K).strip().split("\n")
    for line in lines:
        read = parser.parse_rule(line)
        assert read is not None and read.enabled and read.action == "alert", line
        assert read.raw == line and read.sid and read.msg.startswith("pcapscan ")
        names = [o.name for o in read.options]
        assert names.count("sid") == names.count("msg") == names.count("rev") == 1 and "app-layer-protocol" in names
        assert parser.parse_rule(read.build_rule()).sid == read.sid, "what is built from what was read is read the same"
    assert len(lines) > 60


def test_suricata_looks_at_the_side_that_listens():
    out, back = sensors.suricata(MINE)[0], sensors.suricata(INBOUND)[0]
    assert "any any -> 203.0.113.10 [8088]" in out and "$EXTERNAL_NET any -> 10.0.0.5 [8088]" in back
    assert any("$EXTERNAL_NET any -> $HOME_NET" in line for r in RULES if r.inbound for line in sensors.suricata(r))


def test_suricata_asks_no_protocol_of_attempts_and_leaves_icmp_out():
    (line,) = sensors.suricata(of_finding(finding(verdict="none", protocol=None, attempt=True)))
    assert "app-layer" not in line and "flags:S,CE;" in line and "attempt on [8088]" in line
    assert sensors.suricata(of_finding(finding(verdict="none", protocol=None, transport="icmp", resp_p=0))) == []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"suricata"}))
def test_a_finding_without_ports_is_written_by_its_responder(language):
    text = export([of_finding(finding(verdict="none", protocol=None, transport="icmp", resp_p=0, process=(), period_s=None))], language)
    assert "203.0.113.10" in text or language in ("navigator", "zeek")
    if language == "eql":
        assert parsed(text) and "port" not in text and "transport" not in text


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


LAYER = {
    "name": str, "versions": dict, "domain": str, "description": str, "techniques": list, "gradient": dict,
}  # fmt: skip
"""Fields of the layer format 4.5 that are written; the format asks for name, versions.layer, domain, and in a technique its id."""

TECHNIQUE = {"techniqueID": str, "score": int, "comment": str, "enabled": bool}


@pytest.mark.parametrize("rules", [RULES, [MINE], []], ids=["shipped", "finding", "none"])
def test_navigator_layer_keeps_to_the_format(rules):
    layer = json.loads(export(rules, "navigator"))
    assert {k: type(v) for k, v in layer.items()} == LAYER
    assert layer["domain"] == "enterprise-attack" and layer["versions"]["layer"] == "4.5"
    assert all(isinstance(v, str) for v in layer["versions"].values())
    assert set(layer["gradient"]) == {"colors", "minValue", "maxValue"} and len(layer["gradient"]["colors"]) >= 2
    for technique in layer["techniques"]:
        assert {k: type(v) for k, v in technique.items()} == TECHNIQUE
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", technique["techniqueID"])
    assert len({t["techniqueID"] for t in layer["techniques"]}) == len(layer["techniques"])
    assert not rules or {t["techniqueID"] for t in layer["techniques"]} >= {"T1571"}


@pytest.mark.parametrize("knowledge", [K, None], ids=["known", "findings"])
def test_zeek_scripts_are_read_by_a_parser_of_zeek(knowledge, tmp_path):
    zeekscript = pytest.importorskip("zeekscript")
    (tmp_path / "x.zeek").write_text(export([MINE, SIX, INBOUND], "zeek", knowledge))
    script = zeekscript.Script(tmp_path / "x.zeek")
    assert script.parse() and not script.has_error(), script.get_error()


def test_zeek_places_of_findings_are_a_table():
    text = sensors.zeek_places([MINE, SIX])
    assert "[203.0.113.10, 8088/tcp] =" in text and "[[2001:db8::1], 8088/udp] =" in text
    assert text.count("{") == text.count("}") and text.count('"') % 2 == 0


def test_every_language_has_an_ending_of_its_own():
    assert set(SUFFIX) == set(LANGUAGES) and len(set(SUFFIX.values())) == len(LANGUAGES)


def test_defender_ports_are_numbers_and_ipv6_has_its_own_function():
    text = queries.kql_defender(next(r for r in RULES if r.id == "list-sigma-callback"))
    assert re.search(r"RemotePort in \(100, ", text) and 'ipv6_is_in_any_range(RemoteIP, dynamic(["::1/128"' in text
    assert "fc00::/7" not in text.split("ipv4_is_in_any_range")[1].split("\n")[0]


def test_defender_asks_for_the_end_that_listens():
    there, back = queries.kql_defender(MINE), queries.kql_defender(INBOUND)
    assert "RemotePort in (8088)" in there and 'RemoteIP == "203.0.113.10"' in there
    assert "LocalPort in (8088)" in back and 'LocalIP == "10.0.0.5"' in back and '("InboundConnectionAccepted")' in back
    assert "not(coalesce(ipv4_is_in_any_range(RemoteIP" in back, "from the outside"


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
