"""The vocabulary: every table that passes through a door, each column with its dtype, unit and meaning of absence.

A table is a frozen record of numpy arrays of one length, checked once when it is made. Times are int64 nanoseconds since
1970 UTC. Direction is ``orig``/``resp``. An address is two uint64 words, high and low, IPv4 mapped into IPv6
(``::ffff:a.b.c.d``). Ports are uint16 in host order. Absence is typed: NaN, or a code that its column names (-1 for an index);
never 0, never "-".

Sides are numbered: 0 is the originator, 1 the responder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from json import loads
from typing import Any, ClassVar, Self

import numpy as np
from msgspec import Struct, field
from msgspec.structs import asdict, replace
from numpy.typing import NDArray

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I16 = NDArray[np.int16]
I8 = NDArray[np.int8]
U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

TCP, UDP, SCTP, ICMP, ICMP6 = 6, 17, 132, 1, 58
TRANSPORTS = {TCP: "tcp", UDP: "udp", SCTP: "sctp", ICMP: "icmp", ICMP6: "icmp"}

CONN_STATES = ("S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH")
"""Zeek's connection states; ``FlowTable.state`` is an index here. UDP and ICMP: SF both sides spoke, S0 only the originator,
SHR only the responder. https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html"""

ORIG_BASES = ("handshake", "answer", "content", "port", "first", "zeek")
"""How the originator is known: it sent the SYN; its peer sent the SYN-ACK; what was said tells client from server; the other port is
privileged or far lower (only for flows that begin mid-stream); it spoke first; Zeek says so. ``FlowTable.orig_basis`` indexes this."""

TUNNELS = ("", "ipip", "6in4", "gre", "nvgre", "erspan", "vxlan", "geneve", "gtpu", "teredo", "zeek", "other")
"""Innermost tunnel around a flow; ``FlowTable.tunnel`` is an index here, 0 where there is none."""

BASES = ("", "both", "orig", "resp", "zeek", "control")
"""Whose bytes named the protocol, or whose word: Zeek's, a control channel's. ``IdentityTable.basis`` is an index here, 0 where nothing was
named."""

VERDICTS = ("none", "expected", "unexpected_port", "wrong_protocol", "unknown_on_reserved", "fake", "unknown")
"""One word for a flow; verdict columns are indices here. ``none``: no payload."""

FAKES = ("", "hello_malformed", "hello_empty", "no_hello", "no_handshake", "impossible_length", "impossible_choice", "answered_by_junk")
"""What failed where bytes look like TLS and are not; ``IdentityTable.fake`` is an index here, 0 where nothing is faked."""

HEAD_MIDSTREAM, HEAD_GAP, HEAD_CAPPED, HEAD_SNAPPED, HEAD_ANNOUNCED, HEAD_ANNOUNCED_TLS = 1, 2, 4, 8, 16, 32
"""Bits of ``Heads.flags``: the beginning was not captured; bytes after the head are missing though later ones were seen; there was
more than is kept; a packet in the head was cut by the snaplen; an FTP control channel announced this side's endpoint for a data connection;
and that channel's client had asked for TLS."""


class Table(Struct, frozen=True, eq=False):
    """Base of all tables: equal lengths checked, rows taken, tables joined end to end."""

    asides: ClassVar[tuple[str, ...]] = ()
    """Fields that are no columns (an arena, a vocabulary)."""

    def __post_init__(self) -> None:
        sizes = {name: len(getattr(self, name)) for name in self.columns()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"{type(self).__name__}: columns differ in length: {sizes}")

    @classmethod
    @cache
    def columns(cls) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        return tuple(name for name in cls.__struct_fields__ if name not in cls.asides)

    def __len__(self) -> int:
        return len(getattr(self, self.columns()[0]))

    def take(self, rows: NDArray[Any]) -> Self:
        """Rows by index or mask; what is not a column (a vocabulary, an arena) is shared."""
        return replace(self, **{name: getattr(self, name)[rows] for name in self.columns()})

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """Join tables end to end; what is not a column must be the same object or equal in all of them."""
        if not parts:
            raise ValueError("nothing to join")
        return replace(parts[0], **{name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.columns()})


