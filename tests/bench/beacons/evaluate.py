"""Print how well channels are ranked, beside RITA's score on the same channels.

    python tests/bench/beacons/evaluate.py [--seeds 1 2 3 4 5] [--bench FOLDER] [--channels N]

``--bench`` is a folder with ``beacon_bench.py`` (a generator that this one was not trained on); its ``dev`` profile is used where it is
there. Then come two profiles of :mod:`traffic` with settings that training does not draw.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
from rita import rita
from traffic import draw, evaluation_profiles

from pcapscan.measure import ALERT, measure
from pcapscan.tables import EventTable

Mask = dict[str, np.ndarray]
BENCH = Path(os.environ.get("PCAPSCAN_BENCH", Path(__file__).parents[4] / "shared" / "bench"))


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * len(negative)))


def line(name: str, who: np.ndarray, negative: np.ndarray, score: np.ndarray, period: np.ndarray, true: np.ndarray) -> str:
    two, three = np.quantile(score[negative], [0.99, 0.999])
    error = np.nan_to_num(np.abs(period / true - 1), nan=9.0)[who]
    s = score[who]
    return f"{name:26s}{who.sum():7d}  {auc(s, score[negative]):.4f}  {np.mean(s > two):.3f}  {np.mean(s > three):.3f}  {np.mean(error < 0.05):.3f}  {np.mean(error < 0.15):.3f}"


def table(title: str, events: EventTable, groups: Mask, negative: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Print one table; give the figures of all beacons."""
    began = time.perf_counter()
    found = measure(events)
    took = time.perf_counter() - began
    window = events.window[0] * 1e-9, events.window[1] * 1e-9
    theirs = np.array([
        rita(events.time_ns[a:z] * 1e-9, events.orig_bytes[a:z], window) for a, z in zip(events.start[:-1], events.start[1:], strict=True)
    ])  # fmt: skip
    print(
        f"\n{title}: {len(found):,} channels, {events.start[-1]:,} events; {len(found) / took:,.0f} channels/s, {events.start[-1] / took:,.0f} events/s"
    )
    print(f"{'':26s}{'n':>7s}  AUC     R@1e-2 R@1e-3 5 %    15 %")
    for name, who in groups.items():
        if who.any():
            print(line(name, who, negative, found.score, found.period_s, true))
    print(line("RITA: all", groups["all"], negative, theirs[:, 0], theirs[:, 1], true))
    alarms, recall = np.mean(found.score[negative] >= ALERT), np.mean(found.score[groups["all"]] >= ALERT)
    accident = np.mean(found.false_alarm[negative] < 0.01)
    print(
        f"at the alert level: {alarms:.5f} of the channels without a timer, {recall:.3f} of the beacons; p < .01 in {accident:.4f} of those without"
    )
    three = np.quantile(found.score[negative], 0.999)
    return {
        "auc": auc(found.score[groups["all"]], found.score[negative]),
        "r3": float(np.mean(found.score[groups["all"]] > three)),
        "alarms": float(alarms),
    }


def dev(seed: int, folder: Path, profile: str = "dev", **over: object) -> dict[str, float]:
    sys.path.insert(0, str(folder))
    import beacon_bench

    b = beacon_bench.generate(seed, profile, **over)
    ns = np.round(b.ts * 1e6).astype(np.int64) * 1000
    ob, rb, du = b.ob.astype(np.int64), b.rb.astype(np.int64), (b.dur * 1e9).astype(np.int64)
    events = EventTable(b.off, ns, ob, rb, du, np.ones(len(ns), bool), (int(b.t_min * 1e9), int(b.t_max * 1e9)))
    label, fam = b.col("label"), b.col("fam")
    j, d = b.col("jitter", 0).astype(float), b.col("dropout", 0).astype(float)
    n = np.array([int(str(c).split("-")[0]) if c else 0 for c in b.col("cell", "")])
    positive = (label == "beacon") & (fam != "poissonish")
    grid = positive & (fam == "grid")
    groups: Mask = {
        "all": positive,
        "jitter <= .1, n >= 13": grid & (j <= 0.1) & (n >= 13) & (d <= 0.1),
        "jitter .15-.3, n >= 31": grid & (j > 0.1) & (j <= 0.3) & (n >= 31) & (d <= 0.1),
        "jitter .4-.5, n >= 101": grid & (j >= 0.4) & (j <= 0.5) & (n >= 101) & (d <= 0.1),
        "jitter >= .6, n >= 101": grid & (j >= 0.6) & (n >= 101) & (d <= 0.1),
        "jitter <= .3, missed half": grid & (j <= 0.3) & (d >= 0.4) & (n >= 31),
        "jitter <= .3, n 6-12": grid & (j <= 0.3) & (n < 13) & (d <= 0.1),
        "grid, jitter <= .1": grid & (j <= 0.1), "grid, jitter .15-.3": grid & (j > 0.1) & (j <= 0.3),
        "grid, missed beats": grid & (d >= 0.2) & (j <= 0.3),
    }  # fmt: skip
    groups.update({f: positive & (fam == f) for f in ("few", "sleepwake", "burst", "change", "tasking", "noise")})
    return table(f"{profile} {over or ''}, seed {seed}", events, groups, label == "neg", b.col("period", np.nan).astype(float))


def own(name: str, channels: int, seed: int = 77) -> dict[str, float]:
    t = draw(channels, seed, evaluation_profiles()[name])
    groups: Mask = {"all": t.label == 1}
    groups.update({f: (t.label == 1) & (t.family == f) for f in np.unique(t.family[t.label == 1])})
    return table(f"profile '{name}'", t.events, groups, t.label == 0, t.period)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    parser.add_argument("--bench", type=Path, default=BENCH)
    parser.add_argument("--channels", type=int, default=15_000)
    options = parser.parse_args()
    if (options.bench / "beacon_bench.py").exists():
        for seed in options.seeds:
            dev(seed, options.bench)
        # The same generator with other settings: jitters and dropouts between those of dev, sleeps from 1 s, other windows.
        between = {"jitters": [0.05, 0.15, 0.4, 0.6], "drops": [0.05, 0.2, 0.4], "per_cell": 40, "fam": 200, "pmin": 1}
        dev(91, options.bench, hours=8, **between)
        dev(92, options.bench, hours=72, **between)
    for name in evaluation_profiles():
        own(name, options.channels)


if __name__ == "__main__":
    main()
