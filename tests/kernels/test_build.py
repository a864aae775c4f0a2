"""Compiling: what an image must not need is refused by name, and memory that a kernel takes is given back."""

from __future__ import annotations

import ast
import resource
import sys
from pathlib import Path

import numpy as np
import pytest

import pcapscan
from pcapscan.kernels import JIT, Image, allocating_helper
from pcapscan.kernels.image import parse

pytestmark = pytest.mark.skipif(not JIT, reason="NUMBA_DISABLE_JIT is set: nothing is compiled")


def sorts(a):
    a[0] = np.sort(a)[0]


def test_what_cannot_be_linked_without_numba_is_refused_by_name(tmp_path):
    made = Image(sorts, parse("void(float64[::1])", {}), lambda: tmp_path, counting=True)
    with pytest.raises(RuntimeError, match=r"sorts calls .*NRT_.*which no image may"):
        made(np.ones(3))


@allocating_helper
def room(n):
    out = np.empty(n)
    for i in range(n):
        out[i] = i
    return out


def takes_much(n):
    a, b = room(n), room(n // 2)
    return int(a[n - 1] + b[0])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no getrusage")
def test_memory_is_given_back(tmp_path):
    made = Image(takes_much, parse("int64(int64)", {}), lambda: tmp_path, counting=True)
    assert made(1 << 20) == (1 << 20) - 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(200):
        made(1 << 20)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 << (20 if sys.platform == "darwin" else 10)


def test_arrays_are_aligned(tmp_path):
    made = Image(where, parse("int64()", {}), lambda: tmp_path, counting=True)
    assert all(made() % 32 == 0 for _ in range(50))


def where():
    return room(3).ctypes.data


def subscripts_from_the_end(path):
    """Where a compiled function names a negative index; plain functions may."""
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        words = {ast.unparse(d).partition("(")[0] for d in function.decorator_list}
        if not words & {"kernel", "helper", "inlined", "allocating_helper"}:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Subscript):
                parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                yield from (
                    f"{path.name}:{node.lineno}" for part in parts if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub)
                )


def test_what_is_read_without_a_look_at_its_sign_names_no_index_from_the_end(tmp_path):
    package = Path(pcapscan.__file__).parent
    files = [p for room in ("decode", "flows") for p in (package / room).glob("*.py")] + [package / "read" / "pcap.py"]
    assert len(files) > 20 and not [place for path in files for place in subscripts_from_the_end(path)]
    liar = tmp_path / "liar.py"
    liar.write_text("@helper\ndef last(a, m):\n    return a[-1] + m[0, -k]\ndef plain(a):\n    return a[-1]\n")
    assert list(subscripts_from_the_end(liar)) == ["liar.py:3", "liar.py:3"]
