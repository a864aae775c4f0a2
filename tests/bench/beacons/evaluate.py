"""Print how well channels are ranked, beside RITA's score on the same channels.

    python tests/bench/beacons/evaluate.py [--seeds 1 2 3 4 5] [--bench FOLDER] [--channels N] [--write]

``--bench`` is a folder with ``beacon_bench.py`` (a generator that this one was not trained on); its ``dev`` profile is used where it is
there, and the same generator with other settings. Then come profiles of :mod:`traffic` with settings that training does not draw.
``--write`` puts the tables into docs/beacons.md, between its two marks.
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


def figures(who: np.ndarray, negative: np.ndarray, score: np.ndarray, period: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """How well the channels ``who`` stand above the negatives, and how often their period is right."""
    two, three = np.quantile(score[negative], [0.99, 0.999])
    error = np.nan_to_num(np.abs(period / true - 1), nan=9.0)[who]
    s = score[who]
    return {
        "n": float(who.sum()), "auc": auc(s, score[negative]), "r2": float(np.mean(s > two)), "r3": float(np.mean(s > three)),
        "p5": float(np.mean(error < 0.05)), "p15": float(np.mean(error < 0.15)),
    }  # fmt: skip


Table = dict[str, dict[str, float]]


def table(title: str, events: EventTable, groups: Mask, negative: np.ndarray, true: np.ndarray) -> Table:
    """Print one table and give its figures: each group's, beside them RITA's (``RITA: group``), and ``speed`` and ``alert``."""
    began = time.process_time()
    found = measure(events)
    took = time.process_time() - began
    window = events.window[0] * 1e-9, events.window[1] * 1e-9
    theirs = np.array([
        rita(events.time_ns[a:z] * 1e-9, events.orig_bytes[a:z], window) for a, z in zip(events.start[:-1], events.start[1:], strict=True)
    ])  # fmt: skip
    channels, many = len(found), int(events.start[-1])
    print(
        f"\n{title}: {channels:,} channels, {many:,} events; {channels / took:,.0f} channels/s, {many / took:,.0f} events/s of processor time"
    )
    print(f"{'':26s}{'n':>7s}  AUC     R@1e-2 R@1e-3 5 %    15 %    RITA: AUC  R@1e-2 R@1e-3")
    out: Table = {}
    for name, who in groups.items():
        if who.any():
            out[name] = f = figures(who, negative, found.score, found.period_s, true)
            out[f"RITA: {name}"] = r = figures(who, negative, theirs[:, 0], theirs[:, 1], true)
            print(
                f"{name:26s}{f['n']:7.0f}  {f['auc']:.4f}  {f['r2']:.3f}  {f['r3']:.3f}  {f['p5']:.3f}  {f['p15']:.3f}        {r['auc']:.4f}  {r['r2']:.3f}  {r['r3']:.3f}"
            )
    alarms, recall = np.mean(found.score[negative] >= ALERT), np.mean(found.score[groups["all"]] >= ALERT)
    accident = np.mean(found.false_alarm[negative] < 0.01)
    print(
        f"at the alert level: {alarms:.5f} of the channels without a timer, {recall:.3f} of the beacons; p < .01 in {accident:.4f} of those without"
    )
    out["alert"] = {"alarms": float(alarms), "recall": float(recall), "accident": float(accident)}
    out["speed"] = {"channels": channels / took, "events": many / took}
    return out


def dev(seed: int, folder: Path, profile: str = "dev", **over: object) -> Table:
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
    groups["sleeps of 1-9 s"] = positive & (np.nan_to_num(b.col("sleep", np.nan).astype(float), nan=99.0) < 10)
    return table(f"{profile} {over or ''}, seed {seed}", events, groups, label == "neg", b.col("period", np.nan).astype(float))


def own(name: str, channels: int, seed: int = 77) -> Table:
    t = draw(channels, seed, evaluation_profiles()[name])
    groups: Mask = {"all": t.label == 1}
    groups.update({f: (t.label == 1) & (t.family == f) for f in np.unique(t.family[t.label == 1])})
    return table(f"profile '{name}'", t.events, groups, t.label == 0, t.period)


BAR = {
    "jitter <= .1, n >= 13": 0.98, "jitter .15-.3, n >= 31": 0.95, "jitter .4-.5, n >= 101": 0.85, "jitter <= .3, missed half": 0.85,
    "jitter <= .3, n 6-12": 0.85, "sleepwake": 0.90, "burst": 0.88, "change": 0.93, "tasking": 0.95, "noise": 0.70, "all": 0.84,
    "sleeps of 1-9 s": 0.60,
}  # fmt: skip
"""Recall at one false alarm in a thousand that is aimed at."""

SAID = {
    "all": "all beacons", "jitter <= .1, n >= 13": "jitter up to 10 %, 13 check-ins or more", "jitter .15-.3, n >= 31": "jitter 15 to 30 %, 31 or more",
    "jitter .4-.5, n >= 101": "jitter 40 to 50 %, 101 or more", "jitter >= .6, n >= 101": "jitter from 60 %, 101 or more",
    "jitter <= .3, missed half": "jitter up to 30 %, four to five in ten missed, 31 or more", "jitter <= .3, n 6-12": "jitter up to 30 %, 6 to 12 check-ins",
    "few": "few (6 to 24)", "sleepwake": "sleeping hours", "burst": "bursts", "change": "period changes", "tasking": "tasking", "noise": "other traffic on the channel",
    "sleeps of 1-9 s": "sleeps of 1 to 9 s",
}  # fmt: skip

MARKS = ("<!-- tables: evaluate.py --write -->", "<!-- end of tables -->")
PAGE = Path(__file__).parents[3] / "docs" / "beacons.md"


def mean(tables: list[Table], group: str, key: str) -> float:
    return float(np.mean([t[group][key] for t in tables if group in t]))


def three(tables: list[Table], group: str) -> str:
    """Recall at one in a thousand: the mean, and between which seeds' figures it lies where there are several."""
    some = [t[group]["r3"] for t in tables if group in t]
    return f"{np.mean(some):.3f}" + (f" ({min(some):.3f} to {max(some):.3f})" if len(some) > 1 else "")