RECORD = np.dtype(
    [
        ("time_ns", "i8"),  # when the packet was captured
        ("start", "i8"),  # where its bytes begin in RecordTable.data
        ("number", "i8"),  # packet number in its input, from 1, as Wireshark counts
        ("offset", "i8"),  # where the record begins in the (uncompressed) input
        ("caplen", "i4"),  # bytes captured
        ("wirelen", "i4"),  # bytes on the wire
        ("link", "i4"),  # LINKTYPE_ number, https://www.tcpdump.org/linktypes.html
        ("interface", "i4"),  # pcapng interface id; 0 in pcap
    ],
    align=True,
)
"""One captured record."""

PACKET = np.dtype(
    [
        ("src_hi", "u8"), ("src_lo", "u8"), ("dst_hi", "u8"), ("dst_lo", "u8"),  # innermost addresses
        ("time_ns", "i8"), ("number", "i8"), ("offset", "i8"),  # as in RECORD
        ("start", "i8"),  # where the transport payload begins in PacketTable.data, beyond it in PacketTable.late
        ("caplen", "i4"),  # payload bytes captured
        ("paylen", "i4"),  # payload bytes on the wire, by the IP and transport headers
        ("iplen", "i4"),  # length of the innermost IP packet
        ("seq", "u4"), ("ack", "u4"),  # TCP; SCTP: verification tag in seq
        ("src_p", "u2"), ("dst_p", "u2"),  # ICMP: type and code, as Zeek writes them
        ("vlan", "u2"),  # innermost VLAN id, 0xFFFF where there is none
        ("tunnel", "u1"),  # index in TUNNELS
        ("flags", "u1"),  # TCP flags, low eight bits
        ("proto", "u1"),  # IP protocol number
        ("marks", "u1"),  # PACKET_* bits below
        ("tunnel_id", "u4"),  # VNI, TEID, GRE key; 0 where the tunnel has none
        ("window", "u2"),
    ],
    align=True,
)  # fmt: skip
"""One decoded packet, its innermost conversation."""

PACKET_FRAGMENT, PACKET_REASSEMBLED, PACKET_SNAPPED, PACKET_BAD_IP = 1, 2, 4, 8
"""Bits of ``marks``: a later fragment without ports; put together from fragments; payload cut by the snaplen; IP length impossible,
bytes taken as captured."""


class RecordTable(Struct, frozen=True, eq=False):
    """A block of captured records.

    Attributes
    ----------
    rows : RECORD[n]
        Ascending by ``number``; times may step back.
    data : uint8[m]
        The block's bytes. Valid until the next block is asked for.
    """

    rows: NDArray[np.void]
    data: U8

    def __len__(self) -> int:
        return len(self.rows)


class PacketTable(Struct, frozen=True, eq=False):
    """The decoded packets of a block.

    Attributes
    ----------
    rows : PACKET[n]
        In the order of the records; records that hold no flow packet are absent (and counted by the decoder).
    data : uint8[m]
        What ``start`` points into: the record block's bytes.
    late : uint8[l]
        Bytes of datagrams put together from fragments: what ``start`` points into from ``m`` on, ``late[0]`` being at ``m``.
    """

    rows: NDArray[np.void]
    data: U8
    late: U8 = field(default_factory=lambda: np.empty(0, np.uint8))

    def __len__(self) -> int:
        return len(self.rows)


