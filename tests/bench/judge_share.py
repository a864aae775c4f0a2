"""Print which share of a scan's processor time the judgement takes: verdicts, findings, suppression.

    python tests/bench/judge_share.py INPUT... [--repeat N]

Time of the thread that judges, over that of the whole process; a first scan that loads kernels is not counted.
"""

from __future__ import annotations

import argparse
import time
from types import ModuleType

from pcapscan import judge, pipeline


def timed(took: dict[str, float], where: ModuleType, name: str) -> None:
    """Let the function of that name add up its thread's time."""
    inner = getattr(where, name)

    def outer(*a: object, **k: object) -> object:
        begin = time.thread_time()
        try:
            return inner(*a, **k)
        finally:
            took[name] = took.get(name, 0.0) + time.thread_time() - begin

    setattr(where, name, outer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    took: dict[str, float] = {}
    timed(took, pipeline, "verdicts")
    for name in ("judge", "suppress", "suppression_notes"):
        timed(took, judge, name)
    for number in range(options.repeat + 1):
        took.clear()
        begin = time.process_time()
        document = pipeline.scan(pipeline.Run(options.inputs))
        whole = time.process_time() - begin
        if number:
            parts = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in took.items())
            share = sum(took.values()) / whole
            print(
                f"{document.coverage.flows:,} flows, {len(document.findings):,} findings: {whole:.2f} s of processor time, judged in {share:.1%} of it ({parts})"
            )


if __name__ == "__main__":
    main()
