"""From heads to an :class:`~pcapscan.tables.IdentityTable`, batch after batch, with one memory of strings and facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pcapscan.tables import I32, I64, TCP, Heads, IdentityTable

from . import build
from .candidates import candidates
from .dispatch import ESSENCE_PLACE, HALVES, NO_FACTS, OWN_ESSENCE, PROTOCOL_MODULES, PROTOCOLS, SERVER_NAME_PLACE, WHOLE_HEAD
from .guard import guarded
from .settle import BYTES, MARKS, SHARES, TLS, WORDS, settle
from .text import entropy_terms
from .upgradable import UPGRADABLE

K = TypeVar("K")

MAX_FACTS = 20_000
"""Distinct facts that are worked out per protocol, and
 strings beyond a million: what comes later is left out and counted."""
MAX_STRINGS = 1_000_000

TERMS = entropy_terms()
KINDS = np.array(
    [NO_FACTS if not hasattr(m, "facts") else OWN_ESSENCE if hasattr(m, "essence") else WHOLE_HEAD for m in PROTOCOL_MODULES],
    np.uint8,
)
MAY_UPGRADE = np.array([name in UPGRADABLE for name in PROTOCOLS])


@dataclass(frozen=True)
class Weighed:
    """What a batch says by itself: :meth:`Identifier.tell` makes an IdentityTable of it.

    Attributes
    ----------
    heads : Heads
        With the sides in the order that fits.
    columns : dict of str to ndarray
        All columns of the IdentityTable but those that number strings and facts.
    inner : int32[n, 2]
        Where in each side's head TLS begins (an upgrade); 0 where it does not.
    places : int64[n, 3]
        Of each server's name: start in the arena, length, hash.
    essences : int64[n, 2, 2]
        What tells facts apart: of each side's own protocol, and of the TLS inside it; 0 where there are none.
    """

    heads: Heads
    columns: dict[str, NDArray[Any]]
    inner: I32
    places: I64
    essences: I64


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
        self._kinds = KINDS if facts else np.full_like(KINDS, NO_FACTS)
        self.strings: list[str] = []
        self.facts: list[dict[str, Any]] = []
        self.facts_left_out = 0
        self._string_of: dict[int, int] = {}
        self._facts_of: tuple[dict[tuple[int, int, int], int], dict[tuple[int, int, int], int]] = ({}, {})
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
            table = candidates(number)
            out = np.empty((n, 2, 6), np.int32)
            module.weigh_half(
                heads.arena, heads.start, heads.length, heads.cuts, heads.flags, heads.proto, heads.sure,
                table.allowed, table.start, table.ids, HALVES[number].start, np.zeros((2, 16), np.int64), out,
            )  # fmt: skip
            evidence.append(out)
        fitting = Heads(
            start=heads.start.copy(), length=heads.length.copy(), cuts=heads.cuts.copy(), flags=heads.flags.copy(),
            proto=heads.proto, sure=heads.sure, arena=heads.arena,
        )  # fmt: skip
        words, small = np.empty((len(WORDS), n), np.int16), np.empty((len(BYTES), n), np.int8)
        marks, shares = np.empty((len(MARKS), n), bool), np.empty((len(SHARES), n), np.float32)
        inner, places, essences = np.zeros((n, 2), np.int32), np.zeros((n, 3), np.int64), np.zeros((n, 2, 2), np.int64)
        settle(
            fitting.arena, fitting.start, fitting.length, fitting.cuts, fitting.flags, fitting.proto, fitting.sure, evidence[0], evidence[1],
            MAY_UPGRADE, self._kinds, ESSENCE_PLACE, SERVER_NAME_PLACE, TERMS, np.zeros((3, 6), np.int64), np.zeros((2, 256), np.uint16),
            words, small, marks, shares, inner, places, essences,
        )  # fmt: skip
        columns: dict[str, NDArray[Any]] = dict(zip(WORDS, words, strict=True))
        columns |= zip(BYTES, small, strict=True)
        columns |= zip(MARKS, marks, strict=True)
        columns |= zip(SHARES, shares, strict=True)
        return Weighed(fitting, columns, inner, places, essences)

    def tell(self, weighed: Weighed) -> IdentityTable:
        """The table of a batch: its strings and facts are numbered, in the order in which batches are told."""
        server_name, orig_facts, resp_facts = self._look_closer(weighed)
        return IdentityTable(
            **weighed.columns, server_name=server_name, orig_facts=orig_facts, resp_facts=resp_facts,
            names=PROTOCOLS, strings=self.strings, facts=self.facts,
        )  # fmt: skip

    def _look_closer(self, weighed: Weighed) -> tuple[I32, I32, I32]:
        """Server names and facts: indices in ``strings`` and ``facts``."""
        heads, place, essences = weighed.heads, weighed.places, weighed.essences
        n = len(heads)
        server_name = np.full(n, -1, np.int32)
        rows = np.flatnonzero(place[:, 1] > 0)
        server_name[rows] = _numbered(self._string_of, place[rows, 2].tolist(), rows.tolist(), partial(self._string, heads, place))
        columns = []
        for side in (0, 1):
            column = np.full(n, -1, np.int32)
            rows = np.flatnonzero(essences[:, side].any(1)) if self._wants_facts else rows[:0]
            spoken = weighed.columns["resp_protocol" if side else "orig_protocol"][rows].tolist()
            within = essences[rows, side].tolist()
            keys = list(zip(spoken, *zip(*within, strict=True), strict=True)) if within else []
            column[rows] = _numbered(self._facts_of[side], keys, rows.tolist(), partial(self._fact, heads, weighed.inner, side))
            columns.append(column)
        return server_name, columns[0], columns[1]

    def _string(self, heads: Heads, places: I64, key: int, row: int) -> int | None:
        """Number of a new string; None where there are too many."""
        if len(self.strings) >= MAX_STRINGS:
            return None
        at, size, _ = places[row].tolist()
        self.strings.append(heads.arena[at : at + size].tobytes().decode("latin-1").lower())
        return len(self.strings) - 1

    def _fact(self, heads: Heads, inner: I32, side: int, key: tuple[int, int, int], row: int) -> int | None:
        """Number of new facts, -1 where there is nothing to tell; None where there are too many."""
        name, outer, within = key
        if self._distinct[name] >= MAX_FACTS:
            self.facts_left_out += 1
            return None
        self._distinct[name] += 1
        head = _head(heads, row, side)
        found: dict[str, Any] = {}
        if outer and KINDS[name] != NO_FACTS:
            found = guarded(PROTOCOL_MODULES[name].facts, head, side)
        if within:
            found = {**found, **guarded(PROTOCOL_MODULES[TLS].facts, head[int(inner[row, side]) :], side)}
        if not found:
            return -1
        self.facts.append(found)
        return len(self.facts) - 1


def _numbered(known: dict[K, int], keys: Sequence[K], rows: Sequence[int], make: Callable[[K, int], int | None]) -> I32:
    """Number of each key; of one that is new what ``make`` gives for it and its row, which is remembered (None is not, and is -1)."""
    numbers = [known.get(key, -2) for key in keys]
    if -2 in numbers:
        for k, key in enumerate(keys):
            if numbers[k] == -2:
                number = known.get(key)
                if number is None:
                    number = make(key, rows[k])
                    if number is not None:
                        known[key] = number
                numbers[k] = -1 if number is None else number
    return np.array(numbers, np.int32)


def _head(heads: Heads, row: int, side: int) -> bytes:
    at, n = int(heads.start[row, side]), int(heads.length[row, side])
    cut = int(heads.cuts[row, side, 0])
    if heads.proto[row] != TCP and 0 < cut < n:
        n = cut
    return heads.arena[at : at + n].tobytes()
