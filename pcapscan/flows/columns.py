"""Ended flows as columns: what the assembler's kernel wrote record by record, written once more, column by column.

numpy would read all records anew for each of some fifty columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcapscan.flows.records import OUT
from pcapscan.kernels import i64, kernel
from pcapscan.tables import I64, ORIG_BASES

ADDRESSES = ("orig_hi", "orig_lo", "resp_hi", "resp_lo")
WIDE = (
    "first_ns", "last_ns", "orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "number", "offset", "orig_number", "orig_offset", "resp_number",
    "resp_offset",
)  # fmt: skip
PORTS = ("orig_p", "resp_p", "vlan")
SMALL = ("proto", "tunnel")
CODES = ("state", "orig_basis")

HANDSHAKE, ANSWER = ORIG_BASES.index("handshake"), ORIG_BASES.index("answer")


@kernel(
    "void(OUT[::1], uint64[:, ::1], int64[:, ::1], uint32[::1], uint16[:, ::1], uint8[:, ::1], int8[:, ::1], int64[:, ::1], int32[:, ::1],"
    " int32[:, :, ::1], uint8[:, ::1], boolean[::1], int64[::1])",
    OUT=OUT,
)  # fmt: skip
def write_columns(rows: Any, addresses: Any, wide: Any, tunnel_id: Any, ports: Any, small: Any, codes: Any, start: Any, length: Any,
                  cuts: Any, flags: Any, sure: Any, ticks: Any) -> None:  # fmt: skip
    """Write flows as columns, which are rows of these matrices, in the order of the names above.

    Parameters
    ----------
    rows : OUT[n]
    addresses, wide, ports, small, codes : [names, n], out
    tunnel_id : uint32[n], out
    start, length, cuts, flags, sure, out
        As in :class:`pcapscan.tables.Heads`.
    ticks : int64[n + 1], out
        As ``start`` of :class:`pcapscan.tables.Ticks`.
    """
    ticks[0] = 0
    for k in range(len(rows)):
        row = rows[k]
        addresses[0, k], addresses[1, k], addresses[2, k], addresses[3, k] = row["orig_hi"], row["orig_lo"], row["resp_hi"], row["resp_lo"]
        wide[0, k], wide[1, k] = row["first_ns"], row["last_ns"]
        wide[2, k], wide[3, k] = row["orig_pkts"], row["resp_pkts"]
        wide[4, k], wide[5, k] = row["orig_bytes"], row["resp_bytes"]
        wide[6, k], wide[7, k] = row["number"], row["offset"]
        wide[8, k], wide[9, k] = row["orig_number"], row["orig_offset"]
        wide[10, k], wide[11, k] = row["resp_number"], row["resp_offset"]
        tunnel_id[k] = row["tunnel_id"]
        ports[0, k], ports[1, k], ports[2, k] = row["orig_p"], row["resp_p"], row["vlan"]
        small[0, k], small[1, k] = row["proto"], row["tunnel"]
        codes[0, k], codes[1, k] = row["state"], row["orig_basis"]
        start[k, 0], start[k, 1] = row["orig_start"], row["resp_start"]
        length[k, 0], length[k, 1] = row["orig_length"], row["resp_length"]
        cuts[k, 0, 0], cuts[k, 0, 1], cuts[k, 0, 2], cuts[k, 0, 3] = row["orig_cut0"], row["orig_cut1"], row["orig_cut2"], row["orig_cut3"]
        cuts[k, 1, 0], cuts[k, 1, 1], cuts[k, 1, 2], cuts[k, 1, 3] = row["resp_cut0"], row["resp_cut1"], row["resp_cut2"], row["resp_cut3"]
        flags[k, 0], flags[k, 1] = row["orig_flags"], row["resp_flags"]
        basis = i64(row["orig_basis"])
        sure[k] = basis in (HANDSHAKE, ANSWER)
        ticks[k + 1] = ticks[k] + row["ticks"]


class Columns:
    """Ended flows as columns.

    Attributes
    ----------
    named : dict of str to array
        Columns of a flow table.
    start, length, cuts, flags, sure
        Of its heads.
    ticks : int64[n + 1]
        Of its ticks.
    """

    def __init__(self, rows: NDArray[np.void]) -> None:
        n = len(rows)
        addresses, wide, tunnel_id = np.empty((4, n), np.uint64), np.empty((12, n), np.int64), np.empty(n, np.uint32)
        ports, small, codes = np.empty((3, n), np.uint16), np.empty((2, n), np.uint8), np.empty((2, n), np.int8)
        self.start, self.length, self.cuts = np.empty((n, 2), np.int64), np.empty((n, 2), np.int32), np.empty((n, 2, 4), np.int32)
        self.flags, self.sure, self.ticks = np.empty((n, 2), np.uint8), np.empty(n, np.bool_), np.empty(n + 1, np.int64)
        write_columns(
            rows, addresses, wide, tunnel_id, ports, small, codes, self.start, self.length, self.cuts, self.flags, self.sure, self.ticks
        )
        self.named: dict[str, NDArray[Any]] = {"tunnel_id": tunnel_id}
        for names, matrix in ((ADDRESSES, addresses), (WIDE, wide), (PORTS, ports), (SMALL, small), (CODES, codes)):
            self.named.update(zip(names, matrix, strict=True))

    def __len__(self) -> int:
        return len(self.sure)


def joined(parts: list[Columns], bases: I64) -> Columns:
    """Columns end to end; heads of part ``k`` lie behind ``bases[k]``."""
    whole = Columns.__new__(Columns)
    whole.named = {name: np.concatenate([part.named[name] for part in parts]) for name in parts[0].named}
    whole.start = np.concatenate([part.start + base for part, base in zip(parts, bases, strict=True)])
    for name in ("length", "cuts", "flags", "sure"):
        setattr(whole, name, np.concatenate([getattr(part, name) for part in parts]))
    before = np.cumsum([0] + [int(part.ticks[-1]) for part in parts[:-1]])
    whole.ticks = np.concatenate([[0], *(part.ticks[1:] + first for part, first in zip(parts, before, strict=True))])
    return whole
