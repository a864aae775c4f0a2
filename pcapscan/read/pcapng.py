"""pcapng: sections, interfaces and the kernel that walks blocks.

Format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html. Blocks that carry packets: Enhanced (6), Simple (3), the
obsolete Packet block (2). Interfaces are numbered anew in every section. What is no packet is passed over by its length.
What fools a reader, and is read here: sections of either byte order, sections of unknown length, resolutions that are powers
of two, time offsets, interfaces without snaplen, packet lengths larger than their block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.kernels import helper, kernel
from pcapscan.read.pcap import BROKEN, DONE, FULL, MAX_SNAPLEN
from pcapscan.tables import RECORD, U8

HEADER_BLOCK = 3
"""A walk ended at a section header or an interface description, which is read outside of the kernel."""

PASS = 4
"""A walk ended at a large block without packets: it is passed over, not gathered."""

SHB, IDB, PB, SPB, EPB = 0x0A0D0D0A, 1, 2, 3, 6

MAX_INTERFACES = 1 << 16
MAX_HEADER_BLOCK = 1 << 20
_FAR = 1 << 62
_GATHERED = 1 << 16

_NO_INTERFACE, _CUT, _NO_TIME = 0, 1, 2
_REASONS = ("unknown interface", "caplen larger than its block, cut", "without time, kept with the time before")

# state: what a walk hands to the next
_SWAPPED, _INTERFACES, _NUMBER, _LAST_NS = 0, 1, 2, 3


@helper
def _u32(b: Any, i: int, swapped: bool) -> Any:
    if swapped:
        return (np.int64(b[i]) << 24) | (np.int64(b[i + 1]) << 16) | (np.int64(b[i + 2]) << 8) | np.int64(b[i + 3])
    return (np.int64(b[i + 3]) << 24) | (np.int64(b[i + 2]) << 16) | (np.int64(b[i + 1]) << 8) | np.int64(b[i])


@helper
def _u16(b: Any, i: int, swapped: bool) -> Any:
    if swapped:
        return (np.int64(b[i]) << 8) | np.int64(b[i + 1])
    return (np.int64(b[i + 1]) << 8) | np.int64(b[i])


@helper
def units_to_ns(high: Any, low: Any, resolution: Any, offset_ns: Any) -> Any:
    """Exact nanoseconds of a 64-bit time stamp, within ±2**62.

    Parameters
    ----------
    high, low : int
        Its two 32-bit words.
    resolution : int
        ``if_tsresol``: 10**-n, or 2**-n where bit 7 is set.
    offset_ns : int
        ``if_tsoffset`` in nanoseconds.
    """
    far: Any = np.int64(_FAR)
    billion: Any = np.int64(1_000_000_000)
    power: Any = np.int64(resolution) & 0x7F
    if resolution & 0x80:
        if power >= 64:
            return offset_ns
        if power >= 32:  # 0 or some seconds, then a fraction of `power` bits: 32 * 32 bit products stay exact
            seconds = high >> (power - 32)
            fraction = high & ((np.int64(1) << (power - 32)) - 1)
            ns = (fraction * billion + ((low * billion) >> 32)) >> (power - 32)
        else:
            if high >> power:  # beyond 2**32 seconds
                return far
            seconds = (high << (32 - power)) | (low >> power)
            ns = ((low & ((np.int64(1) << power) - 1)) * billion) >> power
        if seconds > 4_000_000_000:
            return far
        total = seconds * billion + ns
    elif power <= 9:
        if high >> 30:
            return far
        times: Any = np.int64(1)
        for _ in range(9 - power):
            times *= 10
        units: Any = (high << 32) | low
        if units > far // times:
            return far
        total = units * times
    else:
        small: Any = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
        for _ in range(min(power - 9, 20)):
            small //= np.uint64(10)
        total = np.int64(small)
    total += offset_ns
    return min(max(total, -far), far)


@kernel("(int64, int64, int64)(uint8[::1], int64, int64, int64, int64[::1], int64[:, ::1], int64[::1], RECORD[::1])", RECORD=RECORD)
def walk(data: Any, lo: int, hi: int, base: int, state: Any, interfaces: Any, reasons: Any, rows: Any) -> tuple[int, int, int]:
    """Walk blocks.

    Parameters
    ----------
    data : uint8[m]
    lo, hi : int
        Where blocks may stand.
    base : int
        File offset of ``data[0]``.
    state : int64[4]
        Swapped, number of interfaces, packets so far, time of the last packet; the last two are advanced.
    interfaces : int64[i, 4]
        Link type, snaplen (0 unlimited), if_tsresol, offset in nanoseconds.
    reasons : int64[3]
        Counted up: packets of an unknown interface, captured lengths cut to their block, packets without a time.
    rows : RECORD[k]
        Filled from its start.

    Returns
    -------
    tuple of int
        Rows filled; where the first block stands that was not taken; DONE, FULL, BROKEN, HEADER_BLOCK or PASS.
    """
    swapped, known = state[0] != 0, state[1]
    at, count, room = lo, 0, len(rows)
    while at + 12 <= hi:
        kind = _u32(data, at, swapped)
        if kind == 0x0A0D0D0A or kind == 1:
            return count, at, HEADER_BLOCK
        length = (_u32(data, at + 4, swapped) + 3) & ~3
        packet = kind == 6 or kind == 3 or kind == 2
        if length < 12 or (packet and length > (MAX_SNAPLEN + 65536)):
            return count, at, BROKEN
        if not packet and length > _GATHERED:
            return count, at, PASS
        if at + length > hi:
            break
        if (_u32(data, at + length - 4, swapped) + 3) & ~3 != length:
            return count, at, BROKEN
        if packet:
            if count == room:
                return count, at, FULL
            body = 16 if kind == 3 else 32
            if length < body:
                return count, at, BROKEN
            state[2] += 1
            start = at + body - 4
            fits = length - body
            if kind == 3:
                which, wirelen = 0, _u32(data, at + 8, swapped)
                caplen = wirelen
                if known and interfaces[0, 1]:
                    caplen = min(caplen, interfaces[0, 1])
                caplen = min(caplen, fits)
            else:
                which = _u32(data, at + 8, swapped) if kind == 6 else _u16(data, at + 8, swapped)
                caplen, wirelen = _u32(data, at + 20, swapped), _u32(data, at + 24, swapped)
                if caplen > fits:
                    caplen = fits
                    reasons[1] += 1
            if which >= known:
                reasons[0] += 1
            else:
                if kind == 3:
                    reasons[2] += 1
                else:
                    state[3] = units_to_ns(
                        _u32(data, at + 12, swapped), _u32(data, at + 16, swapped), interfaces[which, 2], interfaces[which, 3]
                    )
                row = rows[count]
                row["time_ns"] = state[3]
                row["start"] = start
                row["number"] = state[2]
                row["offset"] = base + at
                row["caplen"] = caplen
                row["wirelen"] = min(wirelen, 0x7FFFFFFF)
                row["link"] = interfaces[which, 0]
                row["interface"] = which
                count += 1
        at += length
    return count, at, DONE


class PcapngWalker:
    """Walks the blocks of one pcapng file; same door as :class:`pcapscan.read.pcap.PcapWalker`.

    Attributes
    ----------
    passing : int
        Bytes of a block without packets that still have to be passed over.
    """

    begin = 0

    def __init__(self, head: bytes) -> None:
        self._state = np.zeros(4, np.int64)
        self._interfaces = np.zeros((8, 4), np.int64)
        self._reasons = np.zeros(len(_REASONS), np.int64)
        self.need = 12
        self.passing = 0
        self.broken = ""

    @property
    def skipped(self) -> dict[str, int]:
        """Reason to count of packets that were left out, or kept with a word."""
        return {reason: int(count) for reason, count in zip(_REASONS, self._reasons, strict=True) if count}

    def walk(self, data: U8, lo: int, hi: int, base: int, number: int, rows: NDArray[np.void]) -> tuple[int, int, bool]:
        """Rows filled, where the next block stands, and whether there may be more in these bytes."""
        at, filled = lo, 0
        while not self.broken:
            if self.passing:
                step = min(self.passing, hi - at)
                self.passing -= step
                at += step
                if self.passing:
                    self.need = 0
                    break
            count, at, end = walk(data, at, hi, base, self._state, self._interfaces, self._reasons, rows[filled:])
            filled += count
            if end == FULL:
                return filled, at, True
            if end == HEADER_BLOCK:
                size = self._header_block(data, at, hi)
                if not size:
                    break
                at += size
            elif end == PASS:
                self.passing = self._length(data, at)
            elif end == BROKEN:
                self.broken = self._why(data, at)
            else:
                self.need = self._length(data, at) if at + 12 <= hi else 12
                break
        return filled, at, False

    def partial(self, data: U8, at: int, hi: int) -> str:
        """Say what a block that the end of the file cuts would have needed."""
        if self.passing:
            return f"the file ends {self.passing} bytes before the end of a block"
        return f"the file ends {hi - at} bytes into a block of {self.need}"

    def _word(self, data: U8, at: int, size: int = 4) -> int:
        order: Any = "big" if self._state[_SWAPPED] else "little"
        return int.from_bytes(data[at : at + size].tobytes(), order)

    def _length(self, data: U8, at: int) -> int:
        return (self._word(data, at + 4) + 3) & ~3

    def _header_block(self, data: U8, at: int, hi: int) -> int:
        """Take a section header or an interface description; its length, 0 where it is not all there or broken."""
        section = data[at : at + 4].tobytes() == b"\x0a\x0d\x0d\x0a"
        if section:
            magic = data[at + 8 : at + 12].tobytes()
            if magic not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
                self.broken = "a section header without byte-order magic"
                return 0
            self._state[_SWAPPED] = magic[0] == 0x1A
        length = self._length(data, at)
        if length < (28 if section else 20) or length > MAX_HEADER_BLOCK:
            self.broken = f"a {'section header' if section else 'interface description'} of {length} bytes"
            return 0
        if at + length > hi:
            self.need = length
            return 0
        if (self._word(data, at + length - 4) + 3) & ~3 != length:
            self.broken = "the two lengths of a block differ"
            return 0
        if section:
            self._state[_INTERFACES] = 0
        else:
            self._interface(data, at, at + length - 4)
        return length

    def _interface(self, data: U8, at: int, end: int) -> None:
        count = int(self._state[_INTERFACES])
        if count >= MAX_INTERFACES:
            self.broken = f"more than {MAX_INTERFACES} interfaces in a section"
            return
        if count == len(self._interfaces):
            self._interfaces = np.concatenate([self._interfaces, np.zeros_like(self._interfaces)])
        resolution, offset = 6, 0
        option = at + 16
        while option + 4 <= end:
            code, length = self._word(data, option, 2), self._word(data, option + 2, 2)
            if code == 0 or option + 4 + length > end:
                break
            if code == 9 and length >= 1:
                resolution = int(data[option + 4])
            elif code == 14 and length >= 8:
                unsigned = self._word(data, option + 4, 8)
                offset = unsigned - (1 << 64) if unsigned >> 63 else unsigned
            option += 4 + ((length + 3) & ~3)
        offset_ns = min(max(offset * 1_000_000_000, -_FAR), _FAR)
        self._interfaces[count] = (self._word(data, at + 8, 2), self._word(data, at + 12), resolution, offset_ns)
        self._state[_INTERFACES] = count + 1

    def _why(self, data: U8, at: int) -> str:
        kind, length = self._word(data, at), self._length(data, at)
        if length < 12 or (kind in (EPB, SPB, PB) and not 16 <= length <= MAX_SNAPLEN + 65536):
            return f"a block of type {kind:#x} with an impossible length of {length}"
        return f"a block of type {kind:#x} whose two lengths differ, or too short for its kind"
