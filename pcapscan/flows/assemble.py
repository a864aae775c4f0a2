"""Packets into flows: the one kernel, and what a packet does to its flow.

The kernel is fed a block and stops early when what it has to hand out is full; it is then called again for the rest. Before
each packet it finishes a sweep that is under way. Everything that decides (clock, counts, marks) is in ``state`` and moves with
packets only, so that where a block ends changes no answer.
"""

from __future__ import annotations

from typing import Any

from pcapscan.flows.control import begins, listen, recognise, was_announced
from pcapscan.flows.heads import append, begin_at, forget, offset_of, put, sequence_delta
from pcapscan.flows.key import COUNTERPART, find, hash_key, insert, remove
from pcapscan.flows.options import (
    O_HEAD,
    O_ICMP_IDLE,
    O_LINGER,
    O_MAX_LIVE,
    O_MAX_TICKS,
    O_SILENCE,
    O_SWEEP,
    O_TCP_IDLE,
    O_UDP_IDLE,
)
from pcapscan.flows.pool import TIMES, UNIT, give_chunks
from pcapscan.flows.records import (
    BASE_GUESSED,
    BASE_KNOWN,
    BASE_NONE,
    EXPECTED,
    FLOW,
    FTP_ANNOUNCED,
    FTP_ANNOUNCED_TLS,
    FTP_CLIENT,
    FTP_SERVER,
    OUT,
    S_AT,
    S_BYTES,
    S_COUNT,
    S_FREE,
    S_LAST_NS,
    S_LIMIT,
    S_LIVE,
    S_MARK,
    S_MODE,
    S_ROWS,
    S_SKIPPED,
    S_TICKS,
    S_USED,
    SIDE,
    SWEEP_ALL,
    SWEEP_IDLE,
    SWEEP_NONE,
    SWEEP_OLD,
)
from pcapscan.flows.state import (
    ACK,
    INACTIVE,
    OTH,
    PSH,
    RESET,
    RST,
    SYN,
    SYN_SENT,
    advance,
    become,
    conn_state,
    datagram_state,
    is_closed,
    is_lone_reset,
)
from pcapscan.flows.ticks import add_tick
from pcapscan.kernels import copy, helper, i64, inlined, kernel
from pcapscan.kernels.prefetch import prefetch
from pcapscan.tables import (
    HEAD_ANNOUNCED,
    HEAD_ANNOUNCED_TLS,
    HEAD_CAPPED,
    HEAD_GAP,
    HEAD_MIDSTREAM,
    HEAD_SNAPPED,
    ICMP,
    ICMP6,
    ORIG_BASES,
    PACKET,
    PACKET_FRAGMENT,
    SCTP,
    TCP,
    UDP,
)

AHEAD = 64
"""Packets whose keys are hashed, and whose records are asked for, at once."""

HANDSHAKE, ANSWER, PORT, FIRST = (ORIG_BASES.index(word) for word in ("handshake", "answer", "port", "first"))
PRIVILEGED, OLD_EPHEMERAL, REGISTERED, EPHEMERAL = 1024, 5000, 10_000, 32_768
"""Ports under 1024 are a server's (RFC 6335 section 6). One under 10000 that faces one of Linux's ephemeral ports is clear enough,
unless old Windows and BSD took it for a client (1025 to 5000)."""


@inlined
def idle_after(proto: int, options: Any) -> int:
    """Silence in nanoseconds that ends a flow of this protocol."""
    if proto == UDP:
        return int(options[O_UDP_IDLE])
    if proto in (ICMP, ICMP6):
        return int(options[O_ICMP_IDLE])
    return int(options[O_TCP_IDLE])


@inlined
def is_over(f: Any, now: int, options: Any) -> bool:
    """Whether a flow had ended by ``now``; time that runs backwards ends nothing."""
    silence = i64(now) - i64(f["last_ns"])
    if f["closed"] and silence > options[O_LINGER]:
        return True
    return bool(silence > idle_after(f["proto"], options))


