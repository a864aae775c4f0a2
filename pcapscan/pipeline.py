"""The story on one page: inputs are read, decoded, folded into flows, identified, measured and judged; the only module that
imports rooms.

::

    Run(paths, settings)
      .batches() ── read+decode (thread) ─► flows (thread) ─► identify ─► verdicts ─► Batch, Batch, ...
      .whole()   all batches joined
    flow_rows(run)      columns for `pcapscan flows`
    beacon_rows(run)    columns for `pcapscan beacons`
    scan(run)           ReportDocument for `pcapscan scan`

Flows stream: a batch is handed on and forgotten, so that memory is bounded by live flows. Beacons and scan keep one row a flow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pcapscan import ahead
from pcapscan.decode import Decoder
from pcapscan.errors import InputError
from pcapscan.findings import InputReport
from pcapscan.flows import Assembler, addresses, community_ids
from pcapscan.identify import PROTOCOLS, Identifier
from pcapscan.judge.verdict import expected_ports, verdicts
from pcapscan.knowledge import Knowledge, load
from pcapscan.read import CAPTURES, Input, Stream, find_inputs, open_capture, sniff
from pcapscan.report.flow_rows import flow_columns
from pcapscan.report.rows import Columns
from pcapscan.tables import I8, I64, TRANSPORTS, U8, FlowTable, Heads, IdentityTable, PacketTable, Ticks

Progress = Callable[[str, int, int], None]
"""Told the input, the bytes done, and its size (0 where that is unknown)."""

SMALL_CAPTURE = 16 << 20
"""Plain captures below this many bytes are assembled side by side, one a thread; arbitrary, a few blocks."""


@dataclass(frozen=True)
class Settings:
    """What a user may set; the defaults are the command line's.

    Attributes
    ----------
    home_nets : tuple of str
        Networks that count as inside, beside private space.
    knowledge : tuple of Path
        Folders laid over the shipped knowledge.
    jobs : int
        Captures assembled at once.
    digest : bool
        Compute the SHA-256 of every input.
    """

    home_nets: tuple[str, ...] = ()
    knowledge: tuple[Path, ...] = ()
    jobs: int = 2
    digest: bool = True


@dataclass(frozen=True)
class Batch:
    """Flows that ended, what they spoke, and whether it belongs there; row for row."""

    flows: FlowTable
    identities: IdentityTable
    verdicts: I8
    ticks: Ticks
    head_flags: U8

    def __len__(self) -> int:
        return len(self.flows)


@dataclass
class _Ended:
    """What one capture's thread hands over."""

    flows: FlowTable
    heads: Heads
    ticks: Ticks


@dataclass
class Run:
    """One run over inputs: its batches, and the account of what became of every input.

    Attributes
    ----------
    inputs : list of Input
    reports : dict of int to InputReport
        By input index; complete once :meth:`batches` has ended.
    packets : int
    undecoded : Counter
        Packets that are part of no flow, by reason.
    """

    paths: Sequence[str]
    settings: Settings = field(default_factory=Settings)
    progress: Progress | None = None

    def __post_init__(self) -> None:
        self.inputs: list[Input] = find_inputs(self.paths)
        self.knowledge: Knowledge = load(self.settings.knowledge)
        self.identifier = Identifier()
        self.reports: dict[int, InputReport] = {}
        self.packets = 0
        self.undecoded: Counter[str] = Counter()

    @property
    def sources(self) -> list[str]:
        """Input names by index."""
        return [i.path for i in self.inputs]

    @property
    def nothing_read(self) -> bool:
        """Whether not one input could be read."""
        return not any(r.kind != "unknown" and (r.records or not r.errors) for r in self.reports.values())

    @property
    def partly_read(self) -> bool:
        """Whether some input could not be read, or not to its end."""
        return any(r.errors for r in self.reports.values())

    def batches(self) -> Iterator[Batch]:
        """Every flow of every input, in the order of the inputs and, within one, of their ends."""
        for ended in ahead.in_order(self.inputs, self._small, self._assembled, self.settings.jobs):
            identities = self.identifier.identify(ended.heads)
            flows = ended.flows.swapped(identities.swap) if bool(identities.swap.any()) else ended.flows
            codes = verdicts(flows, identities, self.knowledge, ended.heads.flags)
            yield Batch(flows, identities, codes, ended.ticks, ended.heads.flags)

    def _small(self, source: Input) -> bool:
        path = Path(source.path)
        return path.is_file() and path.stat().st_size < SMALL_CAPTURE and not _compressed(path)

    def _assembled(self, source: Input) -> Iterator[_Ended]:
        """The ended flows of one input; what cannot be read is accounted for, not raised."""
        if source.problem:
            self._unread(source, source.problem)
            return
        try:
            stream = Stream(source, self.settings.digest)
            kind = sniff(stream)
        except InputError as error:
            self._unread(source, str(error))
            return
        if kind not in CAPTURES:
            stream.close()
            self._unread(source, f"{source.path}: {kind} input is not read by this command")
            return
        reader = open_capture(stream)
        decoder = Decoder()
        assembler = Assembler(source.index)
        try:
            for packets in ahead.of(self._packets(source, reader, decoder)):
                assembler.feed(packets)
                if ended := assembler.take():
                    yield _Ended(*ended)
            assembler.feed(decoder.finish())
            assembler.finish()
            if ended := assembler.take():
                yield _Ended(*ended)
        finally:
            self.reports[source.index] = reader.report()
            self.packets += assembler.packets
            self.undecoded.update(decoder.undecoded)

    def _packets(self, source: Input, reader: object, decoder: Decoder) -> Iterator[PacketTable]:
        size = Path(source.path).stat().st_size if self.progress and Path(source.path).is_file() else 0
        for records in reader:  # type: ignore[attr-defined]
            yield decoder.decode(records)
            if self.progress is not None:
                self.progress(source.path, int(records.rows["offset"][-1]), size)

    def _unread(self, source: Input, problem: str) -> None:
        self.reports[source.index] = InputReport(source.path, "unknown", "", "", 0, None, None, 0, errors=(problem,))

    def whole(self) -> Batch:
        """All batches joined."""
        return _joined(list(self.batches()), self.identifier)


