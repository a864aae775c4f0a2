"""Make ``pcapscan/measure/beacon_gate.json`` from a seed: a small forest over cheap features that dismisses channels without a timer.

    python tests/bench/beacons/train_gate.py [--channels N] [--seed S]

Most channels of a real log have no timer, and what tells the hard cases costs thirty times what tells the plain ones. The gate is
trained on the same drawn traffic as the model, and its level is set so that it lets through all but ``LOST`` of the drawn beacons
that the model is sure of. What it dismisses is ranked by its own sum, brought to the model's scale by a straight line. scikit-learn is needed here only. The same seed and versions give the same file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from train import gather, tree_of

from pcapscan.measure.features import NAMES
from pcapscan.measure.model import ALERT, GATE_FILE, forest, judge_rows

SURE = 0.01
"""Score from which the model is sure enough of a beacon for the gate to let it through: a fifth of what is claimed, so that the ranking of
doubtful beacons, too, is the model's."""

LOST = 2e-4
"""Share of those beacons that the gate may dismiss, on traffic it was not trained on."""

CHEAP = (
    "log_checkins", "log_events", "burst_size", "burst_valley", "q05", "q10", "q25", "q75", "q90", "q95", "half25", "half50", "half75",
    "raw_half25", "raw_half50", "raw_half75", "cv", "ratio_median", "ratio_q25", "ratio_q75", "ratio_02", "ratio_15", "ratio_30",
    "ratio_gain", "raw_ratio_15", "local_variation", "serial", "size_orig", "size_resp", "size_repeat", "size_same", "duration_spread",
)  # fmt: skip
"""What the kernel knows before it asks the gate."""


def scored(channels: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cheap features, labels, and the model's scores."""
    x, label, _ = gather(channels, seed)
    model = forest()
    score = judge_rows(model, x[:, [NAMES.index(name) for name in model.names]])
    return x[:, [NAMES.index(name) for name in CHEAP]], label, score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[3] / "pcapscan" / "measure" / GATE_FILE)
    options = parser.parse_args()
    x, label, _ = scored(options.channels, options.seed)
    fit = HistGradientBoostingClassifier(
        max_iter=120,
        learning_rate=0.12,
        max_leaf_nodes=16,
        min_samples_leaf=40,
        max_bins=128,
        early_stopping=False,
        random_state=options.seed,
    )
    fit.fit(x, label > 0)
    fresh, fresh_label, score = scored(60_000, options.seed + 500)
    z = fit.decision_function(fresh)
    sure = (fresh_label > 0) & (score >= SURE)
    level = float(np.quantile(z[sure], LOST))
    out = z < level
    logit = np.log(score[out] / (1 - score[out]))
    slope, offset = np.polyfit(z[out] - level, logit, 1)
    trees = [tree_of(t[0].nodes) for t in fit._predictors]
    document = {"about": "boosted trees over cheap features; made by tests/bench/beacons/train_gate.py", "seed": options.seed,
                "channels": options.channels, "features": list(CHEAP),
                "bias": round(float(fit._baseline_prediction.ravel()[0]) - level, 4),
                "rank": [round(float(slope), 4), round(float(offset), 4)]}  # fmt: skip
    lines = [f' "{k}": {json.dumps(v)}' for k, v in document.items()]
    body = ",\n".join("  " + json.dumps(t, separators=(",", ":")) for t in trees)
    options.out.write_text("{\n" + ",\n".join(lines) + ',\n "trees": [\n' + body + "\n ]\n}\n", encoding="utf-8")
    for least in (SURE, 0.05, 0.2, ALERT):
        of = (fresh_label > 0) & (score >= least)
        print(f"beacons the model scores {least} or more: {np.mean(z[of] < level):.5f} dismissed")
    print(f"logit of the model for what is dismissed: {offset:.2f} + {slope:.2f} x the gate's sum")
    print(f"channels without a timer dismissed: {np.mean(z[fresh_label == 0] < level):.3f}")


if __name__ == "__main__":
    main()
