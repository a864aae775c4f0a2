"""The story on one page: inputs are read, decoded, folded into flows, identified, measured and judged.

Beside ``lookup``, the only module that imports rooms.

::

    Run(paths, settings)
      .batches() ── read ─► decode ─► flows (thread) ─► identify ─► verdicts ─► Batch, Batch, ...
                 └─ Zeek's logs: conn ─► flows and identities, joined with what the other logs say ─┘
      .whole()   all batches joined
    flow_rows(run)      columns for `pcapscan flows`
    beacon_rows(run)    columns for `pcapscan beacons`: group ─► measure
    host_document(run)  what `pcapscan attribute` writes: host events ─► join
    scan(run)           ReportDocument for `pcapscan scan`: group ─► measure (─► host events) ─► judge ─► suppress

Flows stream: a batch is handed on and forgotten, so that memory is bounded by live flows. Beacons and scan keep one row a flow.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from pcapscan import __version__, ahead
from pcapscan.errors import InputError
from pcapscan.findings import Coverage, Finding, InputReport, ReportDocument, Timing
from pcapscan.first import FOR_CAPTURES, FOR_LOGS
from pcapscan.flows import Assembler, Seen, addresses, community_ids
from pcapscan.flows.from_zeek import ZeekFacts, from_zeek
from pcapscan.identify import PROTOCOLS, Identifier, Weighed
from pcapscan.judge import attempts, expected_ports, verdicts
from pcapscan.kernels.together import compile_missing
from pcapscan.knowledge import Knowledge, load, load_indicators
from pcapscan.memory import give_back
from pcapscan.read import CAPTURES, HOST, ZEEK, CaptureReader, Input, Stream, ZeekReader, find_inputs, open_capture, open_zeek, sniff
from pcapscan.report.channel_rows import channel_columns
from pcapscan.report.columns import Columns
from pcapscan.report.flow_rows import flow_columns
from pcapscan.tables import (
    I8,
    I64,
    TRANSPORTS,
    VERDICTS,
    Channels,
    ChannelTable,
    EventTable,
    FirstFlows,
    FlowTable,
    Heads,
    IdentityTable,
    PacketTable,
    Ticks,
    Weights,
    ZeekConnTable,
)

if TYPE_CHECKING:
    from pcapscan import endpoint
    from pcapscan.decode import Decoder
    from pcapscan.measure import Lumps, Plots, Times
    from pcapscan.measure.lumps import Range
    from pcapscan.report.host_document import HostDocument

Progress = Callable[[str, int, int], None]
"""Told the input, the bytes done, and its size (0 where that is unknown)."""

SMALL_INPUT = 16 << 20
"""Plain inputs below this many bytes are read side by side, one a thread; arbitrary, a few blocks."""


LUMP_FROM = 200_000
"""Flows of logs that are kept row by row: some 60 MB; arbitrary."""


class Settings(Struct, frozen=True):
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
    facts : bool
        Work out what each side showed of itself (certificates, fingerprints ...), which row output does not hold.
    indicators : tuple of Path
        The user's lists of addresses, names and fingerprints.
    min_score : float
        Findings below are counted, not shown.
    now_ns : int
        The present, against which suppressions expire.
    max_findings : int or None
        None: as ``scoring.toml`` says.
    explain_suppress : bool
        Account for every suppression rule: what it hid, what it nearly hid.
    lump_from : int
        Flows of logs beyond which those alike are added up, so that memory grows with their kinds; not beside host events, which
        are joined flow by flow.
    hosts : bool
        Read host events; else their inputs are only named.
    time_offset : tuple of (host, seconds)
        What the user knows of clocks.
    """

    home_nets: tuple[str, ...] = ()
    knowledge: tuple[Path, ...] = ()
    indicators: tuple[Path, ...] = ()
    jobs: int = 2
    digest: bool = True
    facts: bool = True
    min_score: float = 0.0
    now_ns: int = 0
    max_findings: int | None = None
    explain_suppress: bool = False
    lump_from: int = LUMP_FROM
    hosts: bool = False
    time_offset: endpoint.Offsets = ()


