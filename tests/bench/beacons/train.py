"""Make ``pcapscan/measure/beacon_model.json`` from a seed: draw traffic, measure it, fit boosted trees, choose the alert level.

    python tests/bench/beacons/train.py [--channels N] [--seed S] [--trees T] [--leaves L]

scikit-learn is needed here only. The same seed and versions give the same file.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from traffic import draw

from pcapscan.measure.extract import extract
from pcapscan.measure.features import NAMES
from pcapscan.measure.model import MODEL_FILE

LEFT_OUT = ("span_share", "log_period")
"""Features that are shown but not learned from: they would teach the drawn windows and sleeps, not periodicity."""

FALSE_ALARMS = 3e-4
"""Share of channels without a timer above the alert level: a third of the one in a thousand that is promised, since other traffic is of other kinds."""

WORTH = {"plain": 3.0, "timer": 0.3}
"""What a channel of a family counts; 1 where not named. A sleep with jitter and missed beats is the main case and the hardest to tell from
chance; benign timers are so clean that more of them teach nothing."""


def gather(channels: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels and worths, drawn in parts so that memory stays small."""
    rows, labels, worth = [], [], []
    for part in range(max(1, channels // 20_000)):
        t = draw(min(channels, 20_000), seed * 1000 + part)
        x, _ = extract(t.events, 2)
        some = ~np.isnan(x[:, 0])
        rows.append(x[some].astype(np.float32)), labels.append(t.label[some])
        worth.append(np.array([WORTH.get(f, 1.0) for f in t.family[some]]))
    return np.concatenate(rows), np.concatenate(labels), np.concatenate(worth)


def rounded(values: np.ndarray, digits: int) -> list[float]:
    return [float(f"{v:.{digits}g}") for v in values]


def tree_of(nodes: np.ndarray) -> dict[str, list]:
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": np.where(leaf, -1, nodes["feature_idx"]).astype(int).tolist(),
        "threshold": rounded(np.where(leaf, 0, nodes["num_threshold"]), 5),
        "left": np.where(leaf, 0, nodes["left"]).astype(int).tolist(),
        "right": np.where(leaf, 0, nodes["right"]).astype(int).tolist(),
        "missing": nodes["missing_go_to_left"].astype(int).tolist(),
        "value": rounded(nodes["value"], 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=480_000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--leaves", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[3] / "pcapscan" / "measure" / MODEL_FILE)
    options = parser.parse_args()
    began = time.monotonic()
    x, label, worth = gather(options.channels, options.seed)
    kept = [i for i, name in enumerate(NAMES) if name not in LEFT_OUT]
    fit = HistGradientBoostingClassifier(
        max_iter=options.trees, learning_rate=0.08, max_leaf_nodes=options.leaves, min_samples_leaf=40, l2_regularization=3.0,
        max_bins=128, early_stopping=False, random_state=options.seed,
    )  # fmt: skip
    fit.fit(x[:, kept], label > 0, sample_weight=worth)
    fresh, fresh_label, _ = gather(120_000, options.seed + 500)
    z = fit.decision_function(fresh[:, kept])
    level = float(np.quantile(z[fresh_label == 0], 1 - FALSE_ALARMS))
    trees = [tree_of(t[0].nodes) for t in fit._predictors]
    bias = float(fit._baseline_prediction.ravel()[0]) - level
    document = {"about": "boosted trees over named features; made by tests/bench/beacons/train.py", "seed": options.seed,
                "channels": options.channels, "features": [NAMES[i] for i in kept], "bias": round(bias, 4), "trees": trees}  # fmt: skip
    lines = [f' "{k}": {json.dumps(v)}' for k, v in document.items() if k != "trees"]
    body = ",\n".join("  " + json.dumps(t, separators=(",", ":")) for t in trees)
    options.out.write_text("{\n" + ",\n".join(lines) + ',\n "trees": [\n' + body + "\n ]\n}\n", encoding="utf-8")
    print(f"{options.out}: {options.out.stat().st_size / 1e3:.0f} kB, {time.monotonic() - began:.0f} s, alert at {level:.2f}")


if __name__ == "__main__":
    main()
