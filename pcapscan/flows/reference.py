"""The assembler again, slow and obvious: dictionaries, one byte at a time. Tests hold the kernel to it; nothing else uses it."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field

from pcapscan.flows.control import LIFETIME, MOST_LINES, VERBS
from pcapscan.flows.key import ICMP6_PAIRS, ICMP_PAIRS
from pcapscan.flows.options import SECOND, FlowOptions
from pcapscan.tables import (
    HEAD_ANNOUNCED,
    HEAD_ANNOUNCED_TLS,
    HEAD_CAPPED,
    HEAD_GAP,
    HEAD_MIDSTREAM,
    HEAD_SNAPPED,
    ICMP,
    ICMP6,
    PACKET_FRAGMENT,
    SCTP,
    TCP,
    UDP,
    PacketTable,
)

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
RING = 1 << 32
NEAR = 65_536


def distance(a: int, b: int) -> int:
    """Signed distance from ``b`` to ``a`` on the ring of sequence numbers."""
    return (a - b + RING // 2) % RING - RING // 2


def opening(data: bytes, told: bool) -> str:
    """Tell what a side's first bytes make of it in FTP: ``server``, ``client``, or nothing."""
    if re.match(rb"220[ -]" if told else rb"[1-5][0-5][0-9][ -]", data):
        return "server"
    return "client" if len(data) >= 4 and re.match(rf"(?i:{'|'.join(VERBS)})([ \r\n]|\Z)".encode(), data) else ""


_TUPLE = rb"(\d{1,5},\d{1,5},\d{1,5},\d{1,5}),(\d{1,5}),(\d{1,5})[^\d]"
_EXTENDED = rb"([!-/;-@[-`{-~])(?<!\.)(\d?)\1(?:(?!\1)[^\x00-\x20])*\1(\d{1,5})\1"
FORMS = {
    "server": (rb"227[ -][^\x00-\x1f(\d]*\(?" + _TUPLE, rb"229[ -][^\x00-\x1f(\d]*\(" + _EXTENDED),
    "client": (rb"(?i:PORT) " + _TUPLE, rb"(?i:EPRT) " + _EXTENDED),
}


def dotted(numbers: list[bytes]) -> int:
    """IPv4 address of four decimal numbers; -1 where one is too large."""
    return int.from_bytes([int(n) for n in numbers], "big") if all(int(n) < 256 for n in numbers) else -1


def announced(line: bytes, speaker: str) -> tuple[int, int]:
    """Tell what a line announces: an IPv4 address (0 or less: none) and a port (-1 none)."""
    plain, extended = FORMS[speaker]
    if match := re.match(plain, line, re.DOTALL):
        address, high, low = dotted(match[1].split(b",")), int(match[2]), int(match[3])
        return (address, high << 8 | low) if address >= 0 and high < 256 and low < 256 else (-1, -1)
    if match := re.match(extended, line, re.DOTALL):
        named = re.match(rb"(\d{1,5})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?!\d)", line[match.end(2) + 1 :]) if match[2] == b"1" else None
        return dotted(list(named.groups())) if named else -1, int(match[3])
    return -1, -1