class FlowTable(Table, frozen=True):
    """One row a flow, both directions.

    Attributes
    ----------
    first_ns, last_ns : int64[n]
        First and last packet (Zeek: ``ts``, ``ts + duration``).
    orig_hi, orig_lo, resp_hi, resp_lo : uint64[n]
    orig_p, resp_p : uint16[n]
    proto : uint8[n]
        IP protocol number; :data:`TRANSPORTS` names it.
    state : int8[n]
        Index in :data:`CONN_STATES`.
    orig_basis : int8[n]
        Index in :data:`ORIG_BASES`.
    orig_pkts, resp_pkts : int64[n]
    orig_bytes, resp_bytes : int64[n]
        Payload bytes on the wire, counted once (no retransmissions) for TCP where sequence numbers tell; -1 unknown (Zeek `-`).
    tunnel : uint8[n]
        Index in :data:`TUNNELS`.
    tunnel_id : uint32[n]
    vlan : uint16[n]
        0xFFFF where there is none.
    source : int32[n]
        Index of the input.
    number, offset : int64[n]
        Evidence: packet number of the flow's first packet and the byte where its record begins (logs: line, byte); -1 unknown.
    orig_number, orig_offset, resp_number, resp_offset : int64[n]
        Evidence: the same for the first packet with payload of each side; -1 where the side sent none (or unknown).
    uid : bytes S24[n]
        Zeek's uid; empty where there is none.
    """

    first_ns: I64
    last_ns: I64
    orig_hi: U64
    orig_lo: U64
    resp_hi: U64
    resp_lo: U64
    orig_p: U16
    resp_p: U16
    proto: U8
    state: I8
    orig_basis: I8
    orig_pkts: I64
    resp_pkts: I64
    orig_bytes: I64
    resp_bytes: I64
    tunnel: U8
    tunnel_id: U32
    vlan: U16
    source: I32
    number: I64
    offset: I64
    orig_number: I64
    orig_offset: I64
    resp_number: I64
    resp_offset: I64
    uid: NDArray[np.bytes_]

    @classmethod
    def empty(cls) -> FlowTable:
        """A table without a row."""
        kinds = {"uid": "S24"} | {
            name: dtype
            for dtype, names in (
                ("u8", "orig_hi orig_lo resp_hi resp_lo"), ("u2", "orig_p resp_p vlan"), ("u1", "proto tunnel"), ("i1", "state orig_basis"),
                ("u4", "tunnel_id"), ("i4", "source"),
            )
            for name in names.split()
        }  # fmt: skip
        return cls(**{name: np.zeros(0, kinds.get(name, "i8")) for name in cls.columns()})

    def swapped(self, rows: Bool) -> FlowTable:
        """The table with originator and responder exchanged in the masked rows (their basis becomes ``content``)."""
        values = asdict(self)
        for a, b in (
            ("orig_hi", "resp_hi"), ("orig_lo", "resp_lo"), ("orig_p", "resp_p"), ("orig_pkts", "resp_pkts"),
            ("orig_bytes", "resp_bytes"), ("orig_number", "resp_number"), ("orig_offset", "resp_offset"),
        ):  # fmt: skip
            values[a], values[b] = np.where(rows, values[b], values[a]), np.where(rows, values[a], values[b])
        values["state"] = np.where(rows, _SWAPPED_STATE[values["state"]], values["state"]).astype(np.int8)
        values["orig_basis"] = np.where(rows, ORIG_BASES.index("content"), values["orig_basis"]).astype(np.int8)
        return FlowTable(**values)


def _swapped_states() -> I8:
    pairs = {"RSTO": "RSTR", "RSTR": "RSTO", "S2": "S3", "S3": "S2", "S0": "SHR", "SHR": "S0", "RSTOS0": "RSTRH", "RSTRH": "RSTOS0"}
    return np.array([CONN_STATES.index(pairs.get(s, s)) for s in CONN_STATES], np.int8)


_SWAPPED_STATE = _swapped_states()


