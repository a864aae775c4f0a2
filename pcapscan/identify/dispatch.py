"""One function out of many: the tree by which a kernel calls the ``look`` of protocol number ``i``.

numba compiles a call only to a function it knows when it compiles. :func:`tree` joins many helpers of one signature into nested
helpers that compare ``i`` and call, sixteen at a time: a hundred protocols cost two short ladders of comparisons, and no protocol is
named anywhere but in the list of :mod:`.protocols`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from pcapscan.kernels import helper
from pcapscan.tables import I16

from .protocols import MODULES

Call = Callable[..., int]

F = TypeVar("F", bound=Callable[..., Any])

WIDTH = 16
"""Functions a node of the tree calls."""

PROTOCOLS: tuple[str, ...] = tuple(name.replace("_", "-") for name in MODULES)
"""Canonical names; an index here is a protocol's number in every table."""

HALVES = (range(len(MODULES) * 2 // 5), range(len(MODULES) * 2 // 5, len(MODULES)))
"""Numbers of the protocols that each of the two large kernels asks: they are compiled side by side, each in a process of its own."""


def module_of(number: int) -> ModuleType:
    """The file of a protocol; loaded when it is first asked for, since all of them take as long to load as numpy."""
    return importlib.import_module(f"{__package__}.protocols.{MODULES[number]}")


@cache
def modules() -> tuple[ModuleType, ...]:
    """The files of all protocols."""
    return tuple(module_of(number) for number in range(len(MODULES)))


@helper
def nothing(b: Any, n: int, side: int) -> int:
    """The span and the essence of protocols that have none."""
    return 0


def named_helper(function: F, name: str) -> F:
    """Compile a function made inside another one, under a name of its own.

    Kernels that were compiled in different processes share one name space when they are loaded: two functions made by one line of source
    would be taken for each other.
    """
    function.__name__ = function.__qualname__ = name
    return helper(function)


def look_tree(functions: Sequence[Call], name: str) -> Call:
    """``look_tree([f0, f1, ...], name)(i, b, n, side, p, pn, ctx)`` is ``f_i(b, n, side, p, pn, ctx)``, compiled."""
    return _grow(functions, _look_leaf, _look_branch, name)


def span_tree(functions: Sequence[Call], name: str) -> Call:
    """``span_tree([f0, f1, ...], name)(i, b, n, side)`` is ``f_i(b, n, side)``, compiled."""
    return _grow(functions, _span_leaf, _span_branch, name)


def _grow(functions: Sequence[Call], leaf: Callable[..., Call], branch: Callable[..., Call], name: str) -> Call:
    nodes = [leaf(functions[k : k + WIDTH], f"{name}_leaf_{k}") for k in range(0, len(functions), WIDTH)]
    step = WIDTH
    while len(nodes) > 1:
        nodes = [branch(nodes[k : k + WIDTH], step, f"{name}_branch_{step}_{k}") for k in range(0, len(nodes), WIDTH)]
        step *= WIDTH
    return nodes[0]


def _look_leaf(some: Sequence[Call], name: str) -> Call:
    f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15 = (*some, *[some[-1]] * (WIDTH - len(some)))

    def leaf(i: int, b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
        k = i % WIDTH
        if k == 0:
            return f0(b, n, side, p, pn, ctx)
        if k == 1:
            return f1(b, n, side, p, pn, ctx)
        if k == 2:
            return f2(b, n, side, p, pn, ctx)
        if k == 3:
            return f3(b, n, side, p, pn, ctx)
        if k == 4:
            return f4(b, n, side, p, pn, ctx)
        if k == 5:
            return f5(b, n, side, p, pn, ctx)
        if k == 6:
            return f6(b, n, side, p, pn, ctx)
        if k == 7:
            return f7(b, n, side, p, pn, ctx)
        if k == 8:
            return f8(b, n, side, p, pn, ctx)
        if k == 9:
            return f9(b, n, side, p, pn, ctx)
        if k == 10:
            return f10(b, n, side, p, pn, ctx)
        if k == 11:
            return f11(b, n, side, p, pn, ctx)
        if k == 12:
            return f12(b, n, side, p, pn, ctx)
        if k == 13:
            return f13(b, n, side, p, pn, ctx)
        if k == 14:
            return f14(b, n, side, p, pn, ctx)
        return f15(b, n, side, p, pn, ctx)

    return named_helper(leaf, name)


def _look_branch(some: Sequence[Call], step: int, name: str) -> Call:
    f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15 = (*some, *[some[-1]] * (WIDTH - len(some)))

    def branch(i: int, b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
        k = i // step % WIDTH
        if k == 0:
            return f0(i, b, n, side, p, pn, ctx)
        if k == 1:
            return f1(i, b, n, side, p, pn, ctx)
        if k == 2:
            return f2(i, b, n, side, p, pn, ctx)
        if k == 3:
            return f3(i, b, n, side, p, pn, ctx)
        if k == 4:
            return f4(i, b, n, side, p, pn, ctx)
        if k == 5:
            return f5(i, b, n, side, p, pn, ctx)
        if k == 6:
            return f6(i, b, n, side, p, pn, ctx)
        if k == 7:
            return f7(i, b, n, side, p, pn, ctx)
        if k == 8:
            return f8(i, b, n, side, p, pn, ctx)
        if k == 9:
            return f9(i, b, n, side, p, pn, ctx)
        if k == 10:
            return f10(i, b, n, side, p, pn, ctx)
        if k == 11:
            return f11(i, b, n, side, p, pn, ctx)
        if k == 12:
            return f12(i, b, n, side, p, pn, ctx)
        if k == 13:
            return f13(i, b, n, side, p, pn, ctx)
        if k == 14:
            return f14(i, b, n, side, p, pn, ctx)
        return f15(i, b, n, side, p, pn, ctx)

    return named_helper(branch, name)


def _span_leaf(some: Sequence[Call], name: str) -> Call:
    f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15 = (*some, *[some[-1]] * (WIDTH - len(some)))

    def leaf(i: int, b: Any, n: int, side: int) -> int:
        k = i % WIDTH
        if k == 0:
            return f0(b, n, side)
        if k == 1:
            return f1(b, n, side)
        if k == 2:
            return f2(b, n, side)
        if k == 3:
            return f3(b, n, side)
        if k == 4:
            return f4(b, n, side)
        if k == 5:
            return f5(b, n, side)
        if k == 6:
            return f6(b, n, side)
        if k == 7:
            return f7(b, n, side)
        if k == 8:
            return f8(b, n, side)
        if k == 9:
            return f9(b, n, side)
        if k == 10:
            return f10(b, n, side)
        if k == 11:
            return f11(b, n, side)
        if k == 12:
            return f12(b, n, side)
        if k == 13:
            return f13(b, n, side)
        if k == 14:
            return f14(b, n, side)
        return f15(b, n, side)

    return named_helper(leaf, name)


def _span_branch(some: Sequence[Call], step: int, name: str) -> Call:
    f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15 = (*some, *[some[-1]] * (WIDTH - len(some)))

    def branch(i: int, b: Any, n: int, side: int) -> int:
        k = i // step % WIDTH
        if k == 0:
            return f0(i, b, n, side)
        if k == 1:
            return f1(i, b, n, side)
        if k == 2:
            return f2(i, b, n, side)
        if k == 3:
            return f3(i, b, n, side)
        if k == 4:
            return f4(i, b, n, side)
        if k == 5:
            return f5(i, b, n, side)
        if k == 6:
            return f6(i, b, n, side)
        if k == 7:
            return f7(i, b, n, side)
        if k == 8:
            return f8(i, b, n, side)
        if k == 9:
            return f9(i, b, n, side)
        if k == 10:
            return f10(i, b, n, side)
        if k == 11:
            return f11(i, b, n, side)
        if k == 12:
            return f12(i, b, n, side)
        if k == 13:
            return f13(i, b, n, side)
        if k == 14:
            return f14(i, b, n, side)
        return f15(i, b, n, side)

    return named_helper(branch, name)


def half(number: int) -> Call:
    """The tree of one half; its ``i`` counts from the half's first protocol."""
    return look_tree([modules()[i].look for i in HALVES[number]], f"look_{number}")


def tree_of(what: str) -> Call:
    """The tree of an optional function."""
    return span_tree([*(getattr(module, what) for module in modules() if hasattr(module, what)), nothing], what)


def places_of(what: str) -> I16:
    """Where in the tree of an optional function each protocol's is."""
    has = np.array([hasattr(module, what) for module in modules()])
    return np.where(has, np.cumsum(has) - 1, has.sum()).astype(np.int16)