@helper
def responder_by_port(src_p: int, dst_p: int) -> int:
    """Which port is clearly a server's: 0 the sender's, 1 the receiver's, -1 neither."""
    low, high = min(src_p, dst_p), max(src_p, dst_p)
    if low < PRIVILEGED <= high or (OLD_EPHEMERAL < low < REGISTERED and high >= EPHEMERAL):
        return 0 if src_p == low else 1
    return -1


@helper
def begins_anew(f: Any, s: Any, seq: int, flags: int, silence: int, options: Any) -> bool:
    """Whether a packet with SYN belongs to a new connection of the same key, not to the one that is known."""
    told = (seq + 1) & 0xFFFF_FFFF
    if s["known"] == BASE_NONE:
        return bool(f["closed"]) and not (flags & ACK)
    if s["known"] == BASE_KNOWN:
        if i64(s["base"]) == told:
            return False
        return bool(f["closed"]) or silence > options[O_LINGER]
    early = sequence_delta(s["base"], told)
    return not 0 <= early <= 65_536


@helper
def new_side(s: Any, cap: int) -> None:
    """Clear one side's record."""
    s["pkts"] = 0
    s["sum"] = 0
    s["number"] = -1
    s["offset"] = -1
    s["high"] = 0
    s["base"] = 0
    s["head"] = -1
    s["map"] = -1
    s["filled"] = 0
    s["top"] = 0
    s["cap"] = cap
    s["cut0"] = -1
    s["cut1"] = -1
    s["cut2"] = -1
    s["cut3"] = -1
    s["grade"] = 0
    s["known"] = BASE_NONE
    s["state"] = INACTIVE
    s["was"] = INACTIVE
    s["flags"] = 0
    s["cuts"] = 0
    s["ftp"] = 0


@helper
def new_flow(p: Any, swapped: bool, b_p: int, h: int, flows: Any, sides: Any, table: Any, state: Any, options: Any) -> int:
    """Begin a flow with the packet ``p``; return its slot."""
    slot = state[S_FREE]
    if slot >= 0:
        state[S_FREE] = flows[slot]["tick_head"]
    else:
        slot = state[S_USED]
        state[S_USED] += 1
    state[S_LIVE] += 1
    f = flows[slot]
    if swapped:
        f["a_hi"], f["a_lo"], f["b_hi"], f["b_lo"] = p["dst_hi"], p["dst_lo"], p["src_hi"], p["src_lo"]
        f["a_p"], f["b_p"] = b_p, p["src_p"]
    else:
        f["a_hi"], f["a_lo"], f["b_hi"], f["b_lo"] = p["src_hi"], p["src_lo"], p["dst_hi"], p["dst_lo"]
        f["a_p"], f["b_p"] = p["src_p"], b_p
    f["first_ns"], f["last_ns"] = p["time_ns"], p["time_ns"]
    f["number"], f["offset"] = p["number"], p["offset"]
    f["hash"] = h
    f["proto"], f["vlan"], f["tunnel"], f["tunnel_id"] = p["proto"], p["vlan"], p["tunnel"], p["tunnel_id"]
    f["tick_head"], f["tick_tail"], f["ticks"], f["tick_stride"], f["tick_skip"] = -1, -1, 0, 1, 0
    f["closed"], f["spoken"], f["spoke_ns"] = 0, 0, 0
    sender = 1 if swapped else 0
    f["orig"], f["basis"] = sender, FIRST
    if p["proto"] == TCP:
        if p["flags"] & SYN:
            f["basis"] = ANSWER if p["flags"] & ACK else HANDSHAKE
            f["orig"] = 1 - sender if p["flags"] & ACK else sender
        else:
            responder = responder_by_port(p["src_p"], p["dst_p"])
            if responder >= 0:
                f["basis"] = PORT
                f["orig"] = 1 - sender if responder == 0 else sender
    new_side(sides[2 * slot], options[O_HEAD])
    new_side(sides[2 * slot + 1], options[O_HEAD])
    insert(table, h, slot)
    return int(slot)