class Heads(Table, frozen=True):
    """The first bytes of each side of each flow, in sequence order.

    Attributes
    ----------
    start : int64[n, 2]
        Where the side's bytes begin in ``arena``.
    length : int32[n, 2]
        How many; 0 where the side sent nothing (or nothing was captured). Behind them, ``arena`` holds more bytes or padding.
    cuts : int32[n, 2, 4]
        UDP and SCTP: ends of the first four datagrams within the head, ascending, -1 where there are fewer. TCP: ends of the
        first four segments in order of arrival, as a hint; do not rely on it (segments may come in any cut).
    flags : uint8[n, 2]
        HEAD_* bits.
    proto : uint8[n]
        IP protocol number.
    sure : bool[n]
        Whether the originator is known from the handshake; if not, :func:`pcapscan.identify.identify` may exchange the sides.
    arena : uint8[m]
    """

    start: I64
    length: I32
    cuts: I32
    flags: U8
    proto: U8
    sure: Bool
    arena: U8

    asides = ("arena",)


class Ticks(Struct, frozen=True, eq=False):
    """Times inside flows: when a side spoke again after at least a second of silence (a beacon within one connection).

    Attributes
    ----------
    start : int64[n + 1]
        Row ``i`` of the flow table owns ``time_ns[start[i]:start[i + 1]]``; most flows own none.
    time_ns : int64[m]
    """

    start: I64
    time_ns: I64


class IdentityTable(Table, frozen=True):
    """What each flow spoke, and how that is known.

    Attributes
    ----------
    protocol : int16[n]
        Index in ``names``: the service, which is what the responder spoke where it spoke; -1 not named.
    orig_protocol, resp_protocol : int16[n]
        What each side spoke by itself; -1 not named (or silent).
    basis : int8[n]
        Index in :data:`BASES`.
    bits : int16[n]
        Evidence for ``protocol`` in bits: random bytes would pass with a chance of 2**-bits. 0 where not named.
    fake : int8[n]
        Index in :data:`FAKES`.
    upgraded : int16[n]
        Index in ``names`` of the protocol the connection was upgraded to (STARTTLS: tls); -1 none.
    midstream : bool[n]
        Named from bytes that are not the beginning.
    swap : bool[n]
        The sides are exchanged: what flows and heads call orig is the responder. :meth:`FlowTable.swapped` applies it. All
        columns here are already in the exchanged order.
    shell : bool[n]
        The bytes read as an interactive shell or text console of no known protocol.
    orig_entropy, resp_entropy : float32[n]
        Bits per byte over the head of each side; NaN under 16 bytes.
    orig_printable, resp_printable : float32[n]
        Share of printable ASCII, 0 to 1; NaN where silent.
    server_name : int32[n]
        Index in ``strings``: SNI, HTTP Host, or the like; -1 none.
    orig_facts, resp_facts : int32[n]
        Index in ``facts``; -1 none.
    names : tuple of str
        Canonical protocol names.
    strings : list of str
        Raw text from the wire, hostile until escaped.
    facts : list of dict
        For one side: flat, JSON-able (``{"ja3": ..., "sni": ..., "issuer": ...}``); documented on the protocol's page.
    """

    protocol: I16
    orig_protocol: I16
    resp_protocol: I16
    basis: I8
    bits: I16
    fake: I8
    upgraded: I16
    midstream: Bool
    swap: Bool
    shell: Bool
    orig_entropy: F32
    resp_entropy: F32
    orig_printable: F32
    resp_printable: F32
    server_name: I32
    orig_facts: I32
    resp_facts: I32
    names: tuple[str, ...]
    strings: list[str]
    facts: list[dict[str, Any]]

    asides = ("names", "strings", "facts")