class Batch(Struct, frozen=True):
    """Flows that ended, what they spoke, and whether it belongs there; row for row."""

    flows: FlowTable
    identities: IdentityTable
    verdicts: I8
    ticks: Ticks

    def __len__(self) -> int:
        return len(self.flows)


class _Ended(Struct):
    """What one capture's thread hands over."""

    flows: FlowTable
    heads: Heads
    ticks: Ticks
    weighed: Weighed | None = None


class Run:
    """One run over inputs: its batches, and the account of what became of every input.

    Attributes
    ----------
    inputs : list of Input
    reports : dict of int to InputReport
        By input index; complete once :meth:`batches` has ended, but for digests: those :meth:`accounts` adds.
    packets : int
    undecoded : Counter
        Packets that are part of no flow, by reason.
    compiling : callable or None
        Told how many kernels have to be compiled first, where any have.
    """

    def __init__(
        self,
        paths: Sequence[str],
        settings: Settings | None = None,
        progress: Progress | None = None,
        compiling: Callable[[int], None] | None = None,
    ) -> None:
        self.paths, self.settings = paths, settings or Settings()
        self.progress, self.compiling = progress, compiling
        self.inputs: list[Input] = find_inputs(paths)
        self.knowledge: Knowledge = load(self.settings.knowledge)
        self.zeek = ZeekFacts()
        self._seen = Seen()
        self._conn_logs: list[Input] = []
        self._late: list[tuple[Input, ZeekConnTable]] = []
        self._host_logs: list[Input] = []
        self._hosts: endpoint.Hosts | None = None
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._identifier: Identifier | None = None
        self.reports: dict[int, InputReport] = {}
        self._digests: dict[int, Callable[[], str]] = {}
        self.packets = 0
        self.undecoded: Counter[str] = Counter()

    @property
    def identifier(self) -> Identifier:
        """Names the protocols of packets; who reads logs only never asks for it."""
        with self._making:  # several threads may be the first to ask
            if self._identifier is None:
                self._identifier = Identifier(self.settings.facts)
            return self._identifier

    @property
    def hosts(self) -> endpoint.Hosts:
        """Host events; what joins them is loaded only where some are asked for."""
        from pcapscan import endpoint

        with self._making:
            if self._hosts is None:
                self._hosts = endpoint.Hosts()
            return self._hosts

    @property
    def names_packets(self) -> bool:
        """Whether any packets were there to be named."""
        return self._identifier is not None

    @property
    def sources(self) -> list[str]:
        """Input names by index."""
        return [i.path for i in self.inputs]

    @property
    def with_hosts(self) -> bool:
        """Whether host events are among the inputs, as far as these were looked into."""
        return bool(self._host_logs or (self._hosts is not None and self._hosts.inputs))

    @property
    def nothing_read(self) -> bool:
        """Whether not one input could be read."""
        return not any(r.kind not in ("unknown", "text") and (r.records or not r.errors) for r in self.reports.values())

    @property
    def partly_read(self) -> bool:
        """Whether some input could not be read, or not to its end."""
        return any(r.errors for r in self.reports.values())

    def batches(self) -> Iterator[Batch]:
        """Every flow of every input: captures in their order, then Zeek's conn logs, when what the other logs say is known."""
        for ended in ahead.in_order(self.inputs, self._small, self._ended, self.settings.jobs, self._weighed):
            identities = self.identifier.tell(ended.weighed or self.identifier.weigh(ended.heads))
            flows = ended.flows.swapped(identities.swap) if bool(identities.swap.any()) else ended.flows
            if len(self.inputs) > 1:  # a log may tell of the same traffic
                self._seen.add(flows)
            yield Batch(flows, identities, verdicts(flows, identities, self.knowledge, ended.heads.flags), ended.ticks)
        dropped: Counter[str] = Counter()
        for source, table in self._late:
            yield self.told(source, table, dropped)
        self.undecoded.update(dropped)
        for source in sorted(self._conn_logs, key=lambda i: i.index):
            yield from ahead.of(self._logged(source))
        for source in sorted(self._host_logs, key=lambda i: i.index):
            self._host_events(source)

    def _weighed(self, ended: _Ended) -> _Ended:
        """With the part of identification that knows no order done: by the thread that assembles, while it would wait."""
        return replace(ended, weighed=self.identifier.weigh(ended.heads))

    def _small(self, source: Input) -> bool:
        path = Path(source.path)
        return path.is_file() and path.stat().st_size < SMALL_INPUT and not _compressed(path)

    def _ended(self, source: Input) -> Iterator[_Ended]:
        """The ended flows of a capture; other logs than conn are read into facts; conn logs wait. What cannot be read is accounted for."""
        if source.problem:
            self._unread(source, source.problem)
            return
        try:
            stream = Stream(source, self.settings.digest)
        except InputError as error:
            self._unread(source, str(error))
            return
        try:
            kind = sniff(stream)
        except InputError as error:
            stream.close()
            self._unread(source, str(error), beside=source.path not in self.paths and _is_text(stream.head))
            return
        if kind in CAPTURES or kind in ZEEK:
            compile_missing(FOR_CAPTURES if kind in CAPTURES else FOR_LOGS, self.compiling)
        if kind in CAPTURES:
            yield from self._assembled(source, open_capture(stream))
        elif kind in ZEEK and b"conn_state" in stream.head and source.path != "-":
            stream.close()
            self._conn_logs.append(source)
        elif kind in ZEEK:
            yield from self._other_log(source, open_zeek(stream))
        elif not self.settings.hosts:
            stream.close()
            self.reports[source.index] = InputReport(
                source.path, kind, stream.compression, "", 0, None, None, 0, {"host events, which this command does not read": 1}
            )
        elif kind in HOST and Path(source.path).is_file():
            stream.close()
            self._host_logs.append(source)
        else:
            self.reports[source.index] = self.hosts.read(stream)

    def _assembled(self, source: Input, reader: CaptureReader) -> Iterator[_Ended]:
        from pcapscan.decode import Decoder  # its kernels are loaded only where packets are read

        decoder, assembler = Decoder(), Assembler(source.index)
        try:
            for packets in ahead.stage(self._packets(source, reader, decoder)):
                assembler.feed(packets)
                if ended := assembler.take():
                    yield _Ended(*ended)
            assembler.feed(decoder.finish())
            for ended in assembler.rest():
                yield _Ended(*ended)
        finally:
            self._told_of(source, reader)
            self.packets += assembler.packets
            self.undecoded.update(decoder.undecoded)

    def _packets(self, source: Input, reader: CaptureReader, decoder: Decoder) -> Iterator[PacketTable]:
        size = Path(source.path).stat().st_size if self.progress and Path(source.path).is_file() else 0
        for records in reader:
            yield decoder.decode(records)
            if self.progress is not None:
                self.progress(source.path, int(records.rows["offset"][-1]), size)

    def _other_log(self, source: Input, reader: ZeekReader) -> Iterator[_Ended]:
        """What a log beside conn says goes into the facts; conn rows that stand in it (or come from stdin) are judged by what is known."""
        waiting = []
        for table in reader:
            with self._lock:
                waiting.append(table) if isinstance(table, ZeekConnTable) else self.zeek.add(table)
        self._told_of(source, reader)
        self._late += [(source, table) for table in waiting]
        return iter(())

    def _logged(self, source: Input) -> Iterator[Batch]:
        """Flows of one conn log."""
        try:
            reader = open_zeek(source, digest=self.settings.digest)
        except InputError as error:
            self._unread(source, str(error))
            return
        dropped: Counter[str] = Counter()
        for table in reader:
            if isinstance(table, ZeekConnTable):
                yield self.told(source, table, dropped)
                if self.progress is not None:
                    self.progress(source.path, int(table.offset[-1]) if len(table) else 0, Path(source.path).stat().st_size)
            else:
                self.zeek.add(table)
        self._told_of(source, reader)
        self.undecoded.update(dropped)

    def told(self, source: Input, table: ZeekConnTable, dropped: Counter[str] | None = None) -> Batch:
        """Flows that rows of a conn log tell of, with what the other logs say; ``dropped`` counts those that are none."""
        flows, identities, lost = from_zeek(table, self.zeek, source.index, PROTOCOLS)
        again = self._seen.among(flows)
        if bool(again.any()):
            lost = {**lost, "in packets too, where it is counted": int(again.sum())}
            flows, identities = flows.take(~again), identities.take(~again)
        if dropped is not None:
            dropped.update(lost)
        ticks = Ticks(np.zeros(len(flows) + 1, np.int64), np.zeros(0, np.int64))
        return Batch(flows, identities, verdicts(flows, identities, self.knowledge), ticks)

    def _told_of(self, source: Input, reader: CaptureReader | ZeekReader) -> None:
        """Keep the account of what was read; its digest may still be in work."""
        self.reports[source.index] = reader.report(digest=False)
        self._digests[source.index] = reader.stream.digest

    def accounts(self) -> tuple[InputReport, ...]:
        """What became of every input, with its digest, for which this waits."""
        for index, digest in self._digests.items():
            self.reports[index] = replace(self.reports[index], sha256=digest())
        self._digests.clear()
        return tuple(self.reports[i] for i in sorted(self.reports))

    def _host_events(self, source: Input) -> None:
        try:
            self.reports[source.index] = self.hosts.read(Stream(source, self.settings.digest))
        except InputError as error:
            self._unread(source, str(error))

    def _unread(self, source: Input, problem: str, beside: bool = False) -> None:
        """Account for an input that no reader takes; a text that lies beside the evidence in a folder is no error."""
        said: dict[str, Any] = {"skipped": {"a text beside the evidence, not evidence": 1}} if beside else {"errors": (problem,)}
        self.reports[source.index] = InputReport(source.path, "text" if beside else "unknown", "", "", 0, None, None, 0, **said)

    def whole(self) -> Batch:
        """All batches joined."""
        return _joined(list(self.batches()), self)


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are plain text: a README or a recipe that lies beside the evidence."""
    try:
        text = head[:4096].decode("utf-8", "strict" if len(head) <= 4096 else "ignore")
    except UnicodeDecodeError:
        return False
    return bool(text) and all(c.isprintable() or c in "\t\r\n\f" for c in text)


def _compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (b"\x1f\x8b", b"\x28\xb5", b"\x04\x22", b"BZ", b"\xfd7")


class Measured(Struct, frozen=True):
    """Flows (of very many, one row for those alike), their channels, and the periodicity of these.

    Attributes
    ----------
    weights : Weights or None
        Where rows stand for several flows.
    texts : dict of int to str
        By channel what it is, where that was asked for and a period is claimed.
    said, spoken : Counter
        Flows by verdict, and by protocol (-1 none).
    times : callable
        Gives the times of a channel of which a period is claimed, and the window of the evidence.
    first_flows : callable or None
        As :attr:`pcapscan.judge.Context.first_flows`.
    """

    whole: Batch
    weights: Weights | None
    channels: Channels
    periods: ChannelTable
    texts: dict[int, str]
    said: Counter[int]
    spoken: Counter[int]
    times: Callable[[int], tuple[I64, tuple[int, int]]]
    first_flows: Callable[[I64], FirstFlows] | None = None


def measured(run: Run, every: bool | None = None, batches: Iterator[Batch] | None = None) -> Measured:
    """Read everything (or take these batches) and measure every channel; ``every`` asks for sentences, of all channels or of those with a period."""
    from pcapscan.measure import Lumps, group, measure  # its kernels are loaded only where something is measured

    kept: list[Batch] = []
    rows, lumps = 0, None
    for batch in run.batches() if batches is None else batches:
        kept.append(batch)
        rows += len(batch)
        if (
            lumps is None
            and rows > run.settings.lump_from
            and not run.with_hosts
            and all(b.identities.strings is run.zeek.strings for b in kept)
        ):
            lumps = Lumps()
        if lumps is not None:
            for b in kept:
                lumps.add(b.flows, b.identities, b.verdicts, attempts(b.flows, b.identities))
            kept.clear()
    if lumps is None:
        whole = _joined(kept, run)
        events, channels = group(whole.flows, whole.identities.server_name, whole.ticks)
        periods = measure(events, run.settings.jobs)
        said_of = dict(_sentences(events, periods, np.arange(len(periods)), every))
        return Measured(whole, None, channels, periods, said_of, *_told(whole, None), partial(_times, events))
    flows, identities, judged, weights = lumps.table()
    identities = _one_vocabulary([identities], run)
    channels = lumps.channels(flows, identities.server_name)
    periods, texts, times = _by_ranges(lumps, channels, every, run.settings.jobs)
    lumps.forget()
    whole = Batch(flows, identities, judged, Ticks(np.zeros(len(flows) + 1, np.int64), np.zeros(0, np.int64)))
    window = lumps.window
    return Measured(whole, weights, channels, periods, texts, *_told(whole, weights), lambda c: (times.of(c), window), lumps.first_flows)


def _by_ranges(lumps: Lumps, channels: Channels, every: bool | None, jobs: int) -> tuple[ChannelTable, dict[int, str], Times]:
    """Periodicity of all channels, a range at a time on each thread; sentences; the times of the channels of which a period is claimed."""
    from pcapscan.measure import Times, measure, ready

    def of(own: Range) -> tuple[I64, ChannelTable, list[tuple[int, str]], list[tuple[int, I64]]]:
        events = lumps.events(own, channels)
        periods = measure(events)
        claimed = np.flatnonzero(~np.isnan(periods.period_s)).tolist()
        times = [(int(own.channels[i]), events.time_ns[events.start[i] : events.start[i + 1]].copy()) for i in claimed]
        return own.channels, periods, _sentences(events, periods, own.channels, every), times

    ready()
    columns: dict[str, NDArray[Any]] = {}
    texts: dict[int, str] = {}
    kept = Times()
    for rows, periods, said, times in ahead.mapped(lumps.ranges(channels), of, jobs):
        for name in periods.columns():
            columns.setdefault(name, np.empty(len(channels), getattr(periods, name).dtype))[rows] = getattr(periods, name)
        texts.update(said)
        for channel, own in times:
            kept.put(channel, own)
    return ChannelTable(**columns), dict(sorted(texts.items())[:EXPLAINED]), kept


def _sentences(events: EventTable, periods: ChannelTable, rows: I64, every: bool | None) -> list[tuple[int, str]]:
    """What the channels are, or those with a period; None: nobody asked."""
    from pcapscan.measure import explain

    if every is None:
        return []
    asked = np.arange(len(periods)) if every else np.flatnonzero(~np.isnan(periods.period_s))
    return [(int(rows[i]), explain(events, periods, int(i))) for i in asked[:EXPLAINED]]


def _times(events: EventTable, channel: int) -> tuple[I64, tuple[int, int]]:
    return events.time_ns[events.start[channel] : events.start[channel + 1]], events.window


def _told(whole: Batch, weights: Weights | None) -> tuple[Counter[int], Counter[int]]:
    """Flows by verdict, and by protocol."""
    counts: list[Counter[int]] = []
    for codes in (whole.verdicts, whole.identities.protocol):
        many = np.bincount(codes.astype(np.int64) + 1, None if weights is None else weights.count)  # -1 is a code, too
        counts.append(Counter({int(k) - 1: int(many[k]) for k in np.flatnonzero(many)}))
    return counts[0], counts[1]


def beacon_rows(run: Run, every: bool = False) -> Columns:
    """Columns of ``pcapscan beacons``, by score, the highest first; ``every`` keeps channels without a period."""
    m = measured(run, every)
    order = np.lexsort((np.arange(len(m.periods)), m.periods.false_alarm, -m.periods.score))
    if not every:
        order = order[~np.isnan(m.periods.period_s[order])]
    channels, periods = m.channels.take(order), m.periods.take(order)
    return channel_columns(
        channels, periods, names=m.whole.identities.strings,
        orig_h=addresses(channels.orig_hi, channels.orig_lo), resp_h=addresses(channels.resp_hi, channels.resp_lo),
        text=[m.texts[int(i)] for i in order] if len(order) <= len(m.texts) else None,
    )  # fmt: skip


def host_document(run: Run) -> HostDocument:
    """Every host network event, and the flow that it is of."""
    from pcapscan import endpoint
    from pcapscan.report.host_document import HostDocument  # it loads polars and rich

    kept = [batch.flows for batch in run.batches()]
    flows, events = FlowTable.concat(kept) if kept else FlowTable.empty(), run.hosts.events()
    flows = FlowTable.concat([flows, endpoint.records(flows, events)])
    joined = endpoint.joined(flows, events, run.settings.time_offset)
    return HostDocument(
        tool={"name": "pcapscan", "version": __version__}, inputs=run.accounts(),
        columns=endpoint.event_columns(joined, run.sources), outcomes=endpoint.outcomes(joined), hosts=endpoint.hosts_told(joined),
        notes=joined.notes, flows=len(flows),
    )  # fmt: skip


EXPLAINED = 10_000
"""Channels up to which each row carries its sentence; arbitrary, some tenths of a second."""


PICTURED = 200
"""Findings, the highest scores first, that carry pictures of their timing; arbitrary, more than anybody looks at, some tens of milliseconds."""


def pictured(found: list[Finding], channels: Sequence[int], m: Measured) -> list[Finding]:
    """The findings, the first of them with pictures of their channel's timing where a period is claimed."""
    from pcapscan.measure import drawn

    asked = [k for k, f in enumerate(found[:PICTURED]) if f.period_s is not None and channels[k] >= 0]
    found = list(found)
    for k in asked:
        if (period := found[k].period_s) is not None:
            found[k] = replace(found[k], timing=_timing(drawn(*m.times(channels[k]), period)))
    return found


