"""The assembler: packets in, ended flows out, in batches."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace

from pcapscan.flows.assemble import AHEAD, assemble
from pcapscan.flows.columns import Columns, joined
from pcapscan.flows.control import BUCKETS, WAYS
from pcapscan.flows.options import O_MAX_LIVE, FlowOptions
from pcapscan.flows.pool import TIMES, UNIT
from pcapscan.flows.records import (
    EXPECTED,
    FLOW,
    GRADES,
    OUT,
    S_AT,
    S_CHUNK_FREE,
    S_COUNT,
    S_FREE,
    S_FREE0,
    S_LIVE,
    S_MARK,
    S_MODE,
    S_ROWS,
    S_SKIPPED,
    S_TICKS,
    SIDE,
    STATE_SIZE,
    SWEEP_ALL,
    SWEEP_NONE,
)
from pcapscan.tables import I64, PACKET, U8, FlowTable, Heads, PacketTable, Ticks

BATCH_ROWS, BATCH_BYTES, BATCH_TICKS = 2048, 4 << 20, 65_536
"""Room for ended flows of one call of the kernel."""

LEAST_BYTES = 1 << 20
"""Room for heads that is still given to a call; with less, a batch would be too small to be worth its way."""

_NOTHING = PacketTable(np.empty(0, PACKET), np.empty(0, np.uint8))

_Batch = tuple[Columns, U8, I64]


class Assembler:
    """Fold packets into flows; where a block of packets ends changes no answer.

    Parameters
    ----------
    source : int
        Index of the input, copied into ``FlowTable.source``.
    options : FlowOptions
    """

    def __init__(self, source: int, options: FlowOptions | None = None) -> None:
        options = options or FlowOptions()
        self._source = source
        self._options = options.numbers()
        most = int(self._options[O_MAX_LIVE])
        self._flows = np.empty(most, FLOW)
        self._sides = np.empty(2 * most, SIDE)
        self._table = np.zeros(1 << (2 * most - 1).bit_length(), np.int64)
        self._pool = np.empty(options.head_pool // UNIT * UNIT, np.uint8)
        self._chunks = np.empty((options.tick_pool // 8 // (TIMES + 1), TIMES + 1), np.int64)
        self._state = np.zeros(STATE_SIZE, np.int64)
        self._state[[S_FREE, S_CHUNK_FREE]] = -1
        self._state[S_FREE0 : S_FREE0 + GRADES] = -1
        self._state[S_MARK] = options.sweep
        self._out = np.empty(BATCH_ROWS, OUT)
        self._out_heads = np.empty(BATCH_BYTES, np.uint8)
        self._out_ticks = np.empty(BATCH_TICKS + options.max_ticks, np.int64)
        self._hashes, self._counts = np.empty(AHEAD, np.int64), np.empty(most, np.int64)
        self._expected = np.zeros(BUCKETS * WAYS, EXPECTED)
        self._seed = secrets.randbits(32)
        self._batches: list[_Batch] = []

    @property
    def live(self) -> int:
        """Flows that have not ended."""
        return int(self._state[S_LIVE])

    @property
    def packets(self) -> int:
        """Packets taken so far."""
        return int(self._state[S_COUNT])

    @property
    def skipped(self) -> int:
        """Packets that could be of no flow: later fragments without ports."""
        return int(self._state[S_SKIPPED])

    def feed(self, packets: PacketTable) -> None:
        """Take a block of packets; its bytes are not needed afterwards."""
        self._run(packets)

    def finish(self) -> None:
        """End all flows, for :meth:`take`; the assembler is then as good as new."""
        self._state[S_MODE], self._state[S_AT] = SWEEP_ALL, 0
        self._run(_NOTHING)

    def rest(self) -> Iterator[tuple[FlowTable, Heads, Ticks]]:
        """End all flows and hand them over in parts, so that they never lie twice in memory all at once."""
        if ended := self.take():
            yield ended
        self._state[S_MODE], self._state[S_AT] = SWEEP_ALL, 0
        while self._state[S_MODE] != SWEEP_NONE:
            self._step(_NOTHING, 0)
            if ended := self.take():
                yield ended

    def take(self) -> tuple[FlowTable, Heads, Ticks] | None:
        """Hand over the flows that ended since the last call, in the order in which they ended; None where none did."""
        if not self._batches:
            return None
        batches, self._batches = self._batches, []
        return _tables(batches, self._source)

    def _run(self, packets: PacketTable) -> None:
        at = 0
        if not packets.rows.flags.c_contiguous:
            packets = replace(packets, rows=np.ascontiguousarray(packets.rows))
        while True:
            at = self._step(packets, at)
            if at >= len(packets) and self._state[S_MODE] == SWEEP_NONE:
                return

    def _step(self, packets: PacketTable, at: int) -> int:
        """One call of the kernel: until all packets are taken, all flows are swept, or there is no more room for ended ones."""
        at = assemble(
            packets.rows, at, packets.data, packets.late, self._flows, self._sides, self._table, self._pool, self._chunks, self._state, self._options,
            self._out, self._out_heads, self._out_ticks, self._seed, self._hashes, self._counts, self._expected,
        )  # fmt: skip
        self._keep_batch()
        return at

    def _keep_batch(self) -> None:
        """Keep what the kernel handed out; its records are then free for the next call, and of the room for heads what is behind them."""
        n, size, ticks = self._state[S_ROWS : S_TICKS + 1].tolist()
        if n:
            self._batches.append((Columns(self._out[:n]), self._out_heads[:size], self._out_ticks[:ticks].copy()))
            self._out_heads = self._out_heads[size:]
            if len(self._out_heads) < LEAST_BYTES:
                self._out_heads = np.empty(BATCH_BYTES, np.uint8)
            self._state[S_ROWS : S_TICKS + 1] = 0


def _tables(batches: list[_Batch], source: int) -> tuple[FlowTable, Heads, Ticks]:
    """Turn batches into the tables of the vocabulary; most often there is one, which is not copied."""
    columns, arena, times = batches[0]
    if len(batches) > 1:
        columns = joined([batch[0] for batch in batches], np.cumsum([0] + [len(batch[1]) for batch in batches[:-1]]))
        arena, times = (np.concatenate([batch[k] for batch in batches]) for k in (1, 2))
    n = len(columns)
    flows = FlowTable(**columns.named, source=np.full(n, source, np.int32), uid=np.zeros(n, "S24"))
    heads = Heads(columns.start, columns.length, columns.cuts, columns.flags, flows.proto, columns.sure, arena)
    return flows, heads, Ticks(columns.ticks, times)