class ZeekConnTable(Table, frozen=True):
    """Rows of Zeek's conn.log.

    Attributes
    ----------
    ts_ns : int64[n]
    duration_ns : int64[n]
        -1 unset.
    orig_hi, orig_lo, resp_hi, resp_lo : uint64[n]
    orig_p, resp_p : uint16[n]
    proto : uint8[n]
        IP protocol number; 255 where Zeek did not know the transport.
    service : int32[n]
        Index in ``services``; -1 unset, -2 the log has no such column.
    orig_bytes, resp_bytes, orig_pkts, resp_pkts : int64[n]
        -1 unset.
    state : int8[n]
        Index in :data:`CONN_STATES`; -1 unset or unknown.
    vlan : uint16[n]
        0xFFFF where there is none.
    parent : uint64[n]
        Hash of the uid of the first tunnel parent; 0 where there is none.
    uid : bytes S24[n]
    uid_hash : uint64[n]
        What logs are joined by; 0 where there is no uid.
    line, offset : int64[n]
        Line from 1 and byte where it begins, in the uncompressed input.
    services : list of str
        As Zeek wrote them (``ssl,http``), unescaped; grows while a log is read.
    """

    ts_ns: I64
    duration_ns: I64
    orig_hi: U64
    orig_lo: U64
    resp_hi: U64
    resp_lo: U64
    orig_p: U16
    resp_p: U16
    proto: U8
    service: I32
    orig_bytes: I64
    resp_bytes: I64
    orig_pkts: I64
    resp_pkts: I64
    state: I8
    vlan: U16
    parent: U64
    uid: NDArray[np.bytes_]
    uid_hash: U64
    line: I64
    offset: I64
    services: list[str]

    asides = ("services",)


_ZEEK_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(\\))")


def zeek_text(raw: bytes, json: bool) -> str:
    r"""Text of a value as Zeek wrote it, with the escapes of TSV (``\x09``, ``\\``) or of the inside of a JSON string undone.

    Bytes that are no UTF-8 stay visible as escapes. The text comes from the wire: hostile until a renderer escapes it.
    """
    if json:
        text = raw.decode("utf-8", "backslashreplace")
        if "\\" in text:
            try:
                return str(loads(f'"{text}"', strict=False)).encode("utf-8", "backslashreplace").decode()
            except ValueError:
                return text
        return text
    if b"\\" in raw:
        raw = _ZEEK_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]) if match[1] else b"\\", raw)
    return raw.decode("utf-8", "backslashreplace")


class ZeekLogTable(Table, frozen=True):
    """Rows of any other Zeek log, the wanted columns as texts in one arena.

    Attributes
    ----------
    ts_ns : int64[n]
        -2**63 where there is none.
    uid : bytes S24[n]
    uid_hash : uint64[n]
        0 where there is no uid.
    line, offset : int64[n]
        As in :class:`ZeekConnTable`.
    start : int64[n, k]
        Where the value of each of ``fields`` begins in ``arena``, escapes and all.
    length : int32[n, k]
        Its bytes; 0 empty, -1 the row has no such column, -2 unset.
    content : uint64[n]
        Hash of all ``fields`` of the row: rows that say the same have the same.
    log : str
        ``ssl``, ``http``, ``dns`` ...
    fields : tuple of str
        Zeek's own column names.
    json : bool
        Whether values are JSON texts (strings without their quotes) or TSV texts.
    arena : uint8[m]
    """

    ts_ns: I64
    uid: NDArray[np.bytes_]
    uid_hash: U64
    line: I64
    offset: I64
    start: I64
    length: I32
    content: U64
    log: str
    fields: tuple[str, ...]
    json: bool
    arena: U8

    asides = ("log", "fields", "json", "arena")

    def text(self, row: int, field: str) -> str | None:
        """One value, its escapes undone; None where it is unset or the row has no such column, "" where it is empty."""
        place = self.fields.index(field)
        start, length = int(self.start[row, place]), int(self.length[row, place])
        return None if length < 0 else zeek_text(self.arena[start : start + length].tobytes(), self.json)


class Weights(Table, frozen=True):
    """Rows of a :class:`FlowTable` that stand for several flows.

    Attributes
    ----------
    count : int64[n]
        Flows that the row stands for.
    longest_ns : int64[n]
        Duration of the longest of them, nanoseconds.
    """

    count: I64
    longest_ns: I64


