"""Make a large capture for the bench out of the project's own: every packet of ``captures/``, many times, with other addresses.

    python tests/bench/make_capture.py OUT.pcap [--megabytes 1000] [--width 64] [--seed 1]

Copy ``k`` changes two octets of both addresses, so that flows multiply with the copies while each stays what it was. ``width`` copies
run side by side, packet by packet, as conversations do on a real line; when they end, the next ones begin, so that the number of live
flows does not grow with the capture. Packets are timed anew, 200 us apart on average, so that no clock jumps back between copies.
Checksums are those of the originals: no tool of the bench drops for them. Same seed and ``captures/``, same bytes.
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
START_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""


def records(raw: bytes) -> list[bytes]:
    """Frames of a little-endian Ethernet pcap; none of another kind."""
    if raw[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") or struct.unpack_from("<I", raw, 20)[0] & 0xFFFF != 1:
        return []
    found, at = [], 24
    while at + 16 <= len(raw):
        size = struct.unpack_from("<I", raw, at + 8)[0]
        found.append(raw[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def address_octets(frame: bytes) -> list[int]:
    """Offsets of the two octets that are changed, in both addresses of an IPv4 or IPv6 frame."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and len(frame) >= 34:
        return [27, 28, 31, 32]
    if kind == b"\x86\xdd" and len(frame) >= 54:
        return [26, 27, 42, 43]
    return []


def side_by_side(frames: list[bytes], copies: np.ndarray, start_us: int, rng: np.random.Generator) -> tuple[bytes, int]:
    """The records of some copies, packet by packet; and the time after them."""
    parts, now = [], start_us
    for frame in frames:
        row = np.zeros((len(copies), 16 + len(frame)), np.uint8)
        row[:, 16:] = np.frombuffer(frame, np.uint8)
        for at, octet in zip(address_octets(frame), (0, 1, 0, 1), strict=False):
            row[:, 16 + at] ^= (copies >> (8 * octet) & 0xFF).astype(np.uint8)
        when = now + np.cumsum(rng.integers(100, 301, len(copies)))
        size = np.full(len(copies), len(frame))
        row[:, :16] = np.stack([when // 1_000_000, when % 1_000_000, size, size], axis=1).astype("<u4").view(np.uint8).reshape(-1, 16)
        now = int(when[-1])
        parts.append(row.tobytes())
    return b"".join(parts), now


def make(out: Path, megabytes: float, width: int, seed: int) -> tuple[int, int]:
    """Write the capture; packets and bytes of it."""
    frames = [frame for file in sorted((ROOT / "captures").glob("*/*.pcap")) for frame in records(file.read_bytes())]
    if not frames:
        raise SystemExit("captures/ holds no Ethernet pcap")
    rng = np.random.default_rng(seed)
    copies = np.arange(1 << 16)
    rng.shuffle(copies)
    one = sum(16 + len(frame) for frame in frames)
    wanted = max(1, min(len(copies), round(megabytes * 1e6 / one)))
    now, written = START_US, 24
    with out.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for first in range(0, wanted, width):
            block, now = side_by_side(frames, copies[first : min(first + width, wanted)], now, rng)
            written += file.write(block)
    return wanted * len(frames), written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    packets, size = make(given.out, given.megabytes, given.width, given.seed)
    print(f"{given.out}: {packets} packets, {size} bytes")


if __name__ == "__main__":
    main()