def _timing(drawn: Plots) -> Timing:
    ends = drawn.interval_s[[0, -1]] if len(drawn.interval_s) else np.zeros(2)
    return Timing(
        begin_ns=int(drawn.timeline_ns[0]), end_ns=int(drawn.timeline_ns[-1]), timeline=tuple(drawn.timeline.tolist()),
        interval_from_s=float(ends[0]), interval_to_s=float(ends[1]), intervals=tuple(drawn.intervals.tolist()),
        period_s=drawn.period_s, fold=tuple(drawn.fold.tolist()),
    )  # fmt: skip


def scan(run: Run, batches: Iterator[Batch] | None = None) -> ReportDocument:
    """Everything, from inputs (or from batches of them that were read before) to the ranked answer."""
    document = _scan(run, batches)
    if not run.names_packets:  # a report is many small things, which would be laid beside what tables of long logs leave free
        give_back()
    return document


def _emptied(items: list[Batch]) -> Iterator[Batch]:
    """The items, each forgotten when it is handed on."""
    while items:
        yield items.pop(0)


def _scan(run: Run, batches: Iterator[Batch] | None) -> ReportDocument:
    batches = run.batches() if batches is None else batches
    first = list(islice(batches, 1))  # what measures and judges is loaded while the next batches are made
    from pcapscan.judge import Context, account, excused, judge, port_change, suppress, suppression_notes

    m = measured(run, batches=chain(_emptied(first), batches))
    beside: endpoint.Beside | None = None
    processes, changes = None, []
    if run.with_hosts and len(events := run.hosts.events()):
        from pcapscan import endpoint

        beside = endpoint.beside(m.whole.flows, events, run.settings.time_offset)
        m = _extended(run, m, beside)
        processes = endpoint.processes(beside, m.whole.identities, run.sources, run.settings.knowledge)
        changes = endpoint.port_changes(beside, m.whole.identities, run.sources)
    context = Context(
        home=run.settings.home_nets, sources=run.sources, max_findings=run.settings.max_findings, processes=processes,
        indicators=load_indicators(run.settings.indicators) if run.settings.indicators else None, weights=m.weights,
        first_flows=m.first_flows,
    )  # fmt: skip
    judged = judge(m.whole.flows, m.whole.identities, m.whole.verdicts, m.channels, m.periods, run.knowledge, context)
    found = [*pictured(judged.findings, judged.channels, m), *port_change(changes, run.knowledge)]
    found, excused_ = excused(sorted(found, key=lambda f: (-f.score, f.first_ns, f.id)))
    kept, hidden = suppress(found, run.knowledge.suppressions, run.settings.now_ns)
    shown = [f for f in kept if f.score >= run.settings.min_score]
    told = ("no endpoint data: no process is named",) if beside is None else endpoint.said(beside)
    notes = (*judged.notes, *suppression_notes(run.knowledge.suppressions, run.settings.now_ns), *told)
    return ReportDocument(
        tool={"name": "pcapscan", "version": __version__, },
        options={
            "home_nets": list(run.settings.home_nets), "min_score": run.settings.min_score,
            "knowledge": [str(p) for p in run.settings.knowledge], "indicators": [str(p) for p in run.settings.indicators],
        },
        inputs=run.accounts(),
        coverage=_coverage(run, m, len(kept) - len(shown), notes, () if beside is None else endpoint.hosts_told(beside.joined)),
        findings=tuple(shown),
        suppressed=(*hidden, *excused_),
        explained=account(found, run.knowledge.suppressions, run.settings.now_ns) if run.settings.explain_suppress else (),
    )  # fmt: skip


