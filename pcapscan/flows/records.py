"""The records of a live flow, laid out so that a packet touches few cache lines; the kernel's private tables.

A live flow is one FLOW row and two SIDE rows (``2 * slot + side``). Sides of a live flow are numbered by the key: 0 is the
lower endpoint, so that both directions find the same row without knowing the originator; ``FLOW.orig`` tells which it is.
Only when a flow ends are its sides put in the order originator, responder (OUT).
"""

from __future__ import annotations

import numpy as np

FLOW = np.dtype(
    [
        ("a_hi", "u8"), ("a_lo", "u8"), ("b_hi", "u8"), ("b_lo", "u8"),  # endpoints, the lower first (ICMP one-way: as sent)
        ("first_ns", "i8"), ("last_ns", "i8"), ("number", "i8"), ("offset", "i8"),
        ("touched", "i8"),  # number of the last packet in the order of arrival; -1: the slot is free
        ("spoke_ns", "i8"),  # last new payload of either side; unset while neither spoke
        ("hash", "i4"), ("tunnel_id", "u4"),
        ("tick_head", "i4"), ("tick_tail", "i4"),  # chunks of ticks, -1 none; of a free slot: tick_head is the next free slot
        ("ticks", "i4"), ("tick_stride", "i4"), ("tick_skip", "i4"),
        ("a_p", "u2"), ("b_p", "u2"), ("vlan", "u2"),
        ("proto", "u1"), ("tunnel", "u1"),
        ("orig", "i1"), ("basis", "i1"), ("closed", "u1"), ("spoken", "u1"),
    ],
    align=True,
)  # fmt: skip
"""One live flow."""

SIDE = np.dtype(
    [
        ("pkts", "i8"),
        ("sum", "i8"),  # payload bytes of all its packets, repeats included
        ("number", "i8"), ("offset", "i8"),  # its first payload packet; -1 none
        ("high", "i8"),  # highest end of payload seen, from base
        ("base", "u4"),  # sequence number of the first byte of the head
        ("head", "i4"),  # block of the pool where the head is, -1 none
        ("map", "i4"),  # block of the pool with a bit for each byte that is there, -1 while the head is contiguous
        ("filled", "i4"),  # bytes at the beginning of the head without a hole
        ("top", "i4"),  # end of the last captured byte offered to the head, beyond its cap or not
        ("cap", "i4"),  # most bytes of this head
        ("cut0", "i4"), ("cut1", "i4"), ("cut2", "i4"), ("cut3", "i4"),
        ("grade", "i1"),  # size of the head's block: 256 << grade
        ("known", "u1"),  # BASE_* below
        ("state", "u1"), ("was", "u1"),  # endpoint state (state.py), and the one before
        ("flags", "u1"),  # HEAD_SNAPPED, HEAD_CAPPED as met
        ("cuts", "u1"),  # how many cuts are set
        ("ftp", "u1"),  # FTP_* bits
    ],
    align=True,
)  # fmt: skip
"""One side of a live flow."""

FTP_SERVER, FTP_CLIENT, FTP_ASKED_TLS, FTP_ANNOUNCED, FTP_ANNOUNCED_TLS = 1, 2, 4, 8, 16
"""Begins as an FTP server, as a client; that asked for TLS. Its endpoint was announced by a control channel; by one that asked for TLS."""

EXPECTED = np.dtype(
    [
        ("hi", "u8"), ("lo", "u8"), ("peer_hi", "u8"), ("peer_lo", "u8"),  # the announced address, and who will call it
        ("time_ns", "i8"),  # when it was announced last
        ("port", "u2"), ("marks", "u1"),  # FTP_ANNOUNCED bits, 0: nothing is here
    ],
    align=True,
)  # fmt: skip
"""An endpoint that an FTP control channel announced (control.py)."""

BASE_NONE, BASE_GUESSED, BASE_KNOWN = 0, 1, 2
"""No payload seen; the lowest sequence number near the start; told by a SYN."""

OUT = np.dtype(
    [
        ("first_ns", "i8"), ("last_ns", "i8"),
        ("orig_hi", "u8"), ("orig_lo", "u8"), ("resp_hi", "u8"), ("resp_lo", "u8"),
        ("orig_pkts", "i8"), ("resp_pkts", "i8"), ("orig_bytes", "i8"), ("resp_bytes", "i8"),
        ("number", "i8"), ("offset", "i8"),
        ("orig_number", "i8"), ("orig_offset", "i8"), ("resp_number", "i8"), ("resp_offset", "i8"),
        ("orig_start", "i8"), ("resp_start", "i8"),  # where the heads begin in the arena of the batch
        ("tunnel_id", "u4"),
        ("orig_length", "i4"), ("resp_length", "i4"), ("ticks", "i4"),
        ("orig_cut0", "i4"), ("orig_cut1", "i4"), ("orig_cut2", "i4"), ("orig_cut3", "i4"),
        ("resp_cut0", "i4"), ("resp_cut1", "i4"), ("resp_cut2", "i4"), ("resp_cut3", "i4"),
        ("orig_p", "u2"), ("resp_p", "u2"), ("vlan", "u2"),
        ("proto", "u1"), ("tunnel", "u1"), ("orig_flags", "u1"), ("resp_flags", "u1"),
        ("state", "i1"), ("orig_basis", "i1"),
    ],
    align=True,
)  # fmt: skip
"""One ended flow."""

(
    S_LIVE, S_USED, S_FREE,  # live flows; slots ever used; first free slot, -1 none
    S_COUNT, S_MARK,  # packets so far; the count at which the next sweep is due
    S_MODE, S_AT, S_LIMIT,  # the sweep under way: SWEEP_*, next slot, clock (ns) or packet count
    S_LAST_NS,  # time of the packet before
    S_BUMP, S_FREE0,  # pool of heads: first block never used; S_FREE0 + grade: first free block of that size, -1 none
) = range(11)  # fmt: skip
GRADES = 5
S_CHUNKS, S_CHUNK_FREE = S_FREE0 + GRADES, S_FREE0 + GRADES + 1
S_ROWS, S_BYTES, S_TICKS = S_CHUNK_FREE + 1, S_CHUNK_FREE + 2, S_CHUNK_FREE + 3
S_SKIPPED, S_PORTS = S_TICKS + 1, S_TICKS + 2  # fragments without ports; a bit for each port that was ever announced (control.py)
STATE_SIZE = S_PORTS + 65_536 // 32
"""What the assembler remembers between blocks, as int64: the ``S_*`` names index it."""

SWEEP_NONE, SWEEP_IDLE, SWEEP_OLD, SWEEP_ALL = 0, 1, 2, 3
"""No sweep; ends what timed out before S_LIMIT; ends what was last touched at or before packet S_LIMIT; ends all."""