@inlined
def speak(f: Any, p: Any, chunks: Any, state: Any, options: Any) -> None:
    """Note that a flow said something new; after silence that is a tick."""
    t = i64(p["time_ns"])
    if f["spoken"]:
        if t - i64(f["spoke_ns"]) >= options[O_SILENCE]:
            add_tick(f, chunks, state, t, options[O_MAX_TICKS])
        f["spoke_ns"] = max(f["spoke_ns"], t)
    else:
        f["spoken"] = 1
        f["spoke_ns"] = t


@inlined
def take_tcp(
    f: Any,
    me: Any,
    peer: Any,
    sender: int,
    p: Any,
    data: Any,
    start: int,
    size: int,
    pool: Any,
    chunks: Any,
    state: Any,
    options: Any,
    expected: Any,
) -> None:
    """Let a TCP packet change its flow.

    Parameters
    ----------
    sender : int
        Side of the key that sent it; ``me`` is its record.
    start, size : int
        Payload bytes captured, checked against ``data``.
    """
    flags = i64(p["flags"])
    seq = i64(p["seq"])
    if flags & SYN:
        if flags & ACK:
            if f["basis"] != HANDSHAKE and f["basis"] != ANSWER:
                f["orig"], f["basis"] = 1 - sender, ANSWER
            if peer["known"] != BASE_KNOWN:
                begin_at(peer, i64(p["ack"]), pool, state)
        elif f["basis"] != HANDSHAKE and (f["basis"] != ANSWER or f["orig"] == sender):
            f["orig"], f["basis"] = sender, HANDSHAKE
        seq = (seq + 1) & 0xFFFF_FFFF
        begin_at(me, seq, pool, state)
        if flags & ACK and me["state"] == RESET and peer["state"] == SYN_SENT and me["sum"] == 0 and peer["sum"] == 0:
            become(me, INACTIVE)  # rejected at first, accepted on a second try of the same SYN
            f["closed"] = 0
    payload = 0 if flags & RST else max(i64(p["paylen"]), 0)
    if payload == 1 and size == 1 and me["known"] == BASE_NONE and not flags & PSH and data[start] == 0:
        payload = 0  # the garbage byte of a keep-alive (RFC 9293 section 3.8.4), not the beginning of anything
    advance(me, peer, flags, f["orig"] == sender, payload)
    if not f["closed"] and is_closed(me, peer):
        f["closed"] = 1
    if (me["pkts"] == 1 or (payload > 0 and me["number"] < 0)) and (
        was_announced(i64(p["src_p"]), state) or was_announced(i64(p["dst_p"]), state)
    ):
        recognise(me, peer, p, expected)
    if payload == 0:
        return
    if me["number"] < 0:
        me["number"], me["offset"] = p["number"], p["offset"]
    me["sum"] += payload
    off = offset_of(me, seq, pool, state)
    if off + payload > me["high"]:
        me["high"] = off + payload
        speak(f, p, chunks, state, options)
    if size < payload and off + size < me["cap"] and off + payload > 0:
        me["flags"] |= HEAD_SNAPPED
    if size > 0 and off < 0x7FFF_0000:
        put(me, off, data, start, size, pool, state)
    if off == 0:
        begins(me, data, start, size)
    if me["ftp"] and peer["ftp"] and (me["ftp"] | peer["ftp"]) & (FTP_SERVER | FTP_CLIENT) == FTP_SERVER | FTP_CLIENT:
        listen(me, peer, p, data, start, size, expected, state)


@inlined
def take_datagram(f: Any, me: Any, p: Any, data: Any, start: int, size: int, pool: Any, chunks: Any, state: Any, options: Any) -> None:
    """Let a datagram change its flow (parameters as in :func:`take_tcp`)."""
    payload = max(i64(p["paylen"]), 0)
    if payload == 0:
        return
    if me["number"] < 0:
        me["number"], me["offset"] = p["number"], p["offset"]
    me["sum"] += payload
    speak(f, p, chunks, state, options)
    proto = p["proto"]
    if proto in (UDP, SCTP):
        if me["cuts"] < 4 and size < payload:
            me["flags"] |= HEAD_SNAPPED
        append(me, data, start, size, pool, state)


