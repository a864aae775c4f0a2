"""How long a long conn.log takes, and how much memory, beside polars and zat.

    python tests/bench/logs/measure_logs.py CONN.LOG [--json CONN.JSON] [--longer LONG.LOG] [--runs 3] [--no-zat]

Whole processes, start included, in turns (a, b, c, a, b, c ...); the first turn fills the page cache and compiles kernels and is not
counted. ``verdicts`` reads, joins, and gives every row its verdict; ``scan`` is all of ``pcapscan scan``, periodicity and report included.
``polars`` collects the twelve columns of them that verdicts need; ``zat`` is its ``LogToDataFrame`` alone. ``--json`` is the same log as
JSON, ``--longer`` a log of the same channels, several times as long (``make_logs.py`` writes all three). Medians; CPU seconds beside wall,
for a machine that is not quiet. What must hold is printed with what does. Never part of the tests.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from run import PCAPSCAN, Measured, measure

VERDICTS = "import sys; from pcapscan.pipeline import Run, Settings; print(sum(map(len, Run(sys.argv[1:], Settings()).batches())))"
POLARS = """
import sys, polars as pl
head = [line for line in open(sys.argv[1]).readlines(4096) if line.startswith("#fields")][0]
names = head.rstrip("\\n").split("\\t")[1:]
wanted = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state"]
kinds = {"ts": pl.Float64, "duration": pl.Float64, **dict.fromkeys(["id.orig_p", "id.resp_p", "orig_bytes", "resp_bytes"], pl.Int64)}
schema = {name: kinds.get(name, pl.String) for name in names}
scan = pl.scan_csv(sys.argv[1], separator="\\t", has_header=False, schema=schema, comment_prefix="#", null_values="-", quote_char=None)
print(scan.select(wanted).collect().shape)
"""
ZAT = "import sys; from zat.log_to_dataframe import LogToDataFrame; print(LogToDataFrame().create_dataframe(sys.argv[1]).shape)"


def command(code: str, file: Path) -> list[str]:
    return [sys.executable, "-c", code, str(file)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--longer", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-zat", action="store_true")
    given = parser.parse_args()
    scan = [*PCAPSCAN, "scan", "-q", "--format", "json", "-o", "/dev/null"]
    contestants = {"polars": command(POLARS, given.log), "verdicts": command(VERDICTS, given.log), "scan": [*scan, str(given.log)]}
    if not given.no_zat:
        contestants["zat"] = command(ZAT, given.log)
    if given.json:
        contestants |= {"verdicts json": command(VERDICTS, given.json), "scan json": [*scan, str(given.json)]}
    if given.longer:
        contestants["scan longer"] = [*scan, str(given.longer)]
    made: dict[str, list[Measured]] = {}
    for turn in range(given.runs + 1):
        for name, words in contestants.items():
            done = measure(words)
            if turn:
                made.setdefault(name, []).append(done)
            print(
                f"turn {turn} {name}: {done.wall:.2f} s wall, {done.cpu:.2f} s cpu, {done.peak / 1e6:.0f} MB, exit {done.code}",
                file=sys.stderr,
                flush=True,
            )
    middle = {
        name: {key: statistics.median(getattr(m, key) for m in all_) for key in ("wall", "cpu", "peak")} for name, all_ in made.items()
    }
    print(
        f"{given.log.name}: {given.log.stat().st_size / 1e6:.0f} MB, {given.runs} turns, medians\n{'':15} {'wall s':>8} {'cpu s':>8} {'peak MB':>8}"
    )
    for name, m in middle.items():
        print(f"{name:15} {m['wall']:8.2f} {m['cpu']:8.2f} {m['peak'] / 1e6:8.0f}")
    for what, a, b, most in BARS:
        if a in middle and b in middle:
            ratios = [middle[a][key] / middle[b][key] for key in ("wall", "cpu")]
            print(f"{what}: {ratios[0]:.2f} by wall, {ratios[1]:.2f} by cpu (to be at most {most})")
    print(f"peak of a scan: {middle['scan']['peak'] / 1e6:.0f} MB (to be below 1500)")
    if "scan longer" in middle:
        print(f"peak of the longer log to that: {middle['scan longer']['peak'] / middle['scan']['peak']:.2f} (to be at most 1.1)")


BARS = (
    ("verdicts to polars", "verdicts", "polars", 1),
    ("scan to polars", "scan", "polars", 3),
    ("scan to zat", "scan", "zat", 0.5),
    ("verdicts of JSON to TSV", "verdicts json", "verdicts", 3),
    ("scan of JSON to TSV", "scan json", "scan", 3),
)
"""What, whose time, to whose time, the most it may be."""


if __name__ == "__main__":
    main()