def _extended(run: Run, m: Measured, beside: endpoint.Beside) -> Measured:
    """With the flows that host events alone tell of behind the others; they are measured by themselves, since clocks may lie years apart."""
    from pcapscan import endpoint
    from pcapscan.measure import group, measure

    n, flows = len(m.whole), beside.joined.flows
    identities = IdentityTable.concat([m.whole.identities, endpoint.blank(beside.added, m.whole.identities)])
    judged = np.concatenate([m.whole.verdicts, np.zeros(beside.added, np.int8)])
    ticks = Ticks(np.append(m.whole.ticks.start, np.full(beside.added, m.whole.ticks.start[-1])), m.whole.ticks.time_ns)
    events, more = group(flows.take(np.arange(n, n + beside.added)))
    more = replace(more, flow_start=more.flow_start + len(m.channels.flow_index), flow_index=more.flow_index + n)
    start = np.append(m.channels.flow_start[:-1], more.flow_start)
    index = np.append(m.channels.flow_index, more.flow_index)
    channels = Channels.concat([m.channels, more])
    return replace(
        m, whole=Batch(flows, identities, judged, ticks), channels=replace(channels, flow_start=start, flow_index=index),
        periods=ChannelTable.concat([m.periods, measure(events, run.settings.jobs)]),
        times=lambda c: m.times(c) if c < len(m.channels) else _times(events, c - len(m.channels)),
    )  # fmt: skip