@inlined
def key_of(p: Any) -> tuple[Any, Any, Any, Any, int, int, bool]:
    """Endpoints and ports of a packet, the lower endpoint first, and whether that is the receiver."""
    proto = i64(p["proto"])
    src_p, dst_p = i64(p["src_p"]), i64(p["dst_p"])
    if proto in (ICMP, ICMP6):
        answer = i64(COUNTERPART[0 if proto == ICMP else 1, src_p & 0xFF])
        if answer < 0:
            return p["src_hi"], p["src_lo"], p["dst_hi"], p["dst_lo"], src_p, dst_p, False
        dst_p = answer
    a_hi, b_hi, a_lo, b_lo = p["src_hi"], p["dst_hi"], p["src_lo"], p["dst_lo"]
    if a_hi > b_hi or (a_hi == b_hi and (a_lo > b_lo or (a_lo == b_lo and src_p > dst_p))):
        return b_hi, b_lo, a_hi, a_lo, dst_p, src_p, True
    return a_hi, a_lo, b_hi, b_lo, src_p, dst_p, False


@inlined
def look_ahead(packets: Any, begin: int, hashes: Any, table: Any, flows: Any, sides: Any, data: Any, seed: int) -> int:
    """Hash the keys of the next packets and ask memory for what they will touch; return the first packet not hashed."""
    end = min(begin + len(hashes), len(packets))
    mask = len(table) - 1
    for i in range(begin, end):
        a_hi, a_lo, b_hi, b_lo, a_p, b_p, _ = key_of(packets[i])
        h = hash_key(seed, a_hi, a_lo, b_hi, b_lo, (a_p << 16) | b_p, i64(packets[i]["proto"]))
        hashes[i - begin] = h
        prefetch(table, h & mask)
    for i in range(begin, end):
        h = hashes[i - begin]
        entry = table[h & mask]
        if entry != 0:
            slot = (entry & 0xFFFF_FFFF) - 1
            prefetch(flows, slot)
            prefetch(flows, slot + 1)
            prefetch(sides, 2 * slot)
            prefetch(sides, 2 * slot + 1)
            prefetch(sides, 2 * slot + 2)
        if packets[i]["caplen"] > 0:
            prefetch(data, packets[i]["start"])
    return end


@inlined
def take_packet(p: Any, data: Any, late: Any, flows: Any, sides: Any, table: Any, pool: Any, chunks: Any, state: Any, options: Any,
                out: Any, out_heads: Any, out_ticks: Any, h: int, expected: Any) -> None:  # fmt: skip
    """Find or begin the packet's flow and let the packet change it."""
    proto = i64(p["proto"])
    a_hi, a_lo, b_hi, b_lo, a_p, b_p, swapped = key_of(p)
    sender = 1 if swapped else 0
    slot = find(table, flows, h, a_hi, a_lo, b_hi, b_lo, a_p, b_p, proto)
    t = i64(p["time_ns"])
    if slot >= 0:
        f = flows[slot]
        s = sides[2 * slot + sender]
        if is_over(f, t, options) or (
            proto == TCP and p["flags"] & SYN and begins_anew(f, s, i64(p["seq"]), i64(p["flags"]), t - i64(f["last_ns"]), options)
        ):
            end_flow(slot, flows, sides, table, pool, chunks, state, out, out_heads, out_ticks)
            slot = -1
    if slot < 0:
        slot = new_flow(p, swapped, a_p if swapped else b_p, h, flows, sides, table, state, options)
    f = flows[slot]
    me, peer = sides[2 * slot + sender], sides[2 * slot + 1 - sender]
    f["touched"] = state[S_COUNT]
    f["first_ns"] = min(f["first_ns"], t)
    f["last_ns"] = max(f["last_ns"], t)
    me["pkts"] += 1
    size, start = min(i64(p["caplen"]), i64(p["paylen"])), i64(p["start"])
    if start >= len(data):
        data, start = late, start - len(data)
    size = 0 if start < 0 or start > len(data) else max(min(size, len(data) - start), 0)
    if proto == TCP:
        take_tcp(f, me, peer, sender, p, data, start, size, pool, chunks, state, options, expected)
    else:
        take_datagram(f, me, p, data, start, size, pool, chunks, state, options)


