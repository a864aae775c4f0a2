"""The door of this room: records in, packets of innermost conversations out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcapscan.tables import PACKET, PacketTable, RecordTable

from .codes import R_COUNT, describe
from .walk import CONTEXT, FRAGMENT, NO_VLAN, walk_block

_PLAIN = np.array([(0, NO_VLAN, 0, 0, 0)], CONTEXT)


class Decoder:
    """Decode blocks of records, in order; what is between blocks (fragments that wait) is kept here."""

    def __init__(self) -> None:
        self._counts = np.zeros(R_COUNT, np.int64)

    @property
    def undecoded(self) -> dict[str, int]:
        """Records that gave no packet, counted by reason, most frequent first."""
        counts = self._counts.copy()
        counts[0] = 0
        return describe(counts)

    def decode(self, records: RecordTable) -> PacketTable:
        """Decode one block."""
        rows = np.empty(len(records) + 1, PACKET)
        fragments = np.empty(len(records) + 1, FRAGMENT)
        n = walk_block(records.rows, records.data, _PLAIN, rows, fragments, self._counts)
        return PacketTable(rows[:n], records.data)


Rows = NDArray[np.void]
