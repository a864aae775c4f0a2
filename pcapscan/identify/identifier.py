"""From heads to an :class:`~pcapscan.tables.IdentityTable`, batch after batch, with one memory of strings and facts."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pcapscan.tables import I32, I64, TCP, Heads, IdentityTable

from . import build
from .catalogue import NO_FACTS, catalogue
from .dispatch import HALVES, PROTOCOLS, module_of
from .guard import guarded
from .numbering import NONE, Numbering
from .settle import BYTES, MARKS, SHARES, TLS, WORDS, settle
from .text import entropy_terms
from .upgradable import UPGRADABLE

MAX_FACTS = 20_000
"""Distinct facts that are worked out per protocol, and
 strings beyond a million: what comes later is left out and counted."""
MAX_STRINGS = 1_000_000

TERMS = entropy_terms()
MAY_UPGRADE = np.array([name in UPGRADABLE for name in PROTOCOLS])


class Weighed(Struct, frozen=True):
    """What a batch says by itself: :meth:`Identifier.tell` makes an IdentityTable of it.

    Attributes
    ----------
    heads : Heads
        With the sides in the order that fits.
    columns : dict of str to ndarray
        All columns of the IdentityTable but those that number strings and facts.
    inner : int32[n, 2]
        Where in each side's head TLS begins (an upgrade); 0 where it does not.
    places : int64[n, 2]
        Of each server's name: start in the arena, length.
    essences : int64[n, 2, 2]
        What tells facts apart: of each side's own protocol, and of the TLS inside it; 0 where there are none.
    keys : int64[3, n]
        What tells server names apart, and the facts of each side; 0 where there are none.
    """

    heads: Heads
    columns: dict[str, NDArray[Any]]
    inner: I32
    places: I64
    essences: I64
    keys: I64


class Identifier:
    """Identifies batches of heads; the tables of one Identifier can be joined by ``IdentityTable.concat``.

    Parameters
    ----------
    facts : bool
        Whether to work out facts of each side (certificate, JA3, user agent ...); server names are told in any case.

    Attributes
    ----------
    facts_left_out : int
        Sides whose facts were not worked out because a protocol had more than :data:`MAX_FACTS` distinct ones.
    """

    def __init__(self, facts: bool = True) -> None:
        self._wants_facts = facts
        self._known = catalogue()
        self._kinds = self._known.kinds if facts else np.full_like(self._known.kinds, NO_FACTS)
        self.strings: list[str] = []
        self.facts: list[dict[str, Any]] = []
        self.facts_left_out = 0
        self._string_numbers = Numbering()
        self._fact_numbers = (Numbering(), Numbering())
        self._distinct = [0] * len(PROTOCOLS)
        build.halves()

    def identify(self, heads: Heads) -> IdentityTable:
        """Name every flow of a batch: :meth:`weigh` and :meth:`tell`."""
        return self.tell(self.weigh(heads))

    def weigh(self, heads: Heads) -> Weighed:
        """All that a batch says by itself; keeps nothing, so that several threads may call it at once."""
        n = len(heads)
        evidence = []
        for number, module in enumerate(build.halves()):
            allowed = self._known.allowed[number]
            out = np.empty((n, 2, 6), np.int32)
            module.weigh_half(
                heads.arena, heads.start, heads.length, heads.cuts, heads.flags, heads.proto, heads.sure,
                allowed, HALVES[number].start, np.zeros((2, 16), np.int64), np.zeros((2, allowed.shape[-1]), np.uint64), out,
            )  # fmt: skip
            evidence.append(out)
        fitting = Heads(
            start=heads.start.copy(), length=heads.length.copy(), cuts=heads.cuts.copy(), flags=heads.flags.copy(),
            proto=heads.proto, sure=heads.sure, arena=heads.arena,
        )  # fmt: skip
        words, small = np.empty((len(WORDS), n), np.int16), np.empty((len(BYTES), n), np.int8)
        marks, shares = np.empty((len(MARKS), n), bool), np.empty((len(SHARES), n), np.float32)
        inner, places, essences = np.zeros((n, 2), np.int32), np.zeros((n, 2), np.int64), np.zeros((n, 2, 2), np.int64)
        keys = np.zeros((3, n), np.int64)
        settle(
            fitting.arena, fitting.start, fitting.length, fitting.cuts, fitting.flags, fitting.proto, fitting.sure, evidence[0], evidence[1],
            MAY_UPGRADE, self._kinds, self._known.essence_at, self._known.name_at, TERMS, np.zeros((3, 6), np.int64), np.zeros((2, 256), np.uint16),
            words, small, marks, shares, inner, places, essences, keys,
        )  # fmt: skip
        columns: dict[str, NDArray[Any]] = dict(zip(WORDS, words, strict=True))
        columns |= zip(BYTES, small, strict=True)
        columns |= zip(MARKS, marks, strict=True)
        columns |= zip(SHARES, shares, strict=True)
        return Weighed(fitting, columns, inner, places, essences, keys)

    def tell(self, weighed: Weighed) -> IdentityTable:
        """The table of a batch: its strings and facts are numbered, in the order in which batches are told."""
        keys, nothing = weighed.keys, np.full(len(weighed.heads), NONE, np.int32)
        server_name = self._string_numbers.numbers(keys[0], partial(self._string, weighed))
        orig_facts, resp_facts = (
            self._fact_numbers[side].numbers(keys[1 + side], partial(self._fact, weighed, side)) if self._wants_facts else nothing
            for side in (0, 1)
        )
        return IdentityTable(
            **weighed.columns, server_name=server_name, orig_facts=orig_facts, resp_facts=resp_facts,
            names=PROTOCOLS, strings=self.strings, facts=self.facts,
        )  # fmt: skip

    def _string(self, weighed: Weighed, row: int) -> int | None:
        """Number of a new string; None where there are too many."""
        if len(self.strings) >= MAX_STRINGS:
            return None
        at, size = weighed.places[row].tolist()
        self.strings.append(weighed.heads.arena[at : at + size].tobytes().decode("latin-1").lower())
        return len(self.strings) - 1

    def _fact(self, weighed: Weighed, side: int, row: int) -> int | None:
        """Number of new facts, ``NONE`` where there is nothing to tell; None where there are too many."""
        heads, inner = weighed.heads, weighed.inner
        name = int(weighed.columns["resp_protocol" if side else "orig_protocol"][row])
        outer, within = weighed.essences[row, side].tolist()
        if self._distinct[name] >= MAX_FACTS:
            self.facts_left_out += 1
            return None
        self._distinct[name] += 1
        head = _head(heads, row, side)
        found: dict[str, Any] = {}
        if outer:
            found = guarded(module_of(name).facts, head, side)
        if within:
            found = {**found, **guarded(module_of(TLS).facts, head[int(inner[row, side]) :], side)}
        if not found:
            return NONE
        self.facts.append(found)
        return len(self.facts) - 1


def _head(heads: Heads, row: int, side: int) -> bytes:
    at, n = int(heads.start[row, side]), int(heads.length[row, side])
    cut = int(heads.cuts[row, side, 0])
    if heads.proto[row] != TCP and 0 < cut < n:
        n = cut
    return heads.arena[at : at + n].tobytes()
