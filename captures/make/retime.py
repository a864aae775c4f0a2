"""Move the connections of a real capture apart in time: an hour of beaconing without waiting for it.

Bytes, order and the times inside each connection stay as captured; only when a connection begins is changed, by a seeded
generator, so that the same capture and seed give the same file.
"""

from __future__ import annotations

import random
from pathlib import Path

import pcapfile


def space_out(path: Path, *, period_s: float, jitter: float, seed: int) -> None:
    """Rewrite a capture so that its TCP connections begin ``period_s`` apart, each interval off by up to ``jitter`` of it.

    Parameters
    ----------
    path : Path
        Capture, rewritten in place.
    period_s : float
        Mean interval between the beginnings of two connections, seconds.
    jitter : float
        0..1; an interval is uniform in ``period_s * (1 - jitter)`` to ``period_s * (1 + jitter)``.
    seed : int
        Of the generator.
    """
    draw = random.Random(seed)
    groups: dict[frozenset[tuple[str, int]], list[pcapfile.Frame]] = {}
    for frame in pcapfile.read(path):
        seen = pcapfile.packet(frame.data)
        if seen is None:
            continue
        groups.setdefault(frozenset({(seen.src, seen.src_p), (seen.dst, seen.dst_p)}), []).append(frame)
    moved: list[pcapfile.Frame] = []
    begin = min(frames[0].time_us for frames in groups.values())
    for frames in groups.values():
        shift = begin - frames[0].time_us
        moved += [frame._replace(time_us=frame.time_us + shift) for frame in frames]
        begin += round(1e6 * period_s * draw.uniform(1 - jitter, 1 + jitter))
    pcapfile.write(path, sorted(moved, key=lambda frame: frame.time_us))
