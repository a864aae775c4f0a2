"""Dataclasses that are made when they are first used are dataclasses all the same."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
import threading

import pytest

from pcapscan.frozen import later


def classes():
    @later(frozen=True)
    class Base:
        """A base."""

        a: int

        def __post_init__(self):
            if self.a < 0:
                raise ValueError("negative")

    @later(frozen=True)
    class Point(Base):
        """A point."""

        kind: str = ""
        args: list = dataclasses.field(default_factory=list)

    return Base, Point


def test_the_first_instance_is_what_dataclass_makes():
    _, Point = classes()
    first, second = Point(1, kind="x"), Point(a=1, kind="x", args=[])
    assert first == second and first.args is not second.args
    assert repr(first).endswith("Point(a=1, kind='x', args=[])")
    assert dataclasses.astuple(dataclasses.replace(first, a=3)) == (3, "x", [])
    assert copy.deepcopy(first) == first
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.a = 2
    with pytest.raises(TypeError, match="missing"):
        Point()
    with pytest.raises(ValueError, match="negative"):
        Point(-1)


def test_fields_are_there_before_the_first_instance():
    Base, Point = classes()
    assert [f.name for f in dataclasses.fields(Point)] == ["a", "kind", "args"]
    assert [f.name for f in dataclasses.fields(Base)] == ["a"]
    assert dataclasses.is_dataclass(classes()[1])


def test_an_ordinary_dataclass_may_come_of_one_that_is_not_made():
    Base, _ = classes()
    made = dataclasses.dataclass(frozen=True)(type("More", (Base,), {"__annotations__": {"b": int}, "__doc__": "More."}))
    assert dataclasses.astuple(made(1, 2)) == (1, 2)


def test_many_threads_may_be_the_first():
    for _ in range(50):
        _, Point = classes()
        begin, made = threading.Barrier(4), []

        def make(begin=begin, made=made, Point=Point):
            begin.wait()
            made.append(Point(7, kind="t").kind)

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == ["t"] * 4


def test_importing_the_vocabulary_makes_no_class():
    code = "import pcapscan.frozen, dataclasses; dataclasses.dataclass = None; import pcapscan.tables, pcapscan.findings"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