def _coverage(run: Run, m: Measured, below: int, notes: tuple[str, ...], hosts: tuple[dict[str, Any], ...]) -> Coverage:
    names = m.whole.identities.names
    return Coverage(
        packets=run.packets,
        flows=sum(m.said.values()),
        channels=len(m.channels),
        undecoded=dict(sorted(run.undecoded.items())),
        verdicts={word: m.said[code] for code, word in enumerate(VERDICTS) if m.said[code]},
        protocols={name: m.spoken[code] for code, name in enumerate(("-", *names), -1) if m.spoken[code]},
        below_score=below,
        notes=notes,
        hosts=hosts,
    )


def flow_rows(run: Run) -> Iterator[Columns]:
    """Columns of ``pcapscan flows``, batch by batch, made ahead of their writer."""
    return ahead.stage(_flow_rows(run))


def _flow_rows(run: Run) -> Iterator[Columns]:
    """Columns of ``pcapscan flows``, batch by batch; one without a row where there is no flow at all, so that a table has its columns."""
    batches = run.batches()
    first = next(batches, None)
    for batch in chain([_joined([], run) if first is None else first], batches):
        flows, code = batch.flows, batch.identities.protocol.astype(np.int64)
        expected, row_of = _expected(batch.identities.names, run.knowledge)
        row = np.where(code >= 0, row_of[code, _TRANSPORT_ROW[flows.proto]], -1)
        yield flow_columns(
            flows, batch.identities, batch.verdicts,
            orig_h=addresses(flows.orig_hi, flows.orig_lo), resp_h=addresses(flows.resp_hi, flows.resp_lo),
            community_id=community_ids(flows), expected=expected, expected_row=row, sources=run.sources,
        )  # fmt: skip


