"""Names and fingerprints out of named heads: kernels say where a server's name stands and which heads say the same; Python sees each once."""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import completes, helper

from .catalogue import OWN_ESSENCE, WHOLE_HEAD
from .dispatch import Call, tree_of
from .engine import asked_length
from .hashing import SEED, mix, mix_span

ESSENCE: Call
SERVER_NAME: Call


@completes
def _grow() -> None:
    """Make the trees, for which every protocol's file is loaded."""
    global ESSENCE, SERVER_NAME
    ESSENCE, SERVER_NAME = tree_of("essence"), tree_of("server_name")


@helper
def collect(
    arena: Any, row: int, start: Any, length: Any, cuts: Any, proto: int, names: Any, inner: Any, tls: int, kinds: Any, essence_at: Any,
    name_at: Any, spans: Any, essences: Any, keys: Any,
) -> None:  # fmt: skip
    """Server name and essences of the named sides of a flow.

    Parameters
    ----------
    names : int16[2, n]
        Protocol of each side, -1 not named.
    inner : int32[n, 2]
        Where TLS begins within the head (an upgrade), 0 where it does not.
    tls : int
        The number of tls.
    kinds : uint8[protocols]
        NO_FACTS, WHOLE_HEAD or OWN_ESSENCE.
    essence_at, name_at : int16[protocols]
        Where in the trees a protocol's own function is.
    spans : int64[n, 2]
        Out: start in the arena and length of the server's name; length 0 where there is none.
    essences : int64[n, 2, 2]
        Out: of each side's own protocol, and of the TLS inside it; 0 none.
    keys : int64[3, n]
        Out: what tells server names apart, and the facts of each side; 0 none.
    """
    for side in range(2):
        at = start[row, side]
        n = asked_length(proto, row, side, length, cuts)
        name = int(names[side, row])
        if n <= 0:
            continue
        if name >= 0:
            b = arena[at : at + n]
            if kinds[name] == OWN_ESSENCE:
                essences[row, side, 0] = ESSENCE(np.int64(essence_at[name]), b, n, side)
            elif kinds[name] == WHOLE_HEAD:
                essences[row, side, 0] = mix_span(SEED, b, n, 0, n)
            if spans[row, 1] == 0:
                span = SERVER_NAME(np.int64(name_at[name]), b, n, side)
                if span > 0:
                    spans[row, 0], spans[row, 1] = at + (span >> 16), span & 0xFFFF
        k = int(np.int64(inner[row, side]))
        if k > 0:
            b = arena[at + k : at + n]
            essences[row, side, 1] = ESSENCE(np.int64(essence_at[tls]), b, n - k, side)
            span = SERVER_NAME(np.int64(name_at[tls]), b, n - k, side)
            if span > 0:
                spans[row, 0], spans[row, 1] = at + k + (span >> 16), span & 0xFFFF
    if spans[row, 1] > 0:
        end = spans[row, 0] + spans[row, 1]
        keys[0, row] = max(mix_span(SEED, arena, len(arena), spans[row, 0], end), 1)
    for side in range(2):
        own, within = essences[row, side, 0], essences[row, side, 1]
        if own != 0 or within != 0:
            h = mix(mix(mix(SEED, int(names[side, row]) + 1), own >> 31), own & 0x7FFFFFFF)
            keys[1 + side, row] = max(mix(mix(h, within >> 31), within & 0x7FFFFFFF), 1)