def _compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (b"\x1f\x8b", b"\x28\xb5", b"\x04\x22", b"BZ", b"\xfd7")


def flow_rows(run: Run) -> Iterator[Columns]:
    """Columns of ``pcapscan flows``, batch by batch."""
    expected, row_of = _expected(run)
    for batch in run.batches():
        flows, code = batch.flows, batch.identities.protocol.astype(np.int64)
        row = np.where(code >= 0, row_of[code, _TRANSPORT_ROW[flows.proto]], -1)
        yield flow_columns(
            flows, batch.identities, batch.verdicts,
            orig_h=addresses(flows.orig_hi, flows.orig_lo), resp_h=addresses(flows.resp_hi, flows.resp_lo),
            community_id=community_ids(flows), expected=expected, expected_row=row, sources=run.sources,
        )  # fmt: skip


_TRANSPORT_ROW = np.full(256, len(TRANSPORTS), np.int64)
_TRANSPORT_ROW[list(TRANSPORTS)] = np.arange(len(TRANSPORTS))


def _expected(run: Run) -> tuple[list[list[int]], I64]:
    """Distinct lists of expected ports, and for (protocol code, transport) which of them."""
    homes = expected_ports(PROTOCOLS, run.knowledge)
    lists: dict[tuple[int, ...], int] = {(): 0}
    rows = np.zeros((len(PROTOCOLS), len(TRANSPORTS) + 1), np.int64)
    for code, name in enumerate(PROTOCOLS):
        for proto in TRANSPORTS:
            rows[code, _TRANSPORT_ROW[proto]] = lists.setdefault(homes.get((name, proto), ()), len(lists))
    return [list(ports) for ports in lists], rows


def _nothing() -> tuple[FlowTable, Heads, Ticks]:
    """Tables without a row."""
    assembler = Assembler(0)
    return assembler.nothing()


def _joined(parts: list[Batch], identifier: Identifier) -> Batch:
    if not parts:
        flows, heads, ticks = _nothing()
        return Batch(flows, identifier.identify(heads), np.zeros(0, np.int8), ticks, heads.flags)
    ends = np.cumsum([0] + [len(p.ticks.time_ns) for p in parts])
    ticks = Ticks(
        np.concatenate([np.zeros(1, np.int64), *(p.ticks.start[1:] + at for p, at in zip(parts, ends, strict=False))]),
        np.concatenate([p.ticks.time_ns for p in parts]),
    )
    return Batch(
        FlowTable.concat([p.flows for p in parts]),
        IdentityTable.concat([p.identities for p in parts]),
        np.concatenate([p.verdicts for p in parts]),
        ticks,
        np.concatenate([p.head_flags for p in parts]),
    )
