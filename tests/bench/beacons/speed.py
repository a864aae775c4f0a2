"""Print how fast channels are measured on one core, and what memory it takes.

    python tests/bench/beacons/speed.py

Processor time of the one thread that measures; memory is the peak of the process. Kernels are warm, since a first call is not counted.
"""

from __future__ import annotations

import resource
import time

import numpy as np
from traffic import draw

from pcapscan.measure import measure
from pcapscan.tables import EventTable

DAY_NS = 86_400 * 10**9


def made(channels: int, events: int, seed: int = 1) -> EventTable:
    """Channels of so many events each: half of them with a period, with jitter, half without."""
    r = np.random.default_rng(seed)
    gaps = r.exponential(1, (channels, events))
    gaps[::2] = 1 + 0.3 * (r.random((len(gaps[::2]), events)) - 0.5)
    times = np.cumsum(gaps, axis=1)
    times = (times / times[:, -1:] * r.uniform(0.1, 0.98, (channels, 1)) * DAY_NS).astype(np.int64)
    n = channels * events
    sizes = r.integers(100, 3000, n)
    return EventTable(np.arange(0, n + 1, events), times.ravel(), sizes, sizes, np.full(n, 10**8), np.ones(n, bool), (0, DAY_NS))


def timed(title: str, events: EventTable) -> None:
    begin = time.process_time()
    found = measure(events)
    took = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{title:44s}{len(found):>9,} channels {len(events.time_ns):>11,} events {took:7.2f} s  "
        f"{len(found) / took:>10,.0f} channels/s {len(events.time_ns) / took:>11,.0f} events/s  peak {peak:5.0f} MB"
    )


def main() -> None:
    measure(made(10, 10))
    timed("100 k channels of 15 events", made(100_000, 15))
    timed("drawn traffic, as for the tables", draw(10_000, 3).events)
    for many in (1_000, 10_000, 100_000):
        timed(f"channels of {many:,} events", made(max(1, 1_000_000 // many), many))
    timed("one channel of a million events", made(1, 1_000_000))
    timed("a million channels of one event", made(1_000_000, 1))


if __name__ == "__main__":
    main()
