"""A small forest of boosted trees over the named features, read from ``beacon_model.json``.

The file holds, for each tree, parallel lists of nodes; node 0 is the root, a leaf has feature -1. A value at or below the threshold
goes left; an absent one goes where ``missing`` says. The score is the logistic of the sum of leaf values, moved so that the alert
level, chosen on drawn traffic for three false alarms in ten thousand channels, is at 0.5.
``tests/bench/beacons/train.py`` makes the file from a seed.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from pcapscan.cache import arrays
from pcapscan.kernels import kernel
from pcapscan.tables import F64, I64, U32, Bool

_FEW_ROWS = 4096
"""Rows that are not worth a thread of their own."""

_TOGETHER = 32
"""Rows that go down a tree together; arbitrary, they and the tree fit into the nearest cache."""

ALERT = 0.5
"""Score from which a channel is said to have a timer."""

MODEL_FILE = "beacon_model.json"
GATE_FILE = "beacon_gate.json"


class Forest(Struct, frozen=True, dict=True):
    """Nodes of all trees end to end.

    Attributes
    ----------
    names : tuple of str
        Features, in the order of the model's columns.
    roots : int64[t]
    depths : int64[t]
        Steps from a root to its deepest leaf.
    feature : int64[n]
        -1 for a leaf.
    threshold, value : float64[n]
        ``value``: of a leaf; of an inner node the mean below it, so that a step down has a worth.
    children : int64[n, 2]
        Right and left; of a leaf, itself.
    missing : bool[n]
        Whether an absent value goes left.
    bias : float
        Added to the sum of leaves.
    """

    names: tuple[str, ...]
    roots: I64
    depths: I64
    feature: I64
    threshold: F64
    value: F64
    children: I64
    missing: Bool
    bias: float

    @cached_property
    def walk(self) -> tuple[U32, I64, U32, F64, F64, U32, U32]:
        """What :func:`add_leaves` takes: roots, depths, features (0 for a leaf), thresholds, values, children, what is missing."""
        return (
            self.roots.astype(np.uint32), self.depths, np.maximum(self.feature, 0).astype(np.uint32), self.threshold, self.value,
            self.children.astype(np.uint32).ravel(), self.missing.astype(np.uint32),
        )  # fmt: skip


@kernel(
    "void(float64[:, ::1], uint32[::1], int64[::1], uint32[::1], float64[::1], float64[::1], uint32[::1], uint32[::1], float64[::1])",
    counting=True,
)
def add_leaves(
    rows: F64, roots: U32, depths: I64, feature: U32, threshold: F64, value: F64, children: U32, missing: U32, total: F64
) -> None:
    """Add to ``total[i]`` the leaf that each tree gives row ``i``.

    Some rows go down a tree together, each as many steps as its deepest leaf is far: no branch is to be foreseen, and while one row
    waits for memory another steps on.

    Parameters
    ----------
    rows : float64[n, k]
    roots, depths, feature, threshold, value, children, missing
        As :attr:`Forest.walk` gives them; unsigned, since numba looks at every signed index whether it counts from the end.
    total : float64[n]
    """
    width = np.uint32(rows.shape[1])
    place, tile = np.empty(_TOGETHER, np.uint32), np.empty(_TOGETHER * rows.shape[1])
    for begin in range(0, rows.shape[0], _TOGETHER):
        many = min(_TOGETHER, rows.shape[0] - begin)
        absent = False
        for i in range(many):
            for k in range(rows.shape[1]):
                x = rows[begin + i, k]
                absent |= np.isnan(x)
                tile[i * rows.shape[1] + k] = x
        for r in range(roots.size):
            for i in range(many):
                place[i] = roots[r]
            for _ in range(depths[r]):
                if absent:
                    for i in range(many):
                        node = place[i]
                        x = tile[np.uint32(i) * width + feature[node]]
                        left = np.uint32(x <= threshold[node]) | (np.uint32(np.isnan(x)) & missing[node])
                        place[i] = children[np.uint32(2) * node + left]
                else:
                    for i in range(many):
                        node = place[i]
                        left = np.uint32(tile[np.uint32(i) * width + feature[node]] <= threshold[node])
                        place[i] = children[np.uint32(2) * node + left]
            for i in range(many):
                total[begin + i] += value[place[i]]


def parse_forest(text: str) -> Forest:
    """Read a model file."""
    data = json.loads(text)
    roots, columns, offset = [], [], 0
    for tree in data["trees"]:
        roots.append(offset)
        columns.append([np.array(tree[name]) for name in ("feature", "threshold", "value", "right", "left", "missing")])
        offset += len(tree["feature"])
    at = np.repeat(roots, [len(c[0]) for c in columns])
    feature, threshold, value, right, left, missing = (np.concatenate([c[k] for c in columns]) for k in range(6))
    own = np.arange(offset)
    children = np.stack([np.where(feature < 0, own, right + at), np.where(feature < 0, own, left + at)], axis=1).astype(np.int64)
    depths, level = np.zeros(len(roots), np.int64), np.array(roots, np.int64)
    tree_of = np.arange(len(roots))
    while len(level):  # a level at a time, without its leaves
        inner = feature[level] >= 0
        tree_of, level = np.repeat(tree_of[inner], 2), children[level[inner]].ravel()
        depths[tree_of] += 1
    return Forest(
        tuple(data["features"]), np.array(roots, np.int64), depths, feature.astype(np.int64), threshold.astype(np.float64),
        value.astype(np.float64), children, missing.astype(np.bool_), float(data["bias"]),
    )  # fmt: skip


def _kept(file: str) -> tuple[Forest, float, float]:
    """A shipped forest, and slope and offset of its ranks; parsing it takes ten times as long as reading what is kept of that."""
    source, own = (Path(__file__).with_name(name).read_bytes() for name in (file, Path(__file__).name))

    def made() -> list[np.ndarray]:
        read, rank = parse_forest(source.decode()), json.loads(source).get("rank", [])
        return [np.array(read.names), *(getattr(read, name) for name in _COLUMNS), np.array([read.bias, *rank])]

    names, *columns, numbers = arrays(file.removesuffix(".json"), [source, own], made)
    bias, slope, offset = (*numbers.tolist(), 1.0, 0.0)[:3]
    fields: dict[str, Any] = dict(zip(_COLUMNS, columns, strict=True))
    return Forest(names=tuple(names.tolist()), bias=bias, **fields), slope, offset


_COLUMNS = ("roots", "depths", "feature", "threshold", "value", "children", "missing")


@cache
def forest() -> Forest:
    """Return the shipped model."""
    return _kept(MODEL_FILE)[0]


@cache
def _gate() -> tuple[Forest, float, float]:
    return _kept(GATE_FILE)


def gate() -> Forest:
    """Return the shipped gate: a sum below 0 dismisses a channel before the costly features are asked for."""
    return _gate()[0]


def ranked_by_gate(sums: F64) -> F64:
    """Scores of rows that the gate dismissed, by its sums: on the model's scale, so that they rank among themselves and below."""
    _, slope, offset = _gate()
    return np.asarray(1 / (1 + np.exp(-np.clip(slope * sums + offset, -60, 60))))


def judge_rows(model: Forest, rows: F64, workers: int = 1) -> F64:
    """Scores, 0..1, of feature rows in the model's order, on so many threads."""
    return np.asarray(1 / (1 + np.exp(-np.clip(summed(model, rows, workers), -60, 60))))


def summed(model: Forest, rows: F64, workers: int = 1) -> F64:
    """Bias and leaves of each row, in the model's order, on so many threads."""
    rows, total = np.ascontiguousarray(rows, np.float64), np.full(len(rows), model.bias)
    trees = model.walk
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
            below = int(model.children[node, int(go_left)])
            moved[model.names[int(model.feature[node])]] += float(model.value[below] - model.value[node])
            node = below
    return moved
