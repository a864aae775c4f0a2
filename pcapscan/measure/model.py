"""A small forest of boosted trees over the named features, read from ``beacon_model.json``.

The file holds, for each tree, parallel lists of nodes; node 0 is the root, a leaf has feature -1. A value at or below the threshold
goes left; an absent one goes where ``missing`` says. The score is the logistic of the sum of leaf values, moved so that the alert
level, chosen on drawn traffic for three false alarms in ten thousand channels, is at 0.5.
``tests/bench/beacons/train.py`` makes the file from a seed.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from pcapscan.kernels import kernel
from pcapscan.tables import F64, I64, Bool

_FEW_ROWS = 4096
"""Rows that are not worth a thread of their own."""

ALERT = 0.5
"""Score from which a channel is said to have a timer."""

MODEL_FILE = "beacon_model.json"
GATE_FILE = "beacon_gate.json"


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees end to end.

    Attributes
    ----------
    names : tuple of str
        Features, in the order of the model's columns.
    roots : int64[t]
    feature : int64[n]
        -1 for a leaf.
    threshold, value : float64[n]
        ``value``: of a leaf; of an inner node the mean below it, so that a step down has a worth.
    left, right : int64[n]
    missing : bool[n]
        Whether an absent value goes left.
    bias : float
        Added to the sum of leaves.
    """

    names: tuple[str, ...]
    roots: I64
    feature: I64
    threshold: F64
    value: F64
    left: I64
    right: I64
    missing: Bool
    bias: float


@kernel("void(float64[:, ::1], int64[::1], int64[::1], float64[::1], float64[::1], int64[::1], int64[::1], boolean[::1], float64[::1])")
def add_leaves(rows: F64, roots: I64, feature: I64, threshold: F64, value: F64, left: I64, right: I64, missing: Bool, total: F64) -> None:
    """Add to ``total[i]`` the leaf that each tree gives row ``i``."""
    for i in range(rows.shape[0]):
        for r in range(roots.size):
            node = roots[r]
            while feature[node] >= 0:
                x = rows[i, feature[node]]
                go_left = missing[node] if np.isnan(x) else x <= threshold[node]
                node = left[node] if go_left else right[node]
            total[i] += value[node]


def parse_forest(text: str) -> Forest:
    """Read a model file."""
    data = json.loads(text)
    roots, columns, offset = [], [], 0
    for tree in data["trees"]:
        roots.append(offset)
        size = len(tree["feature"])
        step = np.array(tree["left"]) + offset, np.array(tree["right"]) + offset
        columns.append((tree["feature"], tree["threshold"], tree["value"], *step, tree["missing"]))
        offset += size
    joined = [np.concatenate([c[k] for c in columns]) for k in range(6)]
    return Forest(
        tuple(data["features"]), np.array(roots, np.int64), joined[0].astype(np.int64), joined[1].astype(np.float64),
        joined[2].astype(np.float64), joined[3].astype(np.int64), joined[4].astype(np.int64), joined[5].astype(np.bool_),
        float(data["bias"]),
    )  # fmt: skip


@cache
def forest() -> Forest:
    """Return the shipped model."""
    return parse_forest((files("pcapscan.measure") / MODEL_FILE).read_text(encoding="utf-8"))


@cache
def gate() -> Forest:
    """Return the shipped gate: a sum below 0 dismisses a channel before the costly features are asked for."""
    return parse_forest((files("pcapscan.measure") / GATE_FILE).read_text(encoding="utf-8"))


def ranked_by_gate(rows: F64, workers: int = 1) -> F64:
    """Scores of rows (in the gate's order) that it dismissed: its sum on the model's scale, so that they rank among themselves and below."""
    slope, offset = json.loads((files("pcapscan.measure") / GATE_FILE).read_text(encoding="utf-8"))["rank"]
    total = _summed(gate(), rows, workers)
    return np.asarray(1 / (1 + np.exp(-np.clip(slope * total + offset, -60, 60))))


def judge_rows(model: Forest, rows: F64, workers: int = 1) -> F64:
    """Scores, 0..1, of feature rows in the model's order, on so many threads."""
    return np.asarray(1 / (1 + np.exp(-np.clip(_summed(model, rows, workers), -60, 60))))


def _summed(model: Forest, rows: F64, workers: int) -> F64:
    rows, total = np.ascontiguousarray(rows, np.float64), np.full(len(rows), model.bias)
    trees = (model.roots, model.feature, model.threshold, model.value, model.left, model.right, model.missing)
    step = max(_FEW_ROWS, -(-len(rows) // workers))
    parts = [slice(at, at + step) for at in range(0, len(rows), step)]
    if len(parts) <= 1:
        add_leaves(rows, *trees, total)
        return total
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda part: add_leaves(rows[part], *trees, total[part]), parts))
    return total


def contributions(model: Forest, row: F64) -> dict[str, float]:
    """Tell what each feature moved the sum by, walking every tree from its root's mean to its leaf; the bias and roots are left out."""
    moved = dict.fromkeys(model.names, 0.0)
    for root in model.roots:
        node = int(root)
        while model.feature[node] >= 0:
            x = row[model.feature[node]]
            go_left = bool(model.missing[node]) if np.isnan(x) else bool(x <= model.threshold[node])
            below = int(model.left[node] if go_left else model.right[node])
            moved[model.names[int(model.feature[node])]] += float(model.value[below] - model.value[node])
            node = below
    return moved
