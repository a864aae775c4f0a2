"""Work ahead of its consumer: one item on a thread, or several inputs at once, always in order.

Kernels release the GIL, so that a thread is enough to use a second core.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from pcapscan.machine import cores

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
S = TypeVar("S")

DEPTH = 4
"""Items that wait where one stage hands to another; work comes in bursts, and each waits in the other's. Arbitrary."""


def of(items: Iterable[T], depth: int = 1, meanwhile: Callable[[T], T] | None = None) -> Iterator[T]:
    """The same items, produced on a thread that stays ``depth`` ahead; errors are raised where the item would have come.

    While the consumer is that far behind, the producer does to each item what ``meanwhile`` does, a part of the consumer's work.
    """
    ready: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(depth)
    stop = threading.Event()

    def produce() -> None:
        try:
            for item in items:
                if meanwhile is not None and ready.full() and not stop.is_set():
                    item = meanwhile(item)
                ready.put(("item", item))
                if stop.is_set():
                    return
            ready.put(("end", None))
        except BaseException as error:  # raised again by the consumer
            ready.put(("error", error))

    thread = threading.Thread(target=produce, name="pcapscan-ahead", daemon=True)
    thread.start()
    try:
        while True:
            kind, item = ready.get()
            if kind == "end":
                return
            if kind == "error":
                assert isinstance(item, BaseException)
                raise item
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        while thread.is_alive():
            try:
                ready.get(timeout=0.05)
            except queue.Empty:
                continue


def stage(items: Iterable[T]) -> Iterator[T]:
    """The same items, on a thread of their own where there is a core for it: beside reading and naming, which have one each."""
    return of(items) if cores() > 2 else iter(items)


def mapped(items: Iterable[S], work: Callable[[S], T], jobs: int) -> Iterator[T]:
    """Results of ``work``, in the order of the items, on so many threads; no more items are asked for than one beside those at work."""
    from concurrent.futures import ThreadPoolExecutor  # loaded only where there is more than one thing to do

    with ThreadPoolExecutor(max(1, jobs), "pcapscan-work") as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > max(1, jobs):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def in_order(
    inputs: Sequence[S], small: Callable[[S], bool], work: Callable[[S], Iterator[T]], jobs: int, meanwhile: Callable[[T], T] | None = None
) -> Iterator[T]:
    """The results of ``work`` over all inputs, in the order of the inputs.

    Small inputs are worked on side by side, whole; a large one streams, on a thread ahead of the consumer (``meanwhile`` as in
    :func:`of`). At most ``2 * jobs`` small inputs are under way, so that memory stays bounded.
    """
    if jobs < 2 or len(inputs) < 2:
        for item in inputs:
            yield from of(work(item), DEPTH, meanwhile)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs, "pcapscan-input") as pool:
        waiting: deque[tuple[S, Future[list[T]] | None]] = deque()
        todo = deque(inputs)
        while todo or waiting:
            while todo and len(waiting) < 2 * jobs:
                item = todo.popleft()
                waiting.append((item, pool.submit(lambda i=item: list(work(i))) if small(item) else None))  # type: ignore[misc]
            item, future = waiting.popleft()
            if future is None:
                yield from of(work(item), DEPTH, meanwhile)
            else:
                yield from future.result()