def markdown(seeds: list[Table], others: dict[str, Table]) -> str:
    """The tables of the page."""
    lines = []
    if seeds:
        lines += [
            "| `dev`, by seed | AUC | R@1e-2 | R@1e-3 | RITA: AUC | R@1e-2 | R@1e-3 | above the alert level: without a timer, beacons |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for number, t in enumerate(seeds, 1):
            f, r, a = t["all"], t["RITA: all"], t["alert"]
            lines.append(
                f"| seed {number} | {f['auc']:.4f} | {f['r2']:.3f} | {f['r3']:.3f} | {r['auc']:.3f} | {r['r2']:.3f} | {r['r3']:.3f} | {a['alarms']:.5f}, {a['recall']:.3f} |"
            )
        lines += [
            "",
            "| by case, mean of the seeds | channels a seed | R@1e-3 (lowest to highest seed) | aimed at | RITA | period within 5 % | within 15 % |",
            "|---|---|---|---|---|---|---|",
        ]
        for group, words in SAID.items():
            if group in seeds[0]:
                bar = f"{BAR[group]:.2f}" if group in BAR else ""
                lines.append(
                    f"| {words} | {mean(seeds, group, 'n'):.0f} | {three(seeds, group)} | {bar} | {mean(seeds, f'RITA: {group}', 'r3'):.3f} | "
                    f"{mean(seeds, group, 'p5'):.2f} | {mean(seeds, group, 'p15'):.2f} |"
                )
    lines += [
        "",
        "| other settings | beacons | AUC | R@1e-2 | R@1e-3 | RITA: AUC | R@1e-2 | R@1e-3 | above the alert level: without a timer, beacons |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, t in others.items():
        for group in ("all", "sleeps of 1-9 s"):
            if group in t and (group == "all" or t[group]["n"] >= 50):
                f, r, a = t[group], t[f"RITA: {group}"], t["alert"]
                last = f"{a['alarms']:.5f}, {a['recall']:.3f}" if group == "all" else ""
                words = name if group == "all" else f"of these, {SAID[group]}"
                lines.append(
                    f"| {words} | {f['n']:.0f} | {f['auc']:.4f} | {f['r2']:.3f} | {f['r3']:.3f} | {r['auc']:.3f} | {r['r2']:.3f} | {r['r3']:.3f} | {last} |"
                )
    return "\n".join(lines).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    parser.add_argument("--bench", type=Path, default=BENCH)
    parser.add_argument("--channels", type=int, default=20_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    seeds: list[Table] = []
    others: dict[str, Table] = {}
    if (options.bench / "beacon_bench.py").exists():
        seeds = [dev(seed, options.bench) for seed in options.seeds]
        # The same generator with other settings: jitters and dropouts between those of dev, sleeps from 1 s, other windows.
        between = {"jitters": [0.05, 0.15, 0.4, 0.6], "drops": [0.05, 0.2, 0.4], "per_cell": 40, "fam": 200, "pmin": 1}
        for number, hours in enumerate((8, 72)):
            others[f"the same generator, {hours} h, jitters and dropouts between, sleeps from 1 s"] = dev(
                91 + number, options.bench, hours=hours, **between
            )
    for name in evaluation_profiles():
        others[f"own generator, '{name}'"] = own(name, options.channels)
    text = markdown(seeds, others)
    print("\n" + text)
    if options.write:
        head, _, rest = PAGE.read_text().partition(MARKS[0])
        PAGE.write_text(head + MARKS[0] + "\n\n" + text + "\n\n" + MARKS[1] + rest.partition(MARKS[1])[2])


if __name__ == "__main__":
    main()
