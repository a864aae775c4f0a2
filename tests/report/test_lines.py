"""NDJSON lines put together by a kernel, against polars, the standard library, and the kernel as plain Python."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.report import lines
from pcapscan.report.columns import Coded, Known, Plain, Thousandths, counted, nothing, rounded
from pcapscan.report.frames import frame
from pcapscan.report.lines import LineWriter, takes

HOSTILE = ["=1+1", 'a"b\\c', "\x1b[31m", "\u202egnp.exe", "\r\n\t", "", "é\U0001f600", "</script>", "\x7f", "\u2028"]


def written(columns, times=(), writer=None):
    return b"".join(bytes(piece) for piece in (writer or LineWriter(times)).lines(columns))


def by_polars(columns, times=()):
    out = io.BytesIO()
    frame(columns, times).write_ndjson(out)
    return out.getvalue()


@st.composite
def tables(draw):
    n = draw(st.integers(1, 8))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    words = [*HOSTILE, draw(st.text(st.characters(exclude_categories=["Cs"])))]
    at = st.integers(0, 2**63 - 1)
    return {
        "at": np.array(column(at), np.int64),
        "end": Known(np.array(column(at), np.int64), np.array(column(st.booleans()))),
        "word": Coded(np.array(column(st.integers(-1, len(words) - 1)), np.int16), words),
        "ports": Coded(np.array(column(st.integers(-1, 1))), [[], [22, 2222]]),
        "count": counted(np.array(column(st.integers(-1, 2**63 - 1)), np.int64)),
        "any": np.array(column(st.integers(-(2**63) + 1, 2**63 - 1)), np.int64),
        "small": np.array(column(st.integers(0, 65535)), np.uint16),
        "share": Thousandths(np.array(column(st.floats(0, 9) | st.just(float("nan"))), np.float32)),
        "truth": np.array(column(st.booleans())),
        "none": nothing(n),
        "host": Plain(np.array(column(st.sampled_from(["", "10.0.0.1", "2001:db8::1"])))),
    }


@settings(max_examples=150, deadline=None)
@given(tables())
def test_the_same_bytes_as_polars(columns):
    got = written(columns, ("at", "end"))
    assert got == by_polars(columns, ("at", "end"))


@settings(max_examples=30, deadline=None)
@given(tables())
def test_the_kernel_as_plain_python_writes_the_same(columns):
    wanted = written(columns, ("at",))
    plain = pytest.MonkeyPatch()
    for name in ("write_lines", "put_bytes", "put_number", "put_digits", "put_thousandths", "put_time"):
        function = getattr(lines, name)
        plain.setattr(lines, name, getattr(function, "py_func", function))
    with plain.context():
        got = written(columns, ("at",))
    plain.undo()
    assert got == wanted


def test_times_before_1970_and_leap_days():
    stamps = [
        "1969-12-31T23:59:59.999999999Z",
        "2000-02-29T00:00:00.000000000Z",
        "1900-03-01T12:34:56.000000001Z",
        "2100-02-28T23:59:59.000000000Z",
    ]
    ns = np.array([np.datetime64(s[:-1], "ns").astype(np.int64) for s in stamps])
    assert [json.loads(line)["t"] for line in written({"t": ns}, ("t",)).splitlines()] == stamps


def test_a_vocabulary_that_grows_and_one_that_is_replaced():
    writer = LineWriter(())
    words = ["a"]
    assert written({"w": Coded(np.array([0]), words)}, writer=writer) == b'{"w":"a"}\n'
    words += [f"w{k}" for k in range(100)]
    assert written({"w": Coded(np.array([100, 0]), words)}, writer=writer) == b'{"w":"w99"}\n{"w":"a"}\n'
    assert written({"w": Coded(np.array([0, -1]), ["other"])}, writer=writer) == b'{"w":"other"}\n{"w":null}\n'


def test_words_that_are_forgotten_come_again(monkeypatch):
    monkeypatch.setattr(lines, "MOST_WORDS", 3)
    writer = LineWriter(())
    words = [f"w{k}" for k in range(9)]
    for _ in range(3):
        assert [json.loads(line)["w"] for line in written({"w": Coded(np.arange(9), words)}, writer=writer).splitlines()] == words


def test_pieces_leave_no_seam(monkeypatch):
    columns = {"n": np.arange(10_000), "host": Plain(np.array([f"10.0.{k // 250}.{k % 250}" for k in range(10_000)]))}
    whole = written(columns)
    monkeypatch.setattr(lines, "ROWS", 7)
    assert written(columns) == whole


def test_what_it_does_not_write_it_does_not_take():
    assert not takes({"n": rounded(np.array([0.5]), 4)})
    assert not takes({"n": ["text"]})
    assert not takes({"n": np.array([0.5])})
    assert takes({"n": np.array([1]), "w": nothing(1)})
