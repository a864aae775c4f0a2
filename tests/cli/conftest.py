"""The command line in this process, and inputs of every unpleasant kind."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from pcapscan.cli import main

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "captures" / "t1571-1-netcat-shell-4444" / "capture.pcap"
QUIET = ROOT / "captures" / "quiet-ordinary" / "capture.pcap"


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    """One call; whatever goes wrong, an exception of Python's is never the answer."""
    result = CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.stderr
    assert "Traceback" not in result.stdout
    return result


@pytest.fixture
def cli() -> SimpleNamespace:
    """``cli.run(*arguments, stdin=b"")`` -> click's result; ``cli.shell`` and ``cli.quiet`` are captures."""
    return SimpleNamespace(run=run, shell=SHELL, quiet=QUIET, root=ROOT)


@pytest.fixture
def bad(tmp_path: Path) -> SimpleNamespace:
    """Inputs that are no capture, or not to their end; each by name."""
    whole = SHELL.read_bytes()
    folder = tmp_path / "bad"
    folder.mkdir()
    made = {
        "empty": b"",
        "one_byte": b"\xd4",
        "magic_only": whole[:4],
        "header_cut": whole[:20],
        "header_only": whole[:24],
        "text": b"this is no capture\n" * 50,
        "zeros": bytes(5000),
        "random": bytes((i * 197 + (i >> 3) * 31) % 256 for i in range(5000)),
        "record_cut": whole[:-7],
        "length_lies": whole[:24] + struct.pack("<IIII", 1, 1, 0xFFFFFFFF, 0xFFFFFFFF) + whole[40:],
        "length_negative": whole[:24] + struct.pack("<IIII", 1, 1, 0x80000000, 60) + whole[40:],
        "gz_cut": gzip.compress(whole, mtime=0)[:-30],
        "gz_empty": gzip.compress(b"", mtime=0),
        "gz_text": gzip.compress(b"hello", mtime=0),
        "gz_corrupt": gzip.compress(whole, mtime=0)[:100] + b"\xff" * 60 + gzip.compress(whole, mtime=0)[160:],
        "ng_magic": b"\x0a\x0d\x0d\x0a",
        "ng_lies": b"\x0a\x0d\x0d\x0a" + struct.pack("<IIHHq", 0xFFFFFFF0, 0x1A2B3C4D, 1, 0, -1),
        "ng_short": b"\x0a\x0d\x0d\x0a" + struct.pack("<IIHHqI", 4, 0x1A2B3C4D, 1, 0, -1, 4),
        "zst_magic": b"\x28\xb5\x2f\xfd",
        "xz_magic": b"\xfd7zXZ\x00",
        "bz_magic": b"BZh9",
        "lz4_magic": b"\x04\x22\x4d\x18",
    }
    for name, data in made.items():
        (folder / f"{name}.pcap").write_bytes(data)
    return SimpleNamespace(folder=folder, names=sorted(made), path=lambda name: folder / f"{name}.pcap")
