"""Bytes at hand to heads: for tests, notebooks, and the author of a protocol file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pcapscan.tables import TCP, Heads

from .dispatch import PROTOCOLS, module_of

Side = bytes | Sequence[bytes]
"""The bytes of one side: TCP as one string, else its datagrams."""


def heads_of(flows: Iterable[tuple[Side, Side]], proto: int = TCP, sure: bool = True, flags: tuple[int, int] = (0, 0)) -> Heads:
    """Heads of flows given as (originator's bytes, responder's bytes).

    Parameters
    ----------
    flows : iterable of (bytes or list of bytes, bytes or list of bytes)
        A list is the datagrams (or segments) of a side.
    proto : int
        IP protocol of all of them.
    sure : bool
        Whether the originator is known from the handshake.
    flags : (int, int)
        HEAD_* bits of both sides of all of them.
    """
    starts, lengths, cuts, arena = [], [], [], bytearray()
    for flow in flows:
        for side in flow:
            parts = [side] if isinstance(side, bytes) else list(side)
            parts = [part for part in parts if part]
            starts.append(len(arena))
            ends = np.cumsum([len(part) for part in parts], dtype=np.int64).tolist()[:4]
            cuts.append(ends + [-1] * (4 - len(ends)))
            arena += b"".join(parts)
            lengths.append(len(arena) - starts[-1])
    n = len(starts) // 2
    return Heads(
        start=np.array(starts, np.int64).reshape(n, 2), length=np.array(lengths, np.int32).reshape(n, 2),
        cuts=np.array(cuts, np.int32).reshape(n, 2, 4), flags=np.tile(np.array(flags, np.uint8), (n, 1)),
        proto=np.full(n, proto, np.uint8), sure=np.full(n, sure, bool), arena=np.frombuffer(bytes(arena) + b"\0", np.uint8).copy(),
    )  # fmt: skip


def ask(
    name: str, orig: Side = b"", resp: Side = b"", proto: int = TCP, sure: bool = True, flags: tuple[int, int] = (0, 0)
) -> tuple[int, int]:
    """What one protocol's ``look`` says of each side (0 also where a side is silent)."""
    from .engine import fill_context

    heads = heads_of([(orig, resp)], proto, sure, flags)
    look = module_of(PROTOCOLS.index(name)).look
    n = [0, 0]
    contexts = [np.zeros(16, np.int64), np.zeros(16, np.int64)]
    for side in (0, 1):
        n[side] = fill_context(contexts[side], proto, 0, side, heads.length, heads.cuts, heads.flags, int(sure), 0)
    views = [heads.arena[heads.start[0, s] : heads.start[0, s] + heads.length[0, s]] for s in (0, 1)]
    said = [look(views[s], n[s], s, views[1 - s], n[1 - s], contexts[s]) if n[s] else 0 for s in (0, 1)]
    return int(said[0]), int(said[1])
