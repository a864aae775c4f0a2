"""Captures of real software, and what must be found in each: every flow named and judged, every finding made, the quiet one quiet."""

from __future__ import annotations

from pcapscan.findings import SEVERITIES

WITHIN = 0.05
"""Share by which a claimed period may be off (captures/README.md)."""


def short(row):
    """A flow in few words."""
    return (
        f"{row['transport']} {row['orig_h']}:{row['orig_p']} > {row['resp_h']}:{row['resp_p']} {row['state']} "
        f"{row['orig_bytes']}/{row['resp_bytes']} bytes, {row['orig_protocol']}/{row['resp_protocol']}"
    )


def difference(entry, row):
    """``key: - expected + found`` for everything an entry asks of a flow and does not get."""
    accept = set(entry.get("accept", ()))
    wrong = []
    if row["protocol"] != entry.get("protocol") and (row["protocol"] or "unknown") not in accept:
        wrong.append(("protocol", entry.get("protocol"), row["protocol"]))
    if row["verdict"] != entry["verdict"] and row["verdict"] not in accept:
        wrong.append(("verdict", entry["verdict"], row["verdict"]))
    for key in ("fake", "upgraded", "server_name"):
        if key in entry and row[key] != entry[key]:
            wrong.append((key, entry[key], row[key]))
    if "shell" in entry and row["shell"] != entry["shell"]:
        wrong.append(("shell", entry["shell"], row["shell"]))
    return "".join(f"\n    {key}\n    - {a}\n    + {b}" for key, a, b in wrong)


def test_every_expected_flow_is_there(golden, case, entry):
    rows = golden.rows(case, entry)
    turned = [r for r in golden.flows[case] if r["transport"] == entry["transport"] and r["orig_p"] == entry["resp_p"]]
    hint = "".join(f"\n  taken the other way round: {short(r)}" for r in turned[:3])
    assert rows, golden.teach(case, f"no flow to {entry['resp_p']}/{entry['transport']}{hint}", entry)
    many = entry.get("connections", len(rows))
    assert len(rows) == many, golden.teach(case, f"flows to {entry['resp_p']}/{entry['transport']}\n- {many}\n+ {len(rows)}{hint}", entry)


def test_every_flow_is_named_and_judged(golden, case, entry):
    wrong = [f"\n  {short(row)}{said}" for row in golden.rows(case, entry) if (said := difference(entry, row))]
    assert not wrong, golden.teach(case, f"{len(wrong)} flows, of them:{''.join(wrong[:3])}", entry)


def test_nobody_answered_an_attempt(golden, case, entry):
    if entry.get("attempt"):
        answered = [short(row) for row in golden.rows(case, entry) if row["resp_bytes"]]
        assert not answered, golden.teach(case, f"answered: {answered[:3]}", entry)
        told = [f for f in golden.findings(case, entry) if not f.attempt]
        assert not told, golden.teach(case, f"told as a service, not as an attempt: {[f.title for f in told]}", entry)


def test_what_must_be_found_is_found(golden, case, entry):
    if "min_severity" not in entry:
        return
    found = golden.findings(case, entry)
    worst = max((SEVERITIES.index(f.severity) for f in found), default=-1)
    told = "".join(f"\n  + {f.severity} {f.score:.0f} {f.title}" for f in found) or "\n  + nothing"
    assert worst >= SEVERITIES.index(entry["min_severity"]), golden.teach(
        case, f"finding about {entry['resp_p']}/{entry['transport']}\n  - {entry['min_severity']} or worse{told}", entry
    )


def test_periods_are_claimed_and_right(golden, case, entry):
    if "beacon" not in entry:
        return
    period = entry["beacon"]["period_s"]
    rows = [r for r in golden.beacons(case) if r["transport"] == entry["transport"] and r["resp_p"] == entry["resp_p"]]
    claimed = [r["period_s"] for r in rows]
    assert any(abs(p / period - 1) <= WITHIN for p in claimed), golden.teach(case, f"period\n- {period} s\n+ {claimed or 'none'}", entry)
    told = [f.period_s for f in golden.findings(case, entry) if f.period_s is not None]
    assert any(abs(p / period - 1) <= WITHIN for p in told), golden.teach(
        case, f"period in the report\n- {period} s\n+ {told or 'none'}", entry
    )


def test_no_flow_with_payload_is_left_unsaid(golden, case):
    from_entries = [row["number"] for entry in golden.expected(case)["flow"] for row in golden.rows(case, entry)]
    spoke = [r for r in golden.flows[case] if r["transport"] in ("tcp", "udp") and (r["orig_bytes"] or 0) + (r["resp_bytes"] or 0)]
    left = [short(r) for r in spoke if r["number"] not in from_entries]
    assert not left, golden.teach(case, f"flows that no entry tells of (taken the other way round, or cut in two?): {left[:5]}")


def test_nothing_is_found_where_all_is_quiet(golden, case):
    if golden.expected(case)["quiet"]:
        found = [f"{f.severity} {f.score:.0f} {f.title} {f.resp_h}:{f.resp_p}" for f in golden.report(case).findings]
        assert not found, golden.teach(case, "ordinary traffic, and yet:\n  " + "\n  ".join(found))


def test_the_report_counts_what_flows_lists(golden, case):
    coverage = golden.report(case).coverage
    assert coverage.flows == len(golden.flows[case])
    verdicts = [row["verdict"] for row in golden.flows[case]]
    assert coverage.verdicts == {word: verdicts.count(word) for word in coverage.verdicts}
    assert sum(coverage.verdicts.values()) == coverage.flows
    assert coverage.packets == sum(row["orig_pkts"] + row["resp_pkts"] for row in golden.flows[case])


def test_every_finding_points_at_its_packets(golden, case):
    numbers = {row["number"] for row in golden.flows[case]}
    for finding in golden.report(case).findings:
        assert finding.flows, finding.title
        assert {e.number for e in finding.flows} <= numbers, finding.title
        assert all(e.offset is not None and e.offset >= 24 for e in finding.flows)
        assert abs(sum(r.points for r in finding.reasons) - finding.score) < 1e-6
        assert 0 <= finding.score <= 100
        assert finding.reasons
        assert all(r.text for r in finding.reasons)


def test_there_are_the_four_tests_of_the_technique(golden):
    cases = [case for case in golden.flows if case.startswith("t1571-")]
    assert len(cases) >= 4
    assert all(golden.report(case).findings for case in cases)
