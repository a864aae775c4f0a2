"""Times at which a flow spoke after silence: kept in a chain of chunks, thinned evenly when there are too many."""

from __future__ import annotations

from typing import Any

from pcapscan.flows.pool import TIMES, give_chunks, grab_chunk
from pcapscan.kernels import helper


@helper
def thin(f: Any, chunks: Any, state: Any) -> None:
    """Keep every second tick of a flow, in place, from the first on; from now on only every second further one is kept."""
    source, target = f["tick_head"], f["tick_head"]
    kept = 0
    for k in range(f["ticks"]):
        if k > 0 and k % TIMES == 0:
            source = chunks[source, 0]
        if k % 2 == 0:
            if kept > 0 and kept % TIMES == 0:
                target = chunks[target, 0]
            chunks[target, 1 + kept % TIMES] = chunks[source, 1 + k % TIMES]
            kept += 1
    if kept > 0:
        give_chunks(chunks, state, chunks[target, 0])
        chunks[target, 0] = -1
        f["tick_tail"] = target
    # An odd count kept its last; the next that would have come is dropped, so that the spacing stays even.
    f["tick_skip"] = f["tick_stride"] if f["ticks"] % 2 else 0
    f["tick_stride"] *= 2
    f["ticks"] = kept


@helper
def add_tick(f: Any, chunks: Any, state: Any, time_ns: int, most: int) -> None:
    """Keep one tick of a flow, unless its thinning says to pass over it."""
    if f["tick_skip"] > 0:
        f["tick_skip"] -= 1
        return
    if f["ticks"] >= most:
        thin(f, chunks, state)
        if f["tick_skip"] > 0:
            f["tick_skip"] -= 1
            return
    if f["ticks"] % TIMES == 0:
        chunk = grab_chunk(chunks, state)
        if chunk < 0 and f["ticks"] > 0:  # the pool is full: make room at home
            thin(f, chunks, state)
            if f["tick_skip"] > 0:
                f["tick_skip"] -= 1
                return
            chunk = grab_chunk(chunks, state) if f["ticks"] % TIMES == 0 else f["tick_tail"]
        if chunk < 0:
            return
        if f["ticks"] == 0:
            f["tick_head"] = chunk
        elif f["ticks"] % TIMES == 0:
            chunks[f["tick_tail"], 0] = chunk
        f["tick_tail"] = chunk
    chunks[f["tick_tail"], 1 + f["ticks"] % TIMES] = time_ns
    f["ticks"] += 1
    f["tick_skip"] = f["tick_stride"] - 1
