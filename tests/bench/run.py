"""How long, and with how much memory, beside the peers that are on this machine.

    python tests/bench/run.py CAPTURE [--runs 5] [--only flows,scan,tcpdump,...] [--json]

Whole processes, start included, on the same file, in turns (a, b, c, a, b, c ...), so that a busy machine is busy for all. The first
turn fills the page cache and compiles kernels and is not counted; each run writes to a new file. Wall time and peak memory are what the
kernel says of the process and its children (``wait4``); medians, and ratios to ``pcapscan flows``: how many times as long another
takes. Only ratios of one run compare; absolute times are of one machine. Never part of the tests.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PCAPSCAN = [sys.executable, "-m", "pcapscan"]
NFSTREAM = "import sys; from nfstream import NFStreamer; print(sum(1 for _ in NFStreamer(source=sys.argv[1], n_dissections=20)))"


@dataclass(frozen=True)
class Measured:
    """One run of one contestant: seconds on the wall, seconds of CPU, bytes at the peak, exit code."""

    wall: float
    cpu: float
    peak: int
    code: int


def contestants(capture: Path, scratch: Path) -> dict[str, list[str]]:
    """Name to command line; only what is found on this machine."""
    file = str(capture)
    found = {
        "flows": [*PCAPSCAN, "flows", file, "-q", "-o", str(scratch / "flows.ndjson")],
        "scan": [*PCAPSCAN, "scan", file, "-q", "--format", "json", "-o", str(scratch / "scan.json")],
    }
    peers = {
        "tcpdump": ["-r", file, "-w", "/dev/null"],
        "ndpiReader": ["-i", file, "-q"],
        "argus": ["-r", file, "-w", "/dev/null"],
    }
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    for name, words in peers.items():
        program = shutil.which(name, path=path)
        if program:
            found[name] = [program, *words]
    if importlib.util.find_spec("nfstream"):
        found["nfstream"] = [sys.executable, "-c", NFSTREAM, file]
    return found


def measure(command: list[str]) -> Measured:
    """Run once, to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, process.returncode)


def run(capture: Path, runs: int, only: set[str]) -> dict[str, list[Measured]]:
    """All contestants in turns."""
    results: dict[str, list[Measured]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        commands = {name: c for name, c in contestants(capture, Path(scratch)).items() if not only or name in only}
        for turn in range(runs + 1):
            for name, command in commands.items():
                for old in Path(scratch).iterdir():  # what a run before wrote is no cost of this one
                    old.unlink()
                done = measure(command)
                if turn:
                    results.setdefault(name, []).append(done)
                print(f"\rturn {turn}/{runs} {name:12}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def summary(results: dict[str, list[Measured]], size: int) -> list[dict[str, object]]:
    """A row a contestant: medians and ratios to ``flows``."""
    middle = {
        name: {key: statistics.median(getattr(m, key) for m in made) for key in ("wall", "cpu", "peak")} for name, made in results.items()
    }
    base = middle.get("flows") or next(iter(middle.values()))
    return [
        {
            "name": name, "wall_s": round(m["wall"], 3), "cpu_s": round(m["cpu"], 3), "peak_mb": round(m["peak"] / 1e6, 1),
            "mb_per_s": round(size / 1e6 / m["wall"], 1), "wall_ratio": round(m["wall"] / base["wall"], 2),
            "peak_ratio": round(m["peak"] / base["peak"], 2),
            "spread": round((max(x.wall for x in results[name]) - min(x.wall for x in results[name])) / m["wall"], 2),
            "failed": sum(x.code != 0 for x in results[name]),
        }
        for name, m in middle.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    capture = given.capture.resolve(strict=True)
    rows = summary(run(capture, given.runs, set(filter(None, given.only.split(",")))), capture.stat().st_size)
    if given.json:
        print(json.dumps(rows, indent=2))
        return
    print(
        f"{capture.name}: {capture.stat().st_size / 1e6:.1f} MB, {given.runs} runs in turns, medians; ratios to {'flows' if any(r['name'] == 'flows' for r in rows) else rows[0]['name']}"
    )
    print(f"{'':12} {'wall s':>8} {'cpu s':>8} {'peak MB':>8} {'MB/s':>8} {'x wall':>7} {'x peak':>7} {'spread':>7} failed")
    for r in rows:
        print(
            f"{r['name']:12} {r['wall_s']:8.2f} {r['cpu_s']:8.2f} {r['peak_mb']:8.0f} {r['mb_per_s']:8.0f} {r['wall_ratio']:7.2f} "
            f"{r['peak_ratio']:7.2f} {r['spread']:7.2f} {r['failed'] or ''}"
        )


if __name__ == "__main__":
    main()
