"""Exit codes of the contract, and one line of words beside each: 0 done, 2 usage, 3 findings, 4 partly read, 5 nothing read, 130 interrupted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from pcapscan.cli import main

READ = ("flows", "beacons", "scan")


@pytest.mark.parametrize("command", READ)
def test_all_was_read(cli, command):
    result = cli.run(command, cli.shell)
    assert result.exit_code == 0
    assert result.stdout or command == "beacons"


@pytest.mark.parametrize(
    "arguments",
    [
        ("flows",), ("flows", "--format", "xml", "x.pcap"), ("scan", "--jobs", "0", "x.pcap"), ("scan", "--min-score", "high", "x.pcap"),
        ("scan", "--now", "yesterday", "x.pcap"), ("scan", "--knowledge", "no/such/folder", "x.pcap"), ("flows", "--nonsense", "x.pcap"),
        ("scan", "--home-net", "10.0.0.0/99", "captures"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_call_is_2_and_says_what(cli, arguments):
    arguments = [cli.shell if a in ("x.pcap", "captures") else a for a in arguments]
    result = cli.run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.strip()


def test_a_wrong_knowledge_file_is_2_and_names_itself(cli, tmp_path):
    (tmp_path / "mine.toml").write_text("[protocol.tls]\nnonsense = 7\n")
    result = cli.run("scan", "--knowledge", tmp_path, cli.shell)
    assert result.exit_code == 2
    assert "mine.toml" in result.stderr
    (tmp_path / "mine.toml").write_text("not toml at all [[[")
    result = cli.run("scan", "--suppress", tmp_path / "mine.toml", cli.shell)
    assert result.exit_code == 2
    assert "mine.toml" in result.stderr


def test_findings_at_or_above_the_limit_are_3(cli):
    report = json.loads(cli.run("scan", cli.shell, "--format", "json").stdout)
    worst = max(("info", "low", "medium", "high", "critical").index(f["severity"]) for f in report["findings"])
    for at, severity in enumerate(("info", "low", "medium", "high", "critical")):
        assert cli.run("scan", cli.shell, "--fail-on", severity).exit_code == (3 if at <= worst else 0), severity


def test_quiet_traffic_never_fails_a_pipeline(cli):
    assert cli.run("scan", cli.quiet, "--fail-on", "low").exit_code == 0


@pytest.mark.parametrize("command", READ)
def test_some_input_unreadable_is_4_and_the_rest_is_done(cli, command, bad):
    alone = cli.run(command, cli.shell, "--quiet", "--format", "csv")
    mixed = cli.run(command, bad.path("text"), cli.shell, bad.path("empty"), "--format", "csv")
    assert mixed.exit_code == 4
    assert mixed.stdout == alone.stdout
    for name in ("text.pcap", "empty.pcap"):
        assert name in mixed.stderr
    assert "capture.pcap" not in mixed.stderr


@pytest.mark.parametrize("command", READ)
@pytest.mark.parametrize("name", ["empty", "text", "random", "zeros", "one_byte", "header_cut", "gz_text", "gz_empty"])
def test_nothing_read_is_5_and_says_why(cli, command, bad, name):
    result = cli.run(command, bad.path(name), "--format", "ndjson")
    assert result.exit_code == 5, result.output
    assert result.stdout == ""
    assert f"{name}.pcap" in result.stderr
    assert "nothing could be read" in result.stderr


def test_no_such_file_is_5_and_named(cli, tmp_path):
    result = cli.run("flows", tmp_path / "gone.pcap", tmp_path / "*.none")
    assert result.exit_code == 5
    assert "gone.pcap" in result.stderr
    assert "*.none" in result.stderr


def test_findings_beat_unreadable_inputs(cli, bad):
    assert cli.run("scan", cli.shell, bad.path("text"), "--fail-on", "info").exit_code == 3


def test_an_empty_folder_is_5(cli, tmp_path):
    assert cli.run("flows", tmp_path).exit_code == 5


def test_quiet_says_nothing_but_the_code_remains(cli, bad):
    result = cli.run("flows", bad.path("text"), "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (5, "", "")


@pytest.mark.parametrize("name", ["record_cut", "gz_cut"])
def test_what_was_read_before_the_damage_is_kept(cli, bad, name):
    whole = cli.run("flows", cli.shell).stdout.splitlines()
    result = cli.run("flows", bad.path(name))
    assert result.exit_code == 4
    assert len(result.stdout.splitlines()) == len(whole)
    assert "byte" in result.stderr
    assert f"{name}.pcap" in result.stderr


def test_a_capture_without_packets_is_no_error(cli, bad):
    for command in READ:
        assert cli.run(command, bad.path("header_only")).exit_code == 0
    assert "0 findings" in cli.run("scan", bad.path("header_only")).stdout


@pytest.mark.parametrize("command", READ)
def test_a_folder_of_everything(cli, bad, command, tmp_path):
    shutil.copy(cli.shell, bad.folder / "good.pcap")
    (bad.folder / "deeper").mkdir()
    shutil.copy(cli.quiet, bad.folder / "deeper" / "named.txt")
    (bad.folder / "loop").symlink_to(bad.folder)
    (bad.folder / "dangling").symlink_to(tmp_path / "nothing")
    result = cli.run(command, bad.folder, "--format", "ndjson")
    assert result.exit_code == 4
    assert result.stdout
    if command == "flows":
        assert {json.loads(line)["source"].rsplit("/", 1)[-1] for line in result.stdout.splitlines()} >= {"good.pcap", "named.txt"}


def test_every_bad_input_alone_ends_in_words(cli, bad):
    for name in bad.names:
        for command in READ:
            result = cli.run(command, bad.path(name), "--format", "csv")
            assert result.exit_code in (0, 4, 5), (name, command, result.output)
            assert result.exit_code == 0 or f"{name}.pcap" in result.stderr, (name, command)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("command", READ)
def test_interrupted_is_130_and_no_traceback(command, cli):
    process = subprocess.Popen(
        [sys.executable, "-m", "pcapscan", command, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(cli.shell.read_bytes()[:100])  # and no more: it waits
    process.stdin.flush()
    time.sleep(1.0)  # it is reading then
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert out.count(b"\n") <= 1


@pytest.mark.parametrize("where", ["get_command", "resolve_command"])
def test_an_interrupt_before_the_command_runs_is_130_too(where, cli, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(main), where, interrupted)
    result = cli.run("scan", cli.shell)
    assert result.exit_code == 130
    assert result.stderr == "pcapscan: interrupted\n"