@inlined
def head_flags(s: Any, proto: int) -> int:
    """HEAD_* bits of a side whose flow ended."""
    flags = i64(s["flags"])
    if proto == TCP:
        if s["known"] == BASE_GUESSED:
            flags |= HEAD_MIDSTREAM
        if s["filled"] >= s["cap"] and s["high"] > s["filled"]:
            flags |= HEAD_CAPPED
        elif s["top"] > s["filled"]:
            flags |= HEAD_GAP
        if s["ftp"] & FTP_ANNOUNCED:
            flags |= HEAD_ANNOUNCED
        if s["ftp"] & FTP_ANNOUNCED_TLS:
            flags |= HEAD_ANNOUNCED_TLS
    return int(flags)


@inlined
def side_bytes(s: Any, proto: int) -> int:
    """Payload bytes of a side, counted once.

    Both the progress of the sequence numbers and the sum over packets are at least the number of distinct bytes seen; a gap
    in the capture (or a lie) inflates the first, retransmission the second. The smaller is nearer to the truth.
    """
    return int(min(s["sum"], s["high"]) if proto == TCP else s["sum"])


@inlined
def hand_out(s: Any, pool: Any, state: Any, out_heads: Any) -> int:
    """Copy a head into the batch; return where it begins there."""
    at = state[S_BYTES]
    if s["head"] >= 0:
        source = s["head"] * UNIT
        copy(out_heads, at, pool, source, s["filled"])
        state[S_BYTES] += s["filled"]
    return int(at)


@inlined
def cut_within(cut: int, length: int) -> int:
    """Return a cut, or -1 where it lies beyond what the head holds."""
    return cut if 0 < cut <= length else -1


@helper
def end_flow(slot: int, flows: Any, sides: Any, table: Any, pool: Any, chunks: Any, state: Any, out: Any, out_heads: Any,
             out_ticks: Any) -> None:  # fmt: skip
    """Write a flow to the batch and free what it held. The batch has room: the kernel saw to that."""
    f = flows[slot]
    o, r = sides[2 * slot + f["orig"]], sides[2 * slot + 1 - f["orig"]]
    row = out[state[S_ROWS]]
    state[S_ROWS] += 1
    proto = i64(f["proto"])
    if f["orig"] == 0:
        row["orig_hi"], row["orig_lo"], row["resp_hi"], row["resp_lo"] = f["a_hi"], f["a_lo"], f["b_hi"], f["b_lo"]
        row["orig_p"], row["resp_p"] = f["a_p"], f["b_p"]
    else:
        row["orig_hi"], row["orig_lo"], row["resp_hi"], row["resp_lo"] = f["b_hi"], f["b_lo"], f["a_hi"], f["a_lo"]
        row["orig_p"], row["resp_p"] = f["b_p"], f["a_p"]
    row["first_ns"], row["last_ns"], row["number"], row["offset"] = f["first_ns"], f["last_ns"], f["number"], f["offset"]
    row["vlan"], row["tunnel"], row["tunnel_id"], row["proto"] = f["vlan"], f["tunnel"], f["tunnel_id"], f["proto"]
    row["orig_basis"] = f["basis"]
    row["orig_pkts"], row["resp_pkts"] = o["pkts"], r["pkts"]
    row["orig_bytes"], row["resp_bytes"] = side_bytes(o, proto), side_bytes(r, proto)
    row["orig_number"], row["orig_offset"] = o["number"], o["offset"]
    row["resp_number"], row["resp_offset"] = r["number"], r["offset"]
    if proto == TCP:
        row["state"] = OTH if is_lone_reset(o, r) else conn_state(o["state"], r["state"], o["sum"] == 0 and r["sum"] == 0)
    else:
        row["state"] = datagram_state(o["pkts"], r["pkts"])
    row["orig_flags"], row["resp_flags"] = head_flags(o, proto), head_flags(r, proto)
    row["orig_length"], row["resp_length"] = o["filled"], r["filled"]
    row["orig_start"] = hand_out(o, pool, state, out_heads)
    row["resp_start"] = hand_out(r, pool, state, out_heads)
    row["orig_cut0"], row["orig_cut1"] = cut_within(o["cut0"], o["filled"]), cut_within(o["cut1"], o["filled"])
    row["orig_cut2"], row["orig_cut3"] = cut_within(o["cut2"], o["filled"]), cut_within(o["cut3"], o["filled"])
    row["resp_cut0"], row["resp_cut1"] = cut_within(r["cut0"], r["filled"]), cut_within(r["cut1"], r["filled"])
    row["resp_cut2"], row["resp_cut3"] = cut_within(r["cut2"], r["filled"]), cut_within(r["cut3"], r["filled"])
    row["ticks"] = f["ticks"]
    chunk = i64(f["tick_head"])
    for k in range(f["ticks"]):
        if k > 0 and k % TIMES == 0:
            chunk = chunks[chunk, 0]
        out_ticks[state[S_TICKS]] = chunks[chunk, 1 + k % TIMES]
        state[S_TICKS] += 1
    give_chunks(chunks, state, i64(f["tick_head"]))
    forget(o, pool, state)
    forget(r, pool, state)
    remove(table, i64(f["hash"]), slot)
    f["touched"] = -1
    f["tick_head"] = state[S_FREE]
    state[S_FREE] = slot
    state[S_LIVE] -= 1


