"""pcap: header and the kernel that walks its records.

Format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html. What fools a reader, and is read here: a snaplen of 0 or of
2**31 (or simply too small), link-type words with FCS bits above the number, the modified format of Linux 2.1 whose record
headers are 24 bytes long, files of version 2.2 and older whose two lengths are exchanged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pcapscan.kernels import helper, kernel
from pcapscan.kernels.prefetch import prefetch
from pcapscan.read.sniff import PCAP_MAGICS
from pcapscan.tables import RECORD, U8

MAX_CAPLEN = 262_144
"""Largest record that is believed where the snaplen does not promise larger ones: libpcap's MAXIMUM_SNAPLEN."""

MAX_SNAPLEN = 16 << 20
"""Largest snaplen that is believed; beyond it the word says "no limit" and :data:`MAX_CAPLEN` holds."""

DONE, FULL, BROKEN = 0, 1, 2
"""How a walk ended: out of bytes; out of rows; at a record that cannot be."""

HEADER = 24

AHEAD = 2048
"""Bytes that are asked of memory before they are walked."""


class PcapHeader(Struct, frozen=True):
    """What the first 24 bytes say.

    Attributes
    ----------
    swapped : bool
        Big-endian file.
    unit_ns : int
        1000 or 1: nanoseconds a unit of the sub-second field.
    record_header : int
        16, or 24 in the modified format.
    lengths : int
        0 captured length first; 1 exchanged; 2 exchanged where the first is the larger (version 2.3).
    link : int
        LINKTYPE_ number.
    max_caplen : int
    """

    swapped: bool
    unit_ns: int
    record_header: int
    lengths: int
    link: int
    max_caplen: int


def parse_header(head: bytes) -> PcapHeader:
    """Read the 24 bytes of a file header whose magic is known."""
    name = PCAP_MAGICS[head[:4]]
    order: Any = "big" if name.startswith("big") else "little"

    def word(at: int, size: int) -> int:
        return int.from_bytes(head[at : at + size], order)

    major, minor, snaplen = word(4, 2), word(6, 2), word(16, 4)
    lengths = 1 if major == 543 or (major == 2 and minor < 3) else 2 if (major, minor) == (2, 3) else 0
    believed = snaplen if MAX_CAPLEN < snaplen <= MAX_SNAPLEN else MAX_CAPLEN
    return PcapHeader(
        swapped=order == "big",
        unit_ns=1 if "ns" in name else 1000,
        record_header=24 if "modified" in name else 16,
        lengths=lengths,
        link=word(20, 4) & 0xFFFF,
        max_caplen=believed,
    )


@helper
def _u32(b: Any, i: int, swapped: bool) -> Any:
    if swapped:
        return (np.int64(b[i]) << 24) | (np.int64(b[i + 1]) << 16) | (np.int64(b[i + 2]) << 8) | np.int64(b[i + 3])
    return (np.int64(b[i + 3]) << 24) | (np.int64(b[i + 2]) << 16) | (np.int64(b[i + 1]) << 8) | np.int64(b[i])


@kernel("(int64, int64, int64)(uint8[::1], int64, int64, int64, int64, int64[::1], RECORD[::1])", RECORD=RECORD)
def walk(data: Any, lo: int, hi: int, base: int, number: int, header: Any, rows: Any) -> tuple[int, int, int]:
    """Walk records.

    Parameters
    ----------
    data : uint8[m]
    lo, hi : int
        Where records may stand.
    base : int
        File offset of ``data[0]``.
    number : int
        Records before this block.
    header : int64[6]
        Swapped, unit_ns, record_header, lengths, link, max_caplen of :class:`PcapHeader`.
    rows : RECORD[k]
        Filled from its start.

    Returns
    -------
    tuple of int
        Rows filled; where the first record stands that was not taken; DONE, FULL or BROKEN.
    """
    swapped, unit, size = header[0] != 0, header[1], header[2]
    lengths, link, most = header[3], header[4], header[5]
    at, count, room = lo, 0, len(rows)
    near = lo
    while at + size <= hi:
        if count == room:
            return count, at, FULL
        caplen = _u32(data, at + 8, swapped)
        wirelen = _u32(data, at + 12, swapped)
        if lengths == 1 or (lengths == 2 and caplen > wirelen):
            caplen, wirelen = wirelen, caplen
        if caplen > most:
            return count, at, BROKEN
        start = at + size
        if start + caplen > hi:
            break
        # Where the next record begins is only known when this one's length has come; what lies some way ahead is asked for meanwhile.
        while near < start + caplen + AHEAD:
            prefetch(data, near)
            near += 64
        row = rows[count]
        row["time_ns"] = _u32(data, at, swapped) * 1_000_000_000 + _u32(data, at + 4, swapped) * unit
        row["start"] = start
        row["number"] = number + count + 1
        row["offset"] = base + at
        row["caplen"] = caplen
        row["wirelen"] = min(wirelen, 0x7FFFFFFF)
        row["link"] = link
        row["interface"] = 0
        count += 1
        at = start + caplen
    return count, at, DONE


class PcapWalker:
    """Walks the blocks of one pcap file.

    Attributes
    ----------
    need : int
        Bytes that the record begun at the end of the last walk needs in all.
    broken : str
        Why the walk cannot go on; empty while it can.
    skipped : dict
        Reason to count; pcap has none.
    begin : int
        Bytes of the file before the first record.
    """

    begin = HEADER
    passing = 0

    def __init__(self, head: bytes) -> None:
        self.header = parse_header(head)
        h = self.header
        self._words = np.array([h.swapped, h.unit_ns, h.record_header, h.lengths, h.link, h.max_caplen], np.int64)
        self.need = 0
        self.broken = ""
        self.skipped: dict[str, int] = {}

    def walk(self, data: U8, lo: int, hi: int, base: int, number: int, rows: NDArray[np.void]) -> tuple[int, int, bool]:
        """Rows filled, where the next record stands, and whether there may be more in these bytes."""
        count, at, end = walk(data, lo, hi, base, number, self._words, rows)
        if end == BROKEN:
            self.broken = self._why(data, at)
        elif end == DONE:
            self.need = self._needed(data, at, hi)
        return count, at, end == FULL

    def partial(self, data: U8, at: int, hi: int) -> str:
        """Say what a record that the end of the file cuts would have needed."""
        return f"the file ends {hi - at} bytes into a record of {self._needed(data, at, hi)}"

    def _lengths(self, data: U8, at: int) -> tuple[int, int]:
        order: Any = "big" if self.header.swapped else "little"
        first, second = (int.from_bytes(data[at + k : at + k + 4].tobytes(), order) for k in (8, 12))
        exchanged = self.header.lengths == 1 or (self.header.lengths == 2 and first > second)
        return (second, first) if exchanged else (first, second)

    def _needed(self, data: U8, at: int, hi: int) -> int:
        size = self.header.record_header
        return size if at + size > hi else size + self._lengths(data, at)[0]

    def _why(self, data: U8, at: int) -> str:
        return f"captured length {self._lengths(data, at)[0]} exceeds {self.header.max_caplen}, the most a record may have here"