_TRANSPORT_ROW = np.full(256, len(TRANSPORTS), np.int64)
_TRANSPORT_ROW[list(TRANSPORTS)] = np.arange(len(TRANSPORTS))


@lru_cache(maxsize=8)
def _expected(names: tuple[str, ...], knowledge: Knowledge) -> tuple[list[list[int]], I64]:
    """Distinct lists of expected ports, and for (protocol code, transport) which of them."""
    homes = expected_ports(names, knowledge)
    lists: dict[tuple[int, ...], int] = {(): 0}
    rows = np.zeros((len(names), len(TRANSPORTS) + 1), np.int64)
    for code, name in enumerate(names):
        for proto in TRANSPORTS:
            rows[code, _TRANSPORT_ROW[proto]] = lists.setdefault(homes.get((name, proto), ()), len(lists))
    return [list(ports) for ports in lists], rows


def _nothing() -> tuple[FlowTable, Heads, Ticks]:
    """Tables without a row."""
    heads = Heads(
        np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int32), np.zeros((0, 2, 4), np.int32), np.zeros((0, 2), np.uint8),
        np.zeros(0, np.uint8), np.zeros(0, np.bool_), np.zeros(0, np.uint8),
    )  # fmt: skip
    return FlowTable.empty(), heads, Ticks(np.zeros(1, np.int64), np.zeros(0, np.int64))