class FirstFlows(Table, frozen=True):
    """Where the first flows stand of rows of a :class:`FlowTable` that stand for several.

    Attributes
    ----------
    row : int64[n]
        Row of the flow table.
    first_ns : int64[n]
        Ascending; equal ones in the order in which the flows were read.
    number, offset : int64[n]
        As in :class:`FlowTable`.
    uid : bytes S24[n]
    """

    row: I64
    first_ns: I64
    number: I64
    offset: I64
    uid: NDArray[np.bytes_]


class EventTable(Struct, frozen=True, eq=False):
    """Check-ins grouped by channel, in time order within each.

    Attributes
    ----------
    start : int64[c + 1]
        Channel ``i`` owns events ``start[i]:start[i + 1]``.
    time_ns : int64[e]
        Ascending within a channel.
    orig_bytes, resp_bytes : int64[e]
        Payload; -1 unknown.
    duration_ns : int64[e]
        -1 unknown.
    answered : bool[e]
        Whether the responder answered (False: S0, REJ and the like).
    window : tuple of int
        First and last nanosecond of the evidence as a whole, which coverage is measured against.
    """

    start: I64
    time_ns: I64
    orig_bytes: I64
    resp_bytes: I64
    duration_ns: I64
    answered: Bool
    window: tuple[int, int]


class Channels(Table, frozen=True):
    """Whose check-ins the channels of an :class:`EventTable` are; row ``i`` here is channel ``i`` there.

    A channel is the flows from one originator to one responder, port and transport; or to one server name, over whatever
    addresses; or the times within one flow. Attempts that were not answered are channels of their own.

    Attributes
    ----------
    orig_hi, orig_lo : uint64[c]
    has_resp : bool[c]
        False for the channel of a server name: ``resp_hi``, ``resp_lo`` are then the first flow's, one of several.
    resp_hi, resp_lo : uint64[c]
    resp_p : uint16[c]
        Of a server name's channel: the first flow's.
    proto : uint8[c]
    server_name : int32[c]
        Index of the name in the identities' ``strings``: the channel's own, or the one name that its flows carry; -1 none, or several.
    attempt : bool[c]
        Whether these are connections that were not answered.
    within : bool[c]
        Whether the check-ins are times inside one flow (:class:`Ticks`).
    flow_start : int64[c + 1]
        Not a column: channel ``i`` owns ``flow_index[flow_start[i]:flow_start[i + 1]]``.
    flow_index : int64[f]
        Not a column: rows of the flow table, in time order within a channel; a flow may serve several channels.
    """

    orig_hi: U64
    orig_lo: U64
    has_resp: Bool
    resp_hi: U64
    resp_lo: U64
    resp_p: U16
    proto: U8
    server_name: I32
    attempt: Bool
    within: Bool
    flow_start: I64
    flow_index: I64

    asides = ("flow_start", "flow_index")

    def flows_of(self, channel: int) -> I64:
        """Rows of the flow table that belong to a channel, in time order."""
        return self.flow_index[self.flow_start[channel] : self.flow_start[channel + 1]]


class ChannelTable(Table, frozen=True):
    """Periodicity of each channel of an :class:`EventTable`.

    Attributes
    ----------
    connections : int64[c]
        Events in the channel.
    checkins : int64[c]
        Events after bursts of one check-in were merged.
    first_ns, last_ns : int64[c]
    period_s : float64[c]
        NaN where no period is claimed.
    jitter : float64[c]
        0..1, spread of one interval relative to the period; NaN with the period.
    missed : float64[c]
        0..1, share of expected check-ins that are absent; NaN with the period.
    score : float64[c]
        0..1, for ranking.
    false_alarm : float64[c]
        Probability that a channel of the stated null gives this much evidence; 1 where nothing was tested.
    coverage : float64[c]
        0..1, share of the evidence's window in which the channel was active.
    answered : float64[c]
        0..1, share of events that were answered.
    kind : int8[c]
        Index in :data:`CHANNEL_KINDS`.
    """

    connections: I64
    checkins: I64
    first_ns: I64
    last_ns: I64
    period_s: F64
    jitter: F64
    missed: F64
    score: F64
    false_alarm: F64
    coverage: F64
    answered: F64
    kind: I8


