"""What is kept is found again, never out of date, never half written; where nothing can be kept, everything still works."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest

from pcapscan import cache


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PCAPSCAN_CACHE", str(tmp_path))
    return tmp_path


def test_the_cache_goes_where_it_is_told(root):
    assert cache.cache_root() == root


def test_a_home_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.delenv("PCAPSCAN_CACHE", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "pcapscan-kernels" in cache.cache_root().name


class Parser:
    """Counts how often it is asked."""

    def __init__(self, found):
        self.found, self.asked = found, 0

    def __call__(self, source):
        self.asked += 1
        return {**self.found, "source": source.decode()}


def test_a_source_is_parsed_once_and_another_one_anew(root):
    parse = Parser({"a": [1, 2.5, True, "x"]})
    assert [cache.parsed(b"one", "ports", parse) for _ in range(3)] == [{"a": [1, 2.5, True, "x"], "source": "one"}] * 3
    assert parse.asked == 1
    assert cache.parsed(b"two", "ports", parse)["source"] == "two"
    assert parse.asked == 2


@pytest.mark.parametrize("spoiled", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_spoiled_file_is_made_again(root, spoiled):
    parse = Parser({})
    cache.parsed(b"one", "ports", parse)
    (kept,) = root.glob("ports-*.json")
    kept.write_bytes(spoiled)
    assert cache.parsed(b"one", "ports", parse) == {"source": "one"}
    assert parse.asked == 2
    assert json.loads(kept.read_bytes()) == {"source": "one"}


def test_what_json_cannot_say_is_parsed_each_time(root):
    for found in ({"day": datetime.date(2026, 1, 2)}, {"x": float("nan")}):
        parse = Parser(found)
        first, second = (cache.parsed(repr(found).encode(), "suppress", parse) for _ in range(2))
        assert str(first) == str(second)
        assert parse.asked == 2
    assert not list(root.iterdir())


def test_a_cache_whose_place_is_a_file_is_none(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PCAPSCAN_CACHE", str(tmp_path / "file"))
    parse = Parser({})
    assert [cache.parsed(b"one", "ports", parse) for _ in range(2)] == [{"source": "one"}] * 2
    assert parse.asked == 2


class Maker:
    """Counts how often it is asked for arrays of several types and shapes."""

    asked = 0

    def __call__(self):
        self.asked += 1
        return [np.arange(6, dtype=np.int32).reshape(2, 3), np.array(["a", "bc"]), np.array([1.5, np.nan]), np.zeros((0, 4), np.float32)]


def same(found, made):
    return len(found) == len(made) and all(
        f.dtype == m.dtype and np.array_equal(f, m, equal_nan=m.dtype.kind == "f") for f, m in zip(found, made, strict=True)
    )


def test_arrays_are_made_once_and_anew_when_a_source_changes(root):
    make = Maker()
    found = [cache.arrays("bank", [b"on", b"e"], make) for _ in range(3)]
    assert make.asked == 1
    assert all(same(f, Maker()()) for f in found)
    for other in ([b"o", b"ne"], [b"one"], [b"on", b"e", b""]):
        cache.arrays("bank", other, make)
    assert make.asked == 4


@pytest.mark.parametrize(
    "spoil",
    [lambda b: b"", lambda b: b[:1], lambda b: b[:-1], lambda b: b[:40], lambda b: b"\0" + b[1:], lambda b: b[:20] + b"(((" + b[23:]],
)
def test_spoiled_arrays_are_made_again(root, spoil):
    make = Maker()
    cache.arrays("bank", [b"one"], make)
    (kept,) = root.glob("bank-*.npy")
    whole = kept.read_bytes()
    kept.write_bytes(spoil(whole))
    assert same(cache.arrays("bank", [b"one"], make), Maker()())
    assert make.asked == 2
    assert kept.read_bytes() == whole


def test_arrays_are_made_where_nothing_can_be_kept(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PCAPSCAN_CACHE", str(tmp_path / "file"))
    assert same(cache.arrays("bank", [b"one"], Maker()), Maker()())
