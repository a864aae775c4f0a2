"""The process that hashes, in this one: it hashes what it is told, in any order of orders, and needs no core that nobody wants."""

from __future__ import annotations

import hashlib
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.digest import worker
from pcapscan.digest.worker import ANSWER, ENDED, HURRY, Worker

pytestmark = pytest.mark.skipif(not hasattr(os, "preadv"), reason="no preadv here: everything is hashed as it passes")

DATA = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(worker, "APART", 3000)
    monkeypatch.setattr(worker, "TELL", 1000)
    monkeypatch.setattr(worker, "_PIECE", 700)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("worker") / "data"
    path.write_bytes(DATA)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def answers(descriptor: int) -> list[tuple[int, bytes]]:
    os.set_blocking(descriptor, False)
    got = b""
    try:
        while more := os.read(descriptor, 1 << 16):
            got += more
    except BlockingIOError:
        pass
    os.close(descriptor)
    return list(ANSWER.iter_unpack(got))


def last(told: list[tuple[int, bytes]]) -> tuple[int, str]:
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert [any(d) for _, d in told] == [False] * (len(told) - 1) + [True]
    return told[-1][0], told[-1][1].hex()


@given(st.lists(st.integers(1, 5000), max_size=8), st.booleans())
@settings(deadline=None, max_examples=60)
def test_whoever_hashes_the_digest_is_that_of_what_was_read(file, sizes, followed):
    """By the thread that has time, or, where that never runs, by the one that is in a hurry."""
    out, into = os.pipe()
    made = Worker(file, into)
    thread = threading.Thread(target=made.follow, daemon=True)
    if followed:
        thread.start()
    read = 0
    for size in sizes:
        read = min(len(DATA), read + size)
        made.order(read, 0)
    made.order(len(DATA), ENDED)
    made.order(len(DATA), ENDED | HURRY)
    os.close(into)
    assert last(answers(out)) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert made.over


def test_it_keeps_within_reach_of_its_reader(file):
    out, into = os.pipe()
    made = Worker(file, into)
    for _ in range(20):
        made._step()
    assert made._hashed == 3000
    made.order(1500, 0)
    for _ in range(20):
        made._step()
    assert made._hashed == 4500
    os.close(into)
    assert [at for at, d in answers(out) if not any(d)] == [1400, 2800, 4400]


def test_a_file_that_ends_too_early_ends_the_work_and_says_where(file):
    out, into = os.pipe()
    made = Worker(file, into)
    made.order(len(DATA) + 5, ENDED | HURRY)
    os.close(into)
    assert last(answers(out)) == (len(DATA), hashlib.sha256(DATA).hexdigest())


def test_in_a_hurry_without_an_end_it_answers_as_far_as_was_read(file):
    out, into = os.pipe()
    made = Worker(file, into)
    made.order(5000, HURRY)
    assert made._hashed >= 5000
    assert not made.over
    os.close(into)
    told = answers(out)
    assert told[-1][0] >= 5000
    assert not any(any(d) for _, d in told)