CHANNEL_KINDS = (
    "none", "steady", "jittered", "sleep_wake", "bursts", "period_change", "interactive", "long_connection", "strobe",
)  # fmt: skip
"""``ChannelTable.kind`` is an index here."""


def ipv4_words(address: int) -> tuple[int, int]:
    """High and low word of an IPv4 address, mapped into IPv6."""
    return 0, 0xFFFF_0000_0000 | address


NO_TIME = -(2**63)
"""Absence of a time in columns of nanoseconds."""

HOST_KINDS = ("process_start", "network", "process_end", "registry", "dns")
"""What a host event tells of (Sysmon 1, 3, 5, 13, 22 and their twins); ``HostEventTable.kind`` is an index here."""

HOST_PROVIDERS = ("sysmon", "endpoint", "packetbeat", "security", "other")
"""Who told; ``HostEventTable.provider`` is an index here. A lower one is preferred where two name one end of a flow."""

HOST_CLOCKS = ("utc", "record")
"""Clock readings of a host event, columns of ``HostEventTable.clock_ns``: when it happened (Sysmon UtcTime, ECS @timestamp), and when
the log recorded it (TimeCreated, EventTime, event.created)."""

HOST_EDGES = ("", "start", "end")
"""What a network event's time is of: unknown (Sysmon: some time in the flow's life), the connection's start, its end."""

HOST_LOCAL_TIME, HOST_BROKEN_IPV6, HOST_PARTIAL = 1, 2, 4
"""Bits of ``HostEventTable.marks``: the record clock was local time without a zone; an address was IPv6 text whose first 32 bits may be
an IPv4 address (kept as written until it is resolved); a flow record that is not the last of its flow."""


class HostEventTable(Table, frozen=True):
    """One row an event that a host told.

    Attributes
    ----------
    kind : int8[n]
        Index in :data:`HOST_KINDS`.
    provider : int8[n]
        Index in :data:`HOST_PROVIDERS`.
    edge : int8[n]
        Index in :data:`HOST_EDGES`.
    clock_ns : int64[n, 2]
        The readings :data:`HOST_CLOCKS`; :data:`NO_TIME` where one is absent.
    start_ns, end_ns : int64[n]
        Of a flow record (Packetbeat); :data:`NO_TIME` elsewhere.
    proto : uint8[n]
        IP protocol number, 255 unknown.
    has_tuple : bool[n]
        Whether both addresses are known (and, of a transport that has ports, both ports).
    src_hi, src_lo, dst_hi, dst_lo : uint64[n]
        0 where unknown.
    src_p, dst_p : uint16[n]
    outbound : int8[n]
        What the event claims: 1 it opened the connection, 0 it accepted, -1 nothing.
    pid, parent_pid : int64[n]
        -1 unknown.
    signed : int8[n]
        Code signature: 1 trusted, 0 absent or not trusted, -1 unknown.
    src_bytes, dst_bytes, packets : int64[n]
        -1 unknown.
    host, host_id, host_ip, guid, image, user, command_line, original_name : int32[n]
        Index in ``strings``; -1 absent. ``host_ip``: addresses joined by commas; ``guid``: upper case without braces.
    parent_guid, parent_image, parent_command_line : int32[n]
    signer, process_side : int32[n]
        ``process_side``: ``source`` or ``destination`` where the event says whose process it names.
    target, details : int32[n]
        Registry: the value's path and data. DNS: the question and the answers.
    community_id, flow_id : int32[n]
        As the event stated.
    source : int32[n]
        Index of the input.
    line : int64[n]
        Line from 1, or the record id of an EVTX file; -1 unknown.
    marks : uint8[n]
        HOST_* bits.
    strings : list of str
        Hostile until escaped; shared by the tables of a run, grows while inputs are read.
    """

    kind: I8
    provider: I8
    edge: I8
    clock_ns: I64
    start_ns: I64
    end_ns: I64
    proto: U8
    has_tuple: Bool
    src_hi: U64
    src_lo: U64
    dst_hi: U64
    dst_lo: U64
    src_p: U16
    dst_p: U16
    outbound: I8
    pid: I64
    parent_pid: I64
    signed: I8
    src_bytes: I64
    dst_bytes: I64
    packets: I64
    host: I32
    host_id: I32
    host_ip: I32
    guid: I32
    image: I32
    user: I32
    command_line: I32
    original_name: I32
    parent_guid: I32
    parent_image: I32
    parent_command_line: I32
    signer: I32
    process_side: I32
    target: I32
    details: I32
    community_id: I32
    flow_id: I32
    source: I32
    line: I64
    marks: U8
    strings: list[str]

    asides = ("strings",)

    def text(self, column: str, row: int) -> str | None:
        """A string column's value; None where absent."""
        index = int(getattr(self, column)[row])
        return self.strings[index] if index >= 0 else None


