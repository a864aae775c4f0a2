"""From heads to an :class:`~pcapscan.tables.IdentityTable`, batch after batch, with one memory of strings and facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pcapscan.tables import (
    BASES,
    HEAD_ANNOUNCED,
    HEAD_ANNOUNCED_TLS,
    HEAD_GAP,
    HEAD_MIDSTREAM,
    I16,
    I32,
    I64,
    TCP,
    Bool,
    Heads,
    IdentityTable,
)

from . import build, engine
from .candidates import candidates
from .dispatch import ESSENCE_PLACE, HALVES, NO_FACTS, OWN_ESSENCE, PROTOCOL_MODULES, PROTOCOLS, SERVER_NAME_PLACE, WHOLE_HEAD
from .guard import guarded
from .upgradable import UPGRADABLE

K = TypeVar("K")

MAX_FACTS = 20_000
"""Distinct facts that are worked out per protocol, and
 strings beyond a million: what comes later is left out and counted."""
MAX_STRINGS = 1_000_000

TLS, FTP_DATA = PROTOCOLS.index("tls"), PROTOCOLS.index("ftp-data")
CONTROL = BASES.index("control")
CONTROL_BITS = 48
"""``IdentityTable.bits`` of what a control channel announced: an IPv4 address and a port that agree."""
KINDS = np.array(
    [NO_FACTS if not hasattr(m, "facts") else OWN_ESSENCE if hasattr(m, "essence") else WHOLE_HEAD for m in PROTOCOL_MODULES],
    np.uint8,
)
MAY_UPGRADE = np.array([name in UPGRADABLE for name in PROTOCOLS] + [False])


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
        text, fakes, upgrades, spans = build.small()
        found = _weigh(heads)
        swap = found.swap | _called_back(found, heads)
        heads = _exchanged(heads, swap)
        protocol, orig, resp = (column.astype(np.int16) for column in (found.protocol, found.orig, found.resp))
        basis, bits = found.basis.astype(np.int8), np.minimum(found.bits, 32767).astype(np.int16)
        fake = _fakes(fakes, heads, protocol, resp)
        for column in (protocol, orig, resp):
            column[(fake > 0) & ((column == TLS) | (protocol == TLS) | (protocol < 0))] = -1
        basis[protocol < 0] = 0
        bits[protocol < 0] = 0
        file, secured = _announced(heads, protocol)
        fake[file] = 0
        orig[file] = resp[file] = -1
        protocol[file | secured], basis[file | secured], bits[file | secured] = FTP_DATA, CONTROL, CONTROL_BITS

        n = len(heads)
        inner = np.zeros((n, 2), np.int32)
        upgrades.find_upgrades(heads.arena, heads.start, heads.length, MAY_UPGRADE[protocol] & (heads.proto == TCP), inner)

        entropy, printable = np.full((n, 2), np.nan, np.float32), np.full((n, 2), np.nan, np.float32)
        text.texture(heads.arena, heads.start, heads.length, text.entropy_terms(), np.zeros((2, 256), np.uint16), entropy, printable)
        shell = np.zeros(n, bool)
        text.find_shells(heads.arena, heads.start, heads.length, (protocol < 0) & (fake == 0), printable, shell)

        places, essences = np.zeros((n, 3), np.int64), np.zeros((n, 2, 2), np.int64)
        spans.collect(
            heads.arena, heads.start, heads.length, heads.cuts, heads.proto, np.stack([orig, resp], 1), inner, TLS, self._kinds,
            ESSENCE_PLACE, SERVER_NAME_PLACE, places, essences,
        )  # fmt: skip
        columns: dict[str, NDArray[Any]] = {
            "protocol": protocol, "orig_protocol": orig, "resp_protocol": resp, "basis": basis, "bits": bits, "fake": fake,
            "upgraded": np.where((inner > 0).any(1) | secured, TLS, -1).astype(np.int16),
            "midstream": (protocol >= 0) & ((heads.flags[:, 0] | heads.flags[:, 1]) & HEAD_MIDSTREAM != 0),
            "swap": swap, "shell": shell,
            "orig_entropy": entropy[:, 0].copy(), "resp_entropy": entropy[:, 1].copy(),
            "orig_printable": printable[:, 0].copy(), "resp_printable": printable[:, 1].copy(),
        }  # fmt: skip
        return Weighed(heads, columns, inner, places, essences)

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


def _weigh(heads: Heads) -> engine.Decision:
    parts = []
    for number, module in enumerate(build.halves()):
        table = candidates(number)
        out = np.empty((len(heads), 2, 6), np.int32)
        module.weigh_half(
            heads.arena, heads.start, heads.length, heads.cuts, heads.flags, heads.proto, heads.sure,
            table.allowed, table.start, table.ids, HALVES[number].start, np.zeros((2, 16), np.int64), out,
        )  # fmt: skip
        parts.append(out)
    return engine.decide(engine.best(*parts), heads)


def _called_back(found: engine.Decision, heads: Heads) -> Bool:
    """Unnamed flows whose roles are guessed and whose guessed originator is the endpoint that was announced, and so is called."""
    told = heads.flags & HEAD_ANNOUNCED != 0
    unnamed = (found.protocol < 0) & (found.orig < 0) & (found.resp < 0)
    return np.asarray(~heads.sure & told[:, 0] & ~told[:, 1] & unnamed)


def _announced(heads: Heads, protocol: I16) -> tuple[Bool, Bool]:
    """Data connections by the control channel's word: a file (one side speaks at most); TLS that the control channel had asked for."""
    told = heads.flags[:, 1]
    spoke = (heads.length > 0) | (heads.flags & HEAD_GAP != 0)
    file = (told & HEAD_ANNOUNCED != 0) & ~spoke.all(1)
    secured = (told & HEAD_ANNOUNCED_TLS != 0) & spoke.all(1) & (protocol == TLS)
    return file, secured


def _exchanged(heads: Heads, swap: Bool) -> Heads:
    """The heads with their sides in the order that fits."""
    if not swap.any():
        return heads

    def turned(column: NDArray[Any]) -> NDArray[Any]:
        out = column.copy()
        out[swap] = column[swap][:, ::-1]
        return out

    return Heads(
        start=turned(heads.start), length=turned(heads.length), cuts=turned(heads.cuts), flags=turned(heads.flags),
        proto=heads.proto, sure=heads.sure, arena=heads.arena,
    )  # fmt: skip


def _fakes(fakes: ModuleType, heads: Heads, protocol: I16, resp: I16) -> NDArray[np.int8]:
    fake = np.zeros(len(heads), np.int8)
    tls = (protocol == TLS) | (protocol < 0)
    fakes.find_fakes(
        heads.arena, heads.start, heads.length, heads.flags, tls & (heads.proto == TCP),
        (resp >= 0) & (resp != TLS), resp == TLS, fake,
    )  # fmt: skip
    return fake


def _head(heads: Heads, row: int, side: int) -> bytes:
    at, n = int(heads.start[row, side]), int(heads.length[row, side])
    cut = int(heads.cuts[row, side, 0])
    if heads.proto[row] != TCP and 0 < cut < n:
        n = cut
    return heads.arena[at : at + n].tobytes()