@helper
def oldest(flows: Any, counts: Any, used: int, share: int) -> int:
    """Packet count that the ``share`` least recently touched live flows do not exceed, by bisection (counts are distinct)."""
    live = 0
    for slot in range(used):
        touched = flows[slot]["touched"]
        if touched >= 0:
            counts[live] = touched
            live += 1
    low, high = counts[0], counts[0]
    for k in range(live):
        low, high = min(low, counts[k]), max(high, counts[k])
    while low < high:
        middle = (low + high) >> 1
        below = 0
        for k in range(live):
            if counts[k] <= middle:
                below += 1
        if below >= share:
            high = middle
        else:
            low = middle + 1
    return int(low)


@inlined
def start_sweep(p: Any, flows: Any, counts: Any, state: Any, options: Any) -> None:
    """Begin a sweep where one is due: for timeouts at marks, for room when the table is full."""
    if state[S_COUNT] >= state[S_MARK]:
        state[S_MARK] = state[S_COUNT] + max(options[O_SWEEP], state[S_LIVE])
        state[S_MODE] = SWEEP_IDLE
        state[S_AT] = 0
        state[S_LIMIT] = min(p["time_ns"], state[S_LAST_NS])  # one packet from the future ends nothing
    elif state[S_LIVE] >= options[O_MAX_LIVE]:
        state[S_MODE] = SWEEP_OLD
        state[S_AT] = 0
        state[S_LIMIT] = oldest(flows, counts, state[S_USED], max(options[O_MAX_LIVE] // 16, 1))


@helper
def sweep(flows: Any, sides: Any, table: Any, pool: Any, chunks: Any, state: Any, options: Any, out: Any, out_heads: Any,
          out_ticks: Any, ending: Any) -> bool:  # fmt: skip
    """Go on with the sweep under way; False when the batch is full before it is done.

    Flows that end are gathered, some dozen at a time, so that what they hold is asked of memory at once.
    """
    mode, limit = state[S_MODE], state[S_LIMIT]
    slot, mask = state[S_AT], len(table) - 1
    while slot < state[S_USED]:
        n = 0
        while slot < state[S_USED] and n < min(AHEAD, len(ending)):
            f = flows[slot]
            if f["touched"] >= 0 and (
                mode == SWEEP_ALL or (mode == SWEEP_OLD and f["touched"] <= limit) or (mode == SWEEP_IDLE and is_over(f, limit, options))
            ):
                ending[n] = slot
                n += 1
                prefetch(table, i64(f["hash"]) & mask)
                prefetch(sides, 2 * slot)
                prefetch(sides, 2 * slot + 1)
                prefetch(sides, 2 * slot + 2)
            slot += 1
        for k in range(n):
            for side in range(2 * ending[k], 2 * ending[k] + 2):
                s = sides[side]
                if s["head"] >= 0:
                    for line in range(0, min(i64(s["filled"]), 1024), 64):
                        prefetch(pool, i64(s["head"]) * UNIT + line)
        for k in range(n):
            if not has_room(state, options, out, out_heads, out_ticks):
                state[S_AT] = ending[k]
                return False
            end_flow(ending[k], flows, sides, table, pool, chunks, state, out, out_heads, out_ticks)
    state[S_MODE] = SWEEP_NONE
    return True


@inlined
def has_room(state: Any, options: Any, out: Any, out_heads: Any, out_ticks: Any) -> bool:
    """Whether the batch can take any one flow."""
    return bool(
        state[S_ROWS] < len(out)
        and state[S_BYTES] + 2 * options[O_HEAD] <= len(out_heads)
        and state[S_TICKS] + options[O_MAX_TICKS] <= len(out_ticks)
    )


@kernel(
    "int64(PACKET[::1], int64, uint8[::1], uint8[::1], FLOW[::1], SIDE[::1], int64[::1], uint8[::1], int64[:, ::1], int64[::1], int64[::1], OUT[::1],"
    " uint8[::1], int64[::1], int64, int64[::1], int64[::1], EXPECTED[::1])",
    lasting=True, PACKET=PACKET, FLOW=FLOW, SIDE=SIDE, OUT=OUT, EXPECTED=EXPECTED,
)  # fmt: skip
def assemble(packets: Any, begin: int, data: Any, late: Any, flows: Any, sides: Any, table: Any, pool: Any, chunks: Any, state: Any,
             options: Any, out: Any, out_heads: Any, out_ticks: Any, seed: int, hashes: Any, counts: Any,
             expected: Any) -> int:  # fmt: skip
    """Fold packets into flows until they or the room for ended flows run out.

    Parameters
    ----------
    packets : PACKET[n]
    begin : int
        First packet to take.
    data, late : uint8[m]
        What ``PACKET.start`` points into: ``data``, then ``late``.
    flows : FLOW[c]
    sides : SIDE[2 * c]
    table : int64[power of two]
        See :mod:`pcapscan.flows.key`.
    pool : uint8[p]
    chunks : int64[q, 8]
        See :mod:`pcapscan.flows.pool`.
    state : int64[STATE_SIZE]
    options : int64[9]
    out : OUT[rows]
    out_heads : uint8[r]
    out_ticks : int64[t]
        The batch of ended flows; ``state[S_ROWS]``, ``[S_BYTES]`` and ``[S_TICKS]`` tell how full it is.
    seed : int
        Of the hash.
    hashes : int64[h]
        Scratch; its length is how many packets are looked ahead.
    counts : int64[c]
        Scratch.
    expected : EXPECTED[BUCKETS * WAYS]
        See :mod:`pcapscan.flows.control`.

    Returns
    -------
    int
        The packet to go on with; ``n`` and no sweep under way when all is done.
    """
    i, hashed, ahead = begin, begin, begin
    while True:
        if state[S_MODE] != SWEEP_NONE and not sweep(flows, sides, table, pool, chunks, state, options, out, out_heads, out_ticks, counts):
            return i
        if i >= len(packets):
            return i
        if not has_room(state, options, out, out_heads, out_ticks):
            return i
        p = packets[i]
        start_sweep(p, flows, counts, state, options)
        if state[S_MODE] != SWEEP_NONE:
            continue
        if i >= ahead:
            hashed, ahead = i, look_ahead(packets, i, hashes, table, flows, sides, data, seed)
        if p["marks"] & PACKET_FRAGMENT:
            state[S_SKIPPED] += 1
        else:
            take_packet(p, data, late, flows, sides, table, pool, chunks, state, options, out, out_heads, out_ticks, hashes[i - hashed],
                        expected)  # fmt: skip
        state[S_COUNT] += 1
        state[S_LAST_NS] = p["time_ns"]
        i += 1