JOIN_OUTCOMES = (
    "exact", "late", "ambiguous", "no-flow", "key-but-time", "no-common-clock", "address-pair-not-captured", "addresses-not-captured",
    "outside-capture-span", "loopback", "self", "no-time", "duplicate",
)  # fmt: skip
"""How a host network event ended when it was joined to flows; ``Attribution.outcome`` is an index here, -1 for other events. An event
without addresses ends in ``addresses-not-captured``; ``duplicate`` repeats an event before it and is no result of its own."""

SKEW_STATES = ("estimated", "weak", "none", "given")
"""How a host's clock offset is known; by votes that pass, by too few votes but a small offset, not at all, from the user."""


class HostSkew(Struct, frozen=True):
    """A host's clock against the evidence's.

    Attributes
    ----------
    host : str
    provider : str
        ``security`` where the Security log has an offset of its own, else empty.
    clock : str
        Word of :data:`HOST_CLOCKS`.
    state : str
        Word of :data:`SKEW_STATES`.
    offset_s : float
        Event time less flow time, seconds; 0 where the state is ``none``.
    support, voters, rival : int
        Events that agree on it; events that had a flow of the same endpoints; events that agree on the next best offset.
    note : str
        One sentence where there is more to say; else empty.
    """

    host: str
    provider: str
    clock: str
    state: str
    offset_s: float
    support: int
    voters: int
    rival: int
    note: str = ""


class Attribution(Table, frozen=True):
    """Host events joined to flows, row for row of the :class:`HostEventTable`.

    Attributes
    ----------
    outcome : int8[n]
        Index in :data:`JOIN_OUTCOMES`; -1 where the event is no network event.
    flow : int64[n]
        Row of the flow table; -1 where it joined to nothing.
    side : int8[n]
        End of the flow that the event's host is: 0 originator, 1 responder, -1 unknown.
    candidates : int32[n]
        Flows of the same endpoints inside the time limits.
    time_ns : int64[n]
        The reading that was used, as stated; :data:`NO_TIME` where there is none.
    skew_ns : int64[n]
        Subtracted from ``time_ns`` for the join; :data:`NO_TIME` where no common clock was found.
    image : int32[n]
        Program, resolved; index in the events' ``strings``, -1 unknown.
    started : int64[n]
        Row of the event that tells of the process's start; -1 none.
    flow_event : int64[f, 2]
        Not a column: for each flow the event that names the client, and the server; -1 none.
    hosts : tuple of HostSkew
    notes : tuple of str
    """

    outcome: I8
    flow: I64
    side: I8
    candidates: I32
    time_ns: I64
    skew_ns: I64
    image: I32
    started: I64
    flow_event: I64
    hosts: tuple[HostSkew, ...]
    notes: tuple[str, ...]

    asides = ("flow_event", "hosts", "notes")
