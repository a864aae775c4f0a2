"""Work on threads comes in order, its errors come where the item would have, and nobody is left behind."""

from __future__ import annotations

import threading
import time

import pytest

from pcapscan import ahead


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("pcapscan-")]


def gone(seconds: float = 5.0) -> bool:
    """Whether every thread of ours ends within some seconds."""
    end = time.monotonic() + seconds
    while threads() and time.monotonic() < end:
        time.sleep(0.01)
    return not threads()


@pytest.mark.parametrize("depth", [1, 3])
def test_items_come_in_order(depth):
    assert list(ahead.of(range(50), depth)) == list(range(50))
    assert list(ahead.of([], depth)) == []
    assert gone()


def test_an_error_is_raised_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise OSError("disk")

    got = []
    with pytest.raises(OSError, match="disk"):
        got.extend(iter_into(got, ahead.of(items())))
    assert got == [1, 2]
    assert gone()


def iter_into(got, items):
    for item in items:
        got.append(item)
    return []


@pytest.mark.parametrize("exception", [KeyboardInterrupt, MemoryError])
def test_no_kind_of_error_hangs_the_consumer(exception):
    def items():
        raise exception
        yield

    with pytest.raises(exception):
        list(ahead.of(items()))
    assert gone()


def test_a_consumer_that_leaves_stops_an_endless_producer():
    closed = threading.Event()

    def endless():
        try:
            n = 0
            while True:
                yield n
                n += 1
        finally:
            closed.set()

    source = endless()
    items = ahead.of(source)
    assert [next(items), next(items)] == [0, 1]
    items.close()
    assert gone()
    source.close()
    assert closed.is_set()


def test_the_producer_stays_only_a_little_ahead():
    made = []
    items = ahead.of((made.append(n) or n for n in range(100)), depth=2)
    assert next(items) == 0
    time.sleep(0.2)
    assert len(made) <= 1 + 2 + 2
    items.close()
    assert gone()


@pytest.mark.parametrize("jobs", [1, 2, 4])
@pytest.mark.parametrize("small", [lambda _: True, lambda _: False, lambda n: n % 3 == 0], ids=["small", "large", "mixed"])
def test_results_come_in_the_order_of_the_inputs(jobs, small):
    def work(n):
        time.sleep(0.002 * (n % 4))
        yield from (f"{n}.{k}" for k in range(n % 3))

    expected = [f"{n}.{k}" for n in range(12) for k in range(n % 3)]
    assert list(ahead.in_order(list(range(12)), small, work, jobs)) == expected
    assert gone()


def test_few_small_inputs_are_under_way():
    running, most, lock = set(), [0], threading.Lock()

    def work(n):
        with lock:
            running.add(n)
            most[0] = max(most[0], len(running))
        time.sleep(0.005)
        yield n
        with lock:
            running.discard(n)

    assert list(ahead.in_order(list(range(20)), lambda _: True, work, 2)) == list(range(20))
    assert 1 <= most[0] <= 2


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("small", [True, False])
def test_an_error_in_one_input_reaches_the_consumer(jobs, small):
    def work(n):
        if n == 2:
            raise ValueError("input 2")
        yield n

    got = []
    with pytest.raises(ValueError, match="input 2"):
        iter_into(got, ahead.in_order(list(range(5)), lambda _: small, work, jobs))
    assert got == [0, 1]
    assert gone()


def test_a_consumer_that_leaves_in_the_middle_leaves_no_thread():
    items = ahead.in_order(list(range(30)), lambda n: n % 2 == 0, lambda n: iter([n]), 2)
    assert next(items) == 0
    items.close()
    assert gone()


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_a_stage_gives_the_same_items_with_a_thread_and_without(monkeypatch, cores):
    monkeypatch.setattr(ahead, "cores", lambda: cores)
    seen = []
    items = ahead.stage(seen.append(threading.current_thread().name) or k for k in range(20))
    assert list(items) == list(range(20))
    assert (set(seen) == {threading.current_thread().name}) == (cores <= 2)


def test_mapped_results_come_in_order_and_no_item_is_asked_for_early():
    asked = []

    def items():
        for i in range(20):
            asked.append(i)
            yield i

    def work(i):
        time.sleep(0.002 * (i % 3))
        return i * i

    for k, result in enumerate(ahead.mapped(items(), work, 2)):
        assert result == k * k
        assert len(asked) <= k + 4
    assert gone()


def test_an_error_in_mapped_work_is_raised_where_its_result_would_have_come():
    made = []
    with pytest.raises(ZeroDivisionError):
        for result in ahead.mapped([1, 2, 0, 4], lambda i: 4 // i, 2):
            made.append(result)
    assert made == [4, 2]
    assert gone()


def test_a_producer_that_would_wait_does_a_part_of_the_consumers_work_instead():
    doing, done = threading.Event(), []

    def eased(item: int) -> int:
        done.append(item)
        doing.set()
        return item + 100

    items = ahead.of(range(9), 2, eased)
    first = next(items)
    assert doing.wait(5), "while the consumer sits on the first item, two wait, and the fourth is worked on"
    got = [first, *items]
    assert [item % 100 for item in got] == list(range(9)), "each once, in order"
    assert done and [item - 100 for item in got if item >= 100] == done
    assert gone()


def test_nothing_is_done_meanwhile_for_a_consumer_that_waits():
    ready = threading.Event()

    def slow():
        for item in range(5):
            ready.wait(5)
            ready.clear()
            yield item

    items = ahead.of(slow(), 1, lambda item: -1)
    got = []
    for _ in range(5):
        ready.set()
        got.append(next(items))
    assert got == list(range(5))
    items.close()