def _joined(parts: list[Batch], run: Run) -> Batch:
    if not parts:
        flows, heads, ticks = _nothing()
        return Batch(flows, run.identifier.identify(heads), np.zeros(0, np.int8), ticks)
    ends = np.cumsum([0] + [len(p.ticks.time_ns) for p in parts])
    ticks = Ticks(
        np.concatenate([np.zeros(1, np.int64), *(p.ticks.start[1:] + at for p, at in zip(parts, ends, strict=False))]),
        np.concatenate([p.ticks.time_ns for p in parts]),
    )
    return Batch(
        FlowTable.concat([p.flows for p in parts]),
        _one_vocabulary([p.identities for p in parts], run),
        np.concatenate([p.verdicts for p in parts]),
        ticks,
    )


def _one_vocabulary(parts: list[IdentityTable], run: Run) -> IdentityTable:
    """Join identities of packets and of logs: the logs' protocols extend the packets', their texts and facts stand behind these."""
    names = max((p.names for p in parts), key=len)
    zeek = run.zeek
    before = (len(run.identifier.strings), len(run.identifier.facts)) if run.names_packets else (0, 0)
    strings, facts = ([*run.identifier.strings], [*run.identifier.facts]) if any(before) else ([], [])
    strings += zeek.strings
    facts += zeek.facts
    moved = []
    for part in parts:
        columns: dict[str, Any] = {}
        for name, shift in (
            ("server_name", before[0]),
            ("orig_facts", before[1]),
            ("resp_facts", before[1]),
        ):
            column = getattr(part, name)
            columns[name] = np.where(column >= 0, column + shift, -1).astype(np.int32) if part.strings is zeek.strings else column
        moved.append(replace(part, names=names, strings=strings, facts=facts, **columns))
    return IdentityTable.concat(moved) if len(moved) > 1 else moved[0]
