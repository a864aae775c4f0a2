"""Where the answer goes: standard output, a file, a pipe that closes; where evidence comes from: files and standard input."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

CONTRACT = {
    "flows": (
        "first", "last", "transport", "orig_h", "orig_p", "resp_h", "resp_p", "protocol", "basis", "verdict", "expected_ports", "state",
        "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "server_name", "community_id", "source",
    ),
    "beacons": (
        "orig_h", "resp_h", "resp_p", "transport", "server_name", "connections", "first", "last", "period_s", "jitter", "missed", "score",
        "false_alarm", "kind",
    ),
}  # fmt: skip
CALL = "import sys; sys.argv[0] = 'pcapscan'; from pcapscan.cli import main; main()"
NOW = ("--now", "2026-01-31")


@pytest.mark.parametrize("command", CONTRACT)
def test_rows_have_the_keys_of_the_contract_in_their_order(cli, command):
    beacon = cli.root / "captures" / "t1571-4-http-beacon-9001" / "capture.pcap"
    row = json.loads(cli.run(command, beacon).stdout.splitlines()[0])
    assert [k for k in row if k in CONTRACT[command]] == list(CONTRACT[command])
    header = cli.run(command, beacon, "--format", "csv").stdout.splitlines()[0].split(",")
    assert header == list(row)


def alone(cli, *arguments, **options):
    """A process of its own, with a standard input and output that are files."""
    options = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        **({"input": options.pop("stdin")} if "stdin" in options else {}),
        **options,
    }
    done = subprocess.run([sys.executable, "-c", CALL, *arguments], cwd=cli.root, timeout=300, check=False, **options)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    return done


def test_standard_input_is_read_as_a_file_is(cli):
    plain = [json.loads(line) for line in cli.run("flows", cli.shell).stdout.splitlines()]
    for data in (cli.shell.read_bytes(), gzip.compress(cli.shell.read_bytes())):
        result = alone(cli, "flows", "-", stdin=data)
        assert result.returncode == 0, result.stderr
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert {row["source"] for row in rows} == {"-"}
        assert [{**row, "source": ""} for row in rows] == [{**row, "source": ""} for row in plain]


def test_empty_standard_input_is_5(cli):
    result = alone(cli, "flows", "-", stdin=b"")
    assert result.returncode == 5
    assert b"nothing could be read" in result.stderr


@pytest.mark.parametrize("command", ["flows", "beacons", "scan"])
@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_file_gets_what_standard_output_would(cli, tmp_path, command, form):
    out = tmp_path / "out"
    shown = cli.run(command, cli.shell, "--format", form)
    kept = cli.run(command, cli.shell, "--format", form, "--output", out)
    assert kept.exit_code == 0
    assert kept.stdout == ""
    assert out.read_text() == shown.stdout


def test_an_output_that_cannot_be_written_is_2(cli, tmp_path):
    for command in ("flows", "beacons", "scan"):
        result = cli.run(command, cli.shell, "--output", tmp_path / "no" / "folder" / "out")
        assert result.exit_code == 2
        assert "cannot be written" in result.stderr.replace("\n", " ").replace("│", "") or "No such file" in result.stderr


@pytest.mark.parametrize("command", ["flows", "beacons"])
def test_parquet_is_a_table(cli, tmp_path, command):
    out = tmp_path / "out.parquet"
    assert cli.run(command, cli.shell, "--format", "parquet", "-o", out).exit_code == 0
    frame = pl.read_parquet(out)
    assert [c for c in frame.columns if c in CONTRACT[command]] == list(CONTRACT[command])
    assert frame["first"].dtype == pl.Datetime("ns")


@pytest.mark.parametrize("command", ["flows", "beacons"])
def test_no_flows_still_is_a_valid_table(cli, bad, tmp_path, command):
    out = tmp_path / "out.parquet"
    cli.run(command, bad.path("header_only"), "--format", "parquet", "-o", out)
    assert set(CONTRACT[command]) <= set(pl.read_parquet(io.BytesIO(out.read_bytes())).columns)
    header = cli.run(command, bad.path("header_only"), "--format", "csv").stdout
    assert set(CONTRACT[command]) <= set(header.strip().split(","))


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv", "ecs"])
def test_the_same_evidence_gives_the_same_bytes(cli, form):
    first, second = (cli.run("scan", cli.shell, "--format", form, *NOW).stdout for _ in range(2))
    assert first == second
    assert first


def test_a_report_names_its_evidence(cli):
    import hashlib

    report = json.loads(cli.run("scan", cli.shell, "--format", "json", *NOW).stdout)
    source = report["inputs"][0]
    assert source["sha256"] == hashlib.sha256(cli.shell.read_bytes()).hexdigest()
    assert source["size"] == cli.shell.stat().st_size
    assert source["path"] == str(cli.shell)
    assert source["records"] > 0
    assert source["first"] < source["last"]


def test_suppressed_findings_are_listed_and_counted(cli, tmp_path):
    rule = tmp_path / "mine.toml"
    rule.write_text(
        '[suppress.lab-shell]\nwhy = "the lab\'s own shell"\nowner = "lab"\nexpires = "2026-12-31"\nports = [4444]\n'
        'source = "the lab"\nconfidence = "high"\nfalse_positives = "none"\n'
    )
    all_of_them = json.loads(cli.run("scan", cli.shell, "--format", "json", *NOW).stdout)
    result = cli.run("scan", cli.shell, "--format", "json", "--suppress", rule, *NOW)
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    hidden = [s["finding"]["id"] for s in report["suppressed"]]
    assert hidden
    assert sorted(hidden + [f["id"] for f in report["findings"]]) == sorted(f["id"] for f in all_of_them["findings"])
    assert {s["rule"] for s in report["suppressed"]} == {"lab-shell"}
    text = cli.run("scan", cli.shell, "--suppress", rule, "--show-suppressed", *NOW).stdout
    assert "suppressed by lab-shell" in text
    late = json.loads(cli.run("scan", cli.shell, "--format", "json", "--suppress", rule, "--now", "2027-06-01").stdout)
    assert not late["suppressed"]


def test_every_suppression_rule_accounts_for_what_it_hid_and_what_it_missed(cli, tmp_path):
    rules = tmp_path / "mine.toml"
    rules.write_text(
        '[suppress.lab]\nwhy = "lab"\nowner = "lab"\nexpires = "2026-12-31"\nports = [4444]\n'
        '[suppress.slip]\nwhy = "lab"\nowner = "lab"\nexpires = "2026-12-31"\nports = [4445]\ntransports = ["tcp"]\n'
        '[suppress.past]\nwhy = "lab"\nowner = "lab"\nexpires = "2025-12-31"\nports = [4444]\n'
    )
    call = ("scan", cli.shell, "--suppress", rules, "--explain-suppress", *NOW)
    report = json.loads(cli.run(*call, "--format", "json").stdout)
    told = {r["rule"]: r for r in report["explained"]}
    hidden = {s["finding"]["id"] for s in report["suppressed"]}
    assert hidden and set(told["lab"]["hid"]) == hidden
    assert {t["finding"]: t["failed"] for t in told["slip"]["near"]} == {key: ["ports"] for key in hidden}
    assert told["past"]["expired"] and set(told["past"]["also"]) == hidden
    text = " ".join(cli.run(*call).stdout.split())
    assert "rule lab (lab, until 2026-12-31" in text and "expired on 2025-12-31" in text
    assert "ports: 4444 is none of 4445 (transports, max_score: held)" in text
    assert "'past' (lab) ended on 2025-12-31 and hides nothing" in text
    assert json.loads(cli.run("scan", cli.shell, "--format", "json", *NOW).stdout)["explained"] == []


def test_findings_below_the_score_are_counted(cli):
    every = json.loads(cli.run("scan", cli.shell, "--format", "json", *NOW).stdout)
    none = json.loads(cli.run("scan", cli.shell, "--format", "json", "--min-score", "100", *NOW).stdout)
    assert none["coverage"]["below_score"] + len(none["findings"]) == len(every["findings"])


def test_a_reader_that_goes_away_is_no_error(cli):
    """``pcapscan flows captures/ | head -1``: one line, no traceback, no hang."""
    call = [sys.executable, "-c", CALL, "flows", "captures"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cli.root) as one:
        assert one.stdout is not None
        assert one.stderr is not None
        line = one.stdout.readline()
        one.stdout.close()
        errors = one.stderr.read().decode()
        assert one.wait(timeout=300) in (0, 4)
    assert json.loads(line)["transport"]
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", ["flows", "scan"])
def test_a_full_disk_is_said_in_a_line(cli, command):
    with Path("/dev/full").open("wb") as full:
        result = alone(cli, command, str(cli.shell), stdout=full)
    assert result.returncode == 2
    assert b"cannot be written" in result.stderr


def offered(command):
    """Forms that a command's ``--format`` takes."""
    from pcapscan.cli import main

    choice = next(p for p in main.get_command(None, command).params if p.name == "form").type
    return [(command, form) for form in choice.choices]


@pytest.mark.parametrize(("command", "form"), [p for c in ("flows", "beacons", "scan") for p in offered(c)])
def test_every_form_that_is_offered_is_written(cli, tmp_path, command, form):
    result = cli.run(command, cli.shell, "--format", form, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert command == "beacons" or (tmp_path / "out").stat().st_size