class Side(Struct):
    """One side of a live flow; ``kept`` maps offsets from ``base`` to what was captured there."""

    cap: int
    pkts: int = 0
    total: int = 0
    first: tuple[int, int] = (-1, -1)
    high: int = 0
    base: int | None = None
    told: bool = False
    kept: dict[int, int] = field(default_factory=dict)
    top: int = 0
    flags: int = 0
    state: str = "inactive"
    was: str = "inactive"
    datagrams: list[int] = field(default_factory=list)
    speaks: str = ""
    asked_tls: bool = False
    announced: int = 0

    def become(self, state: str) -> None:
        """Change the endpoint state."""
        self.was, self.state = self.state, state

    @property
    def head(self) -> bytes:
        """What is there without a hole from the beginning."""
        n = 0
        while n in self.kept:
            n += 1
        return bytes(self.kept[k] for k in range(n))

    def rebase(self, base: int) -> None:
        """Begin at another sequence number."""
        delta = distance(self.base or 0, base)
        self.base = base
        if abs(delta) > NEAR:
            self.kept, self.high, self.top = {}, 0, 0
            return
        self.kept = {k + delta: v for k, v in self.kept.items() if 0 <= k + delta < self.cap}
        self.high = max(self.high + delta, 0)
        self.top = max(self.top + delta, 0) if self.top else 0

    def tell(self, base: int) -> None:
        """Take the beginning a SYN told."""
        if self.told and self.total:
            return
        if self.base is not None and not self.told:
            self.rebase(base)
        self.base, self.told = base, True

    def offset(self, seq: int) -> int:
        """Offset of a segment; an early one moves a guessed beginning."""
        if self.base is None:
            self.base = seq
            return 0
        off = self.high + distance(seq, (self.base + self.high) % RING)
        if -NEAR <= off < 0 and not self.told and self.high <= NEAR:
            self.rebase(seq)
            return 0
        return off

    def lay(self, off: int, data: bytes) -> None:
        """Put captured bytes where they belong; the first copy stays."""
        if not data or off + len(data) <= 0:
            return
        self.top = max(self.top, off + len(data))
        for k, byte in enumerate(data, off):
            if 0 <= k < self.cap:
                self.kept.setdefault(k, byte)

    def add(self, data: bytes) -> None:
        """Add one of the first four datagrams."""
        n = len(self.kept)
        if len(self.datagrams) >= 4 or n >= self.cap:
            self.flags |= HEAD_CAPPED
            return
        if n + len(data) > self.cap:
            self.flags |= HEAD_CAPPED
        for k, byte in enumerate(data[: self.cap - n], n):
            self.kept[k] = byte
        self.datagrams.append(len(self.kept))


class Flow(Struct):
    """One live flow; ends 0 and 1 are the lower and the higher endpoint."""

    key: tuple[Any, ...]
    ends: tuple[tuple[int, int, int], tuple[int, int, int]]
    proto: int
    first: Any
    sides: tuple[Side, Side]
    orig: int
    basis: str
    first_ns: int
    last_ns: int
    touched: int = 0
    closed: bool = False
    spoke_ns: int | None = None
    ticks: list[int] = field(default_factory=list)


