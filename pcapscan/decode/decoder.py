"""The door of this room: records in, packets of innermost conversations out."""

from __future__ import annotations

import numpy as np

from pcapscan.tables import PACKET, RECORD, U8, PacketTable, RecordTable

from .codes import R_COUNT, describe
from .fragments import FRAGMENT, ORIGIN, W_LATE, W_ROWS, Waiting
from .walk import walk_block

_LATE_BYTES = 1 << 17
"""Room for the datagrams of one block, to begin with; more than the largest one."""


class Decoder:
    """Decode blocks of records, in order; fragments that wait for others are kept between blocks.

    Every record is either one packet or counted in :attr:`undecoded`, once :meth:`finish` was called.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(R_COUNT, np.int64)
        self._waiting = Waiting()
        self._fragment, self._origin = np.empty(1, FRAGMENT), np.empty(1, ORIGIN)
        self._late = np.empty(_LATE_BYTES, np.uint8)

    @property
    def undecoded(self) -> dict[str, int]:
        """Records that gave no packet of their own, counted by reason, most frequent first.

        Fragments that became part of a later packet are among them, by that reason.
        """
        return describe(self._counts)

    @property
    def waiting(self) -> int:
        """Datagrams that are not whole yet."""
        return len(self._waiting)

    def decode(self, records: RecordTable) -> PacketTable:
        """Decode one block.

        Parameters
        ----------
        records : RecordTable

        Returns
        -------
        PacketTable
            Rows in the order of the records. A datagram put together from fragments stands where its last fragment was; one
            given up stands where the fragment was that told its time had passed, with the number and time of its first.
        """
        return self._run(records, ending=False)

    def finish(self) -> PacketTable:
        """Packets from datagrams that never became whole, after the last block."""
        return self._run(RecordTable(np.empty(0, RECORD), np.empty(0, np.uint8)), ending=True)

    def _run(self, records: RecordTable, ending: bool) -> PacketTable:
        # numpy forgets a dtype's alignment when it joins or loads arrays, and the kernel insists on it.
        given = np.ascontiguousarray(records.rows).view(RECORD)
        waiting = self._waiting
        state = waiting.again()
        # A record is a packet, or a datagram that waits; one that waits becomes a packet, or another that waits.
        rows = np.empty(len(given) + len(waiting) + 1, PACKET)
        while need := walk_block(
            given, records.data, rows, self._late, self._fragment, self._origin, waiting.datagrams, waiting.pieces, waiting.data,
            waiting.homes, state, waiting.limits, self._counts, ending,
        ):  # fmt: skip
            self._late = np.concatenate([self._late, np.empty(len(self._late) + need, np.uint8)])
        late: U8 = self._late[: state[W_LATE]].copy()
        return PacketTable(rows[: state[W_ROWS]], records.data, late)
