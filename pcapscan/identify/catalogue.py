"""What the kernels are told of the protocols, as arrays: worked out once from all their files, and kept, so that a run need not load these."""

from __future__ import annotations

from functools import cache

import numpy as np
from msgspec import Struct

from pcapscan.cache import arrays
from pcapscan.kernels import room_cache
from pcapscan.tables import I16, U8, U64

from .candidates import candidates
from .dispatch import HALVES, modules, places_of

NO_FACTS, WHOLE_HEAD, OWN_ESSENCE = 0, 1, 2
"""How a protocol's facts are told apart: it has none; by the whole head; by its own ``essence``."""


class Catalogue(Struct, frozen=True, eq=False):
    """What there is.

    Attributes
    ----------
    kinds : uint8[protocols]
        NO_FACTS, WHOLE_HEAD or OWN_ESSENCE.
    essence_at, name_at : int16[protocols]
        Where in the trees of ``essence`` and ``server_name`` a protocol's own function is.
    allowed : tuple of uint64[6, 1 + PLACED, 256, words]
        :func:`.candidates.candidates` of each half.
    """

    kinds: U8
    essence_at: I16
    name_at: I16
    allowed: tuple[U64, ...]


@cache
def catalogue() -> Catalogue:
    """The catalogue; its files are looked at only where one of the room's has changed."""
    kinds, essence_at, name_at, *allowed = arrays("protocols", [room_cache("identify").name.encode()], _made)
    return Catalogue(kinds, essence_at, name_at, tuple(allowed))


def _made() -> list[np.ndarray]:
    kinds = [NO_FACTS if not hasattr(m, "facts") else OWN_ESSENCE if hasattr(m, "essence") else WHOLE_HEAD for m in modules()]
    return [np.array(kinds, np.uint8), places_of("essence"), places_of("server_name"), *(candidates(half) for half in range(len(HALVES)))]