class Reference:
    """The same as :class:`pcapscan.flows.Assembler`, except that pools of memory never run out."""

    def __init__(self, options: FlowOptions | None = None) -> None:
        self.options = options or FlowOptions()
        self.slots: list[Flow | None] = []
        self.free: list[int] = []
        self.index: dict[tuple[Any, ...], int] = {}
        self.count, self.mark, self.before = 0, self.options.sweep, 0
        self.ended: list[dict[str, Any]] = []
        self.expected: dict[tuple[Any, ...], tuple[int, int]] = {}

    def feed(self, packets: PacketTable) -> None:
        """Take packets."""
        data = bytes(packets.data) + bytes(packets.late)
        for row in packets.rows:
            p = {name: int(row[name]) for name in row.dtype.names or ()}
            self.sweep_if_due(p["time_ns"])
            if not p["marks"] & PACKET_FRAGMENT:
                start, size = p["start"], min(p["caplen"], p["paylen"])
                inside = 0 <= start <= len(data) and size > 0
                self.packet(p, data[start : start + size] if inside else b"")
            self.count += 1
            self.before = p["time_ns"]

    def finish(self) -> None:
        """End all flows."""
        self.sweep(lambda flow: True)

    def sweep_if_due(self, now: int) -> None:
        """End what timed out, at marks; the least recently touched, when there are too many."""
        if self.count >= self.mark:
            self.mark = self.count + max(self.options.sweep, len(self.index))
            clock = min(now, self.before)
            self.sweep(lambda flow: self.over(flow, clock))
        if len(self.index) >= self.options.max_live:
            touched = sorted(flow.touched for flow in self.slots if flow)
            limit = touched[max(self.options.max_live // 16, 1) - 1]
            self.sweep(lambda flow: flow.touched <= limit)

    def sweep(self, which: Any) -> None:
        """End flows in the order of their slots."""
        for slot, flow in enumerate(self.slots):
            if flow and which(flow):
                self.end(slot)

    def over(self, flow: Flow, now: int) -> bool:
        """Whether a flow had ended by ``now``."""
        silence = now - flow.last_ns
        o = self.options
        idle = o.udp_idle_s if flow.proto == UDP else o.icmp_idle_s if flow.proto in (ICMP, ICMP6) else o.tcp_idle_s
        return (flow.closed and silence > o.linger_s * SECOND) or silence > idle * SECOND

    def packet(self, p: dict[str, int], data: bytes) -> None:
        """Take one packet."""
        proto = p["proto"]
        src, dst = (p["src_hi"], p["src_lo"], p["src_p"]), (p["dst_hi"], p["dst_lo"], p["dst_p"])
        paired = True
        if proto in (ICMP, ICMP6):
            pairs = ICMP_PAIRS if proto == ICMP else ICMP6_PAIRS
            both = pairs | {reply: request for request, reply in pairs.items()}
            paired = src[2] in both
            dst = (*dst[:2], both.get(src[2], dst[2]))
        ends = (src, dst) if src <= dst or not paired else (dst, src)
        sender = 0 if ends == (src, dst) else 1
        key = (*ends, proto)
        slot = self.index.get(key)
        if slot is not None:
            flow = self.slots[slot]
            assert flow
            if self.over(flow, p["time_ns"]) or (proto == TCP and p["flags"] & SYN and self.anew(flow, flow.sides[sender], p)):
                self.end(slot)
                slot = None
        if slot is None:
            slot = self.begin(key, ends, sender, p)
        flow = self.slots[slot]
        assert flow
        flow.touched = self.count
        flow.first_ns, flow.last_ns = min(flow.first_ns, p["time_ns"]), max(flow.last_ns, p["time_ns"])
        flow.sides[sender].pkts += 1
        if proto == TCP:
            self.tcp(flow, sender, p, data)
        else:
            self.datagram(flow, sender, p, data)

    def anew(self, flow: Flow, side: Side, p: dict[str, int]) -> bool:
        """Whether a SYN begins another connection of the same key."""
        told = (p["seq"] + 1) % RING
        if side.base is None:
            return flow.closed and not p["flags"] & ACK
        if side.told:
            return side.base != told and (flow.closed or p["time_ns"] - flow.last_ns > self.options.linger_s * SECOND)
        return not 0 <= distance(side.base, told) <= NEAR

    def begin(self, key: tuple[Any, ...], ends: Any, sender: int, p: dict[str, int]) -> int:
        """Begin a flow."""
        orig, basis = sender, "first"
        if p["proto"] == TCP:
            low, high = sorted((p["src_p"], p["dst_p"]))
            if p["flags"] & SYN:
                basis = "answer" if p["flags"] & ACK else "handshake"
                orig = 1 - sender if p["flags"] & ACK else sender
            elif low < 1024 <= high or (5000 < low < 10_000 and high >= 32_768):
                basis = "port"
                orig = 1 - sender if p["src_p"] == low else sender
        cap = self.options.head_bytes
        flow = Flow(key, ends, p["proto"], p, (Side(cap), Side(cap)), orig, basis, p["time_ns"], p["time_ns"])
        slot = self.free.pop() if self.free else len(self.slots)
        if slot == len(self.slots):
            self.slots.append(None)
        self.slots[slot], self.index[key] = flow, slot
        return slot

    def tcp(self, flow: Flow, sender: int, p: dict[str, int], data: bytes) -> None:
        """Let a segment change its flow."""
        me, peer = flow.sides[sender], flow.sides[1 - sender]
        flags, seq = p["flags"], p["seq"]
        if flags & SYN and flags & ACK:
            if flow.basis not in ("handshake", "answer"):
                flow.orig, flow.basis = 1 - sender, "answer"
            if not peer.told:
                peer.tell(p["ack"])
        elif flags & SYN and flow.basis != "handshake" and (flow.basis != "answer" or flow.orig == sender):
            flow.orig, flow.basis = sender, "handshake"
        if flags & SYN:
            seq = (seq + 1) % RING
            me.tell(seq)
            if flags & ACK and (me.state, peer.state, me.total, peer.total) == ("reset", "syn", 0, 0):
                me.become("inactive")
                flow.closed = False
        payload = 0 if flags & RST else max(p["paylen"], 0)
        if payload == 1 and data == b"\0" and me.base is None and not flags & PSH:
            payload = 0
        self.drive(me, peer, flags, flow.orig == sender, payload)
        if me.pkts == 1 or (payload and me.first[0] < 0):
            self.recognise(flow, p["time_ns"])
        states = {me.state, peer.state}
        flow.closed |= "reset" in states or states in ({"closed"}, {"closed", "inactive"})
        if not payload:
            return
        if me.first[0] < 0:
            me.first = p["number"], p["offset"]
        me.total += payload
        off = me.offset(seq)
        if off + payload > me.high:
            me.high = off + payload
            self.speak(flow, p["time_ns"])
        if len(data) < payload and off + len(data) < me.cap and off + payload > 0:
            me.flags |= HEAD_SNAPPED
        if off < 0x7FFF_0000:
            me.lay(off, data)
        if off == 0 and not me.speaks:
            me.speaks = opening(data, me.told)
        if {me.speaks, peer.speaks} == {"server", "client"}:
            self.listen(flow, sender, p["time_ns"], data)

    def listen(self, flow: Flow, sender: int, now: int, data: bytes) -> None:
        """Remember what a control channel's lines announce: an endpoint, and who will call it."""
        me, peer = flow.sides[sender], flow.sides[1 - sender]
        own, other = flow.ends[sender][:2], flow.ends[1 - sender][:2]
        for line in re.findall(rb"[^\n]*\n|[^\n]+\Z", data)[:MOST_LINES]:
            if me.speaks == "client" and line[:4].upper() == b"AUTH":
                me.asked_tls = True
            address, port = announced(line, me.speaks)
            if not 0 < port < 65_536:
                continue
            bits = HEAD_ANNOUNCED | (HEAD_ANNOUNCED_TLS if me.asked_tls or peer.asked_tls else 0)
            self.expected[own, port, other] = now, bits
            if address > 0:
                self.expected[(0, 0xFFFF_0000_0000 | address), port, other] = now, bits

    def recognise(self, flow: Flow, now: int) -> None:
        """Mark the sides whose endpoints were announced."""
        for k in (0, 1):
            (*end, port), (*other, _) = flow.ends[k], flow.ends[1 - k]
            then, bits = self.expected.get((tuple(end), port, tuple(other)), (0, 0))
            if abs(now - then) <= LIFETIME:
                flow.sides[k].announced |= bits

    @staticmethod
    def drive(me: Side, peer: Side, flags: int, is_orig: bool, payload: int) -> None:
        """Drive an endpoint's state by one packet it sent."""
        before = me.state
        if before == "inactive" and flags & SYN:
            if not is_orig and peer.state == "syn":
                peer.become("established")
            me.become("established" if not is_orig or peer.state == "established" else "synack" if flags & ACK else "syn")
        if before == "partial" and flags & SYN and not flags & ACK and peer.state == "inactive":
            me.become("syn")
        live = before in ("inactive", "syn", "synack") or (before in ("established", "partial") and not flags & RST)
        if flags & FIN and live:
            me.become("closed")
            if before in ("established", "partial") and (peer.state, peer.was) == ("reset", "closed"):
                peer.become("closed")
        if flags & RST and before != "reset" and not (before == "closed" and peer.state == "closed"):
            me.become("reset")
        if me.state == "inactive" and (is_orig or payload or peer.state != "syn"):
            me.become("established" if flags & ACK and peer.state == "established" else "partial")

    def datagram(self, flow: Flow, sender: int, p: dict[str, int], data: bytes) -> None:
        """Let a datagram change its flow."""
        me, payload = flow.sides[sender], max(p["paylen"], 0)
        if not payload:
            return
        if me.first[0] < 0:
            me.first = p["number"], p["offset"]
        me.total += payload
        self.speak(flow, p["time_ns"])
        if flow.proto in (UDP, SCTP):
            if len(me.datagrams) < 4 and len(data) < payload:
                me.flags |= HEAD_SNAPPED
            me.add(data)

    def speak(self, flow: Flow, t: int) -> None:
        """Note new payload, and a tick after silence."""
        if flow.spoke_ns is not None and t - flow.spoke_ns >= self.options.tick_silence_s * SECOND:
            flow.ticks.append(t)
        flow.spoke_ns = t if flow.spoke_ns is None else max(flow.spoke_ns, t)

    def end(self, slot: int) -> None:
        """Write a flow down and free its slot."""
        flow = self.slots[slot]
        assert flow
        self.slots[slot] = None
        self.free.append(slot)
        del self.index[flow.key]
        stride = 1
        while -(-len(flow.ticks) // stride) > self.options.max_ticks:
            stride *= 2
        row: dict[str, Any] = {
            "first_ns": flow.first_ns, "last_ns": flow.last_ns, "proto": flow.proto, "orig_basis": flow.basis,
            "state": self.word(flow), "ticks": flow.ticks[::stride],
            **{name: flow.first[name] for name in ("number", "offset", "vlan", "tunnel", "tunnel_id")},
        }  # fmt: skip
        for name, k in (("orig", flow.orig), ("resp", 1 - flow.orig)):
            side = flow.sides[k]
            row[f"{name}_hi"], row[f"{name}_lo"], row[f"{name}_p"] = flow.ends[k]
            row[f"{name}_pkts"] = side.pkts
            row[f"{name}_bytes"] = min(side.total, side.high) if flow.proto == TCP else side.total
            row[f"{name}_number"], row[f"{name}_offset"] = side.first
            row[f"{name}_head"] = side.head
            row[f"{name}_flags"] = self.head_flags(flow, side)
            row[f"{name}_cuts"] = [cut for cut in side.datagrams if cut] if flow.proto in (UDP, SCTP) else None
        self.ended.append(row)

    @staticmethod
    def head_flags(flow: Flow, side: Side) -> int:
        """HEAD_* bits of a side."""
        flags, n = side.flags | side.announced, len(side.head)
        if flow.proto == TCP:
            if side.base is not None and not side.told:
                flags |= HEAD_MIDSTREAM
            if n >= side.cap:
                flags |= HEAD_CAPPED if side.high > n else 0
            elif side.top > n:
                flags |= HEAD_GAP
        return flags

    @staticmethod
    def word(flow: Flow) -> str:
        """Tell the connection state in Zeek's words."""
        one, two = flow.sides[flow.orig], flow.sides[1 - flow.orig]
        if flow.proto != TCP:
            return {(True, True): "SF", (True, False): "S0", (False, True): "SHR"}[one.pkts > 0, two.pkts > 0]
        o, r = one.state, two.state
        unseen = ("inactive", "partial")
        if (one.was, o, r) == ("inactive", "reset", "inactive"):
            return "OTH"
        if r == "reset":
            if o in ("syn", "synack") or (o == "reset" and not one.total and not two.total):
                return "REJ"
            return "RSTRH" if o in unseen else "RSTR"
        if o == "reset":
            return "RSTOS0" if r in unseen else "RSTO"
        if o == "closed":
            return "SF" if r == "closed" else "SH" if r in unseen else "S2"
        if r == "closed":
            return "SHR" if o in unseen else "S3"
        return {("syn", "inactive"): "S0", ("established", "established"): "S1"}.get((o, r), "OTH")
