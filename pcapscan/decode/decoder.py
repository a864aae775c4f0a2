"""The door of this room: records in, packets of innermost conversations out."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from pcapscan.tables import PACKET, PACKET_REASSEMBLED, RECORD, U8, PacketTable, RecordTable

from .codes import R_COUNT, describe
from .fragments import Datagram, Fragment, Fragments
from .walk import CONTEXT, FRAGMENT, NO_VLAN, walk_block

Rows = NDArray[np.void]

_PLAIN = np.array([(0, NO_VLAN, 0, 0, 0)], CONTEXT)

_OPAQUE = np.dtype((np.void, PACKET.itemsize))

_RAW4, _RAW6 = 228, 229


class Decoder:
    """Decode blocks of records, in order; fragments that wait for others are kept between blocks.

    Every record is either one packet or counted in :attr:`undecoded`, once :meth:`finish` was called.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(R_COUNT, np.int64)
        self._fragments = Fragments(self._counts)

    @property
    def undecoded(self) -> dict[str, int]:
        """Records that gave no packet of their own, counted by reason, most frequent first.

        Fragments that became part of a later packet are among them, by that reason.
        """
        counts = self._counts.copy()
        counts[0] = 0
        return describe(counts)

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
        rows = np.empty(len(records) + 1, PACKET)
        fragments = np.empty(len(records) + 1, FRAGMENT)
        # numpy forgets a dtype's alignment when it joins or loads arrays, and the kernel insists on it.
        records = RecordTable(np.ascontiguousarray(records.rows).view(RECORD), records.data)
        n = walk_block(records.rows, records.data, _PLAIN, rows, fragments, self._counts)
        rows = rows[:n]
        pieces = fragments[: self._counts[0]]
        if not len(pieces):
            return PacketTable(rows, records.data)
        late = _Late(len(records.data))
        for fragment, number in _read(pieces, records):
            self._join(self._fragments.add(fragment), number, late)
        return late.merge(rows, records.data)

    def finish(self) -> PacketTable:
        """Packets from datagrams that never became whole, after the last block."""
        late = _Late(0)
        self._join(self._fragments.finish(), 0, late)
        while self._fragments.waiting:  # a datagram given up may hold a fragment itself
            self._join(self._fragments.finish(), 0, late)
        return late.merge(np.empty(0, PACKET), np.empty(0, np.uint8))

    def _join(self, done: list[tuple[Datagram, Fragment]], number: int, late: _Late) -> None:
        """Decode datagrams, and fragments that show inside them, as IP packets of their own. Ends: each has more headers around it."""
        for datagram, lender in done:
            records, context = _as_record(datagram, lender)
            row, piece = np.empty(2, PACKET), np.empty(2, FRAGMENT)
            if walk_block(records.rows, records.data, context, row, piece, self._counts):
                late.add(number, row[:1], records.data)
            elif self._counts[0]:
                for inner, _ in _read(piece[:1], records):
                    self._join(self._fragments.add(inner), number, late)


class _Late:
    """Packets made outside the kernel's order, with their bytes, to be put in where they belong."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers: list[int] = []
        self._rows: list[Rows] = []
        self._data: list[U8] = []

    def add(self, number: int, row: Rows, data: U8) -> None:
        row["start"] += self._size
        self._size += len(data)
        self._numbers.append(number)
        self._rows.append(row)
        self._data.append(data)

    def merge(self, rows: Rows, data: U8) -> PacketTable:
        if not self._rows:
            return PacketTable(rows, data)
        places = np.searchsorted(rows["number"], np.array(self._numbers))
        # As plain bytes: numpy copies a structure field by field, ten times slower.
        late = np.concatenate([row.view(_OPAQUE) for row in self._rows])
        merged = np.insert(rows.view(_OPAQUE), places, late)
        return PacketTable(merged.view(PACKET), np.concatenate([data, *self._data]))


def _read(pieces: Rows, records: RecordTable) -> list[tuple[Fragment, int]]:
    """Fragments as objects, each with the number of its record."""
    found = []
    origins = records.rows[pieces["record"]][["time_ns", "number", "offset"]].tolist()
    for origin, piece in zip(origins, pieces.tolist(), strict=True):
        src_hi, src_lo, dst_hi, dst_lo, _, start, ident, tunnel_id, caplen, length, at, more, version, proto, tunnel, vlan, depth = piece
        data = records.data[start : start + caplen].tobytes()
        found.append(
            (
                Fragment(
                    (src_hi, src_lo),
                    (dst_hi, dst_lo),
                    origin,
                    version,
                    proto,
                    ident,
                    vlan,
                    tunnel,
                    tunnel_id,
                    depth,
                    at,
                    length,
                    bool(more),
                    data,
                ),
                origin[1],
            )
        )
    return found


def _as_record(datagram: Datagram, lender: Fragment) -> tuple[RecordTable, Rows]:
    """Write the datagram as a record of raw IP behind a plain header; length 0 there leaves the length to the record."""
    payload, wire = datagram.payload()
    first = datagram.first or lender
    if first.version == 4:
        head = struct.pack(">BBHHHBBHII", 0x45, 0, 0, 0, 0, 64, first.proto, 0, first.src[1] & 0xFFFFFFFF, first.dst[1] & 0xFFFFFFFF)
    else:
        head = struct.pack(">IHBBQQQQ", 6 << 28, 0, first.proto, 64, *first.src, *first.dst)
    time_ns, number, offset = lender.origin
    link = _RAW4 if first.version == 4 else _RAW6
    rows = np.array([(time_ns, 0, number, offset, len(head) + len(payload), len(head) + wire, link, 0)], RECORD)
    marks = PACKET_REASSEMBLED if datagram.members > 1 else 0
    context = np.array([(first.tunnel_id, first.vlan, first.tunnel, first.depth - 1, marks)], CONTEXT)
    return RecordTable(rows, np.frombuffer(head + payload, np.uint8)), context
