"""Help: every command has it, with examples that parse, and it is quick because nothing is compiled for it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pcapscan.cli import COMMANDS, main


def commands(group=main, path=()):
    """(path, command) of everything that can be called."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands())


def examples(command):
    """The calls that a help text shows."""
    return re.findall(r"^\s*`(pcapscan [^`]+)`", command.help or "", re.MULTILINE)


@pytest.mark.parametrize("path", [(), *ALL], ids=lambda p: " ".join(p) or "pcapscan")
def test_help_of_every_command_has_examples(cli, path):
    result = cli.run(*path, "--help")
    assert result.exit_code == 0
    assert "Examples" in result.stdout
    assert "pcapscan " in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("path", [(), *ALL], ids=lambda p: " ".join(p) or "pcapscan")
def test_examples_of_the_help_parse(path):
    shown = examples(ALL.get(path, main))
    assert len(shown) >= 1
    for line in shown:
        words = shlex.split(line.split(" | ")[0])[1:]
        command, name = main, []
        while words and isinstance(command, click.Group):
            below = command.get_command(click.Context(command), words[0])
            assert below is not None, line
            command, name = below, [*name, words.pop(0)]
        with command.make_context(" ".join(name), words, resilient_parsing=False):
            pass


def test_every_option_is_described():
    for path, command in ALL.items():
        for option in (p for p in command.params if isinstance(p, click.Option)):
            assert option.help, (path, option.name)


def test_the_commands_are_those_that_are_listed(cli):
    listed = cli.run("--help").stdout
    assert all(name in listed for name in COMMANDS)


def test_a_command_that_is_none_is_a_usage_error(cli):
    result = cli.run("scam")
    assert result.exit_code == 2
    assert "scam" in result.stderr


def test_help_loads_neither_numba_nor_polars():
    code = (
        "import sys; sys.argv = ['pcapscan', '--help']\nfrom pcapscan.cli import main\n"
        "try: main()\nexcept SystemExit: pass\nsys.stderr.write(','.join(m for m in ('numba', 'polars', 'numpy', 'dpkt') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""
    assert "scan" in done.stdout


def test_the_version_is_said(cli):
    assert re.fullmatch(r"pcapscan, version \d+\.\d+\S*\n", cli.run("--version").stdout)


def test_flows_of_a_capture_load_no_more_than_they_use(tmp_path):
    """What takes long to load and is of no use here: its start is a good part of a small run."""
    capture = Path(__file__).parents[2] / "captures" / "http-on-443" / "capture.pcap"
    code = (
        f"import sys; sys.argv = ['pcapscan', 'flows', '-q', {str(capture)!r}, '-o', {str(tmp_path / 'o.ndjson')!r}]\nfrom pcapscan.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "never = 'numba', 'llvmlite', 'numpy.ma', 'polars', 'dpkt', 'zat', 'pcapscan.attribute', 'pcapscan.endpoint', 'pcapscan.measure', 'tomllib', 'importlib.metadata', 'subprocess', 'concurrent.futures'\n"
        "sys.stderr.write(','.join(m for m in never if m in sys.modules))"
    )
    for _ in range(2):  # the first may have to compile
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == ""
    assert (tmp_path / "o.ndjson").stat().st_size > 0
