"""The fused kernel: one walk over each record of a block, from its link header to the payload of its innermost conversation.

What each layer means is in :mod:`.link`, :mod:`.ip`, :mod:`.tunnel` and :mod:`.transport`; this file only leads from one to the
next. Plain Ethernet, IPv4 and TCP, which is most of any capture, takes a short way that answers the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import be16, be32, helper, kernel, u8
from pcapscan.tables import ICMP, ICMP6, PACKET, PACKET_BAD_IP, PACKET_REASSEMBLED, PACKET_SNAPPED, RECORD, SCTP, TCP, UDP

from .codes import (
    CHDLC,
    DONE,
    DOT11,
    ETHER,
    ETHERTYPE,
    FRAME_RELAY,
    IP,
    IP4,
    IP6,
    LINK,
    LLC,
    MAX_DEPTH,
    MAX_STEPS,
    MPLS,
    PPP,
    PPPOE,
    PROTO,
    R_DEEP,
    R_IP4_HEADER,
    R_IP4_SHORT,
    R_IP6_EXTENSION,
    R_IP6_SHORT,
    R_IP_PROTOCOL,
    R_IP_VERSION,
    R_RECORD,
)
from .fragments import (
    DATAGRAM,
    FRAGMENT,
    ORIGIN,
    PIECE,
    W_LAST,
    W_LATE,
    W_QUEUE,
    W_RECORD,
    W_ROWS,
    W_WAITING,
    free,
    give_up,
    largest,
    take,
    write_out,
)
from .ip import extensions, word, word4
from .link import chdlc, dot11, ether, ethertype, frame_relay, link_layer, llc, mpls, ppp, pppoe
from .transport import icmp, sctp, tcp, udp
from .tunnel import T_6IN4, T_IPIP, T_OTHER, gre, udp_tunnel

NO_VLAN = 0xFFFF

RAW4, RAW6 = 228, 229
"""LINKTYPE_ numbers of packets that begin with their IP header."""


Address = tuple[Any, Any, Any, Any]
"""Source and destination, each as high and low word."""


@helper
def _addresses4(b: Any, pos: int) -> Address:
    return np.uint64(0), word4(b, pos + 12), np.uint64(0), word4(b, pos + 16)


@helper
def _addresses6(b: Any, pos: int) -> Address:
    return word(b, pos + 8), word(b, pos + 16), word(b, pos + 24), word(b, pos + 32)


@helper
def _put_addresses(row: Any, address: Address) -> None:
    row["src_hi"], row["src_lo"], row["dst_hi"], row["dst_lo"] = address


@helper
def _put_fragment(fragment: Any, address: Address, start: int, cap: int, end: int, at: int, more: int, ident: int) -> None:
    _put_addresses(fragment, address)
    fragment["start"] = start
    fragment["caplen"] = max(min(cap, end) - start, 0)
    fragment["length"] = end - start
    fragment["at"] = at
    fragment["more"] = more
    fragment["ident"] = ident


@helper
def _put_around(row: Any, proto: int, vlan: int, tunnel: int, tunnel_id: int) -> None:
    row["proto"] = proto
    row["vlan"] = vlan
    row["tunnel"] = tunnel
    row["tunnel_id"] = tunnel_id


@helper
def _put_payload(row: Any, src_p: int, dst_p: int, start: int, size: int, cap: int, marks: int) -> None:
    """Ports and payload; what was captured of it may be less than what was sent."""
    start = min(start, cap)
    captured = min(cap - start, size)
    row["src_p"] = src_p
    row["dst_p"] = dst_p
    row["start"] = start
    row["caplen"] = captured
    row["paylen"] = size
    row["marks"] = marks | (PACKET_SNAPPED if captured < size else 0)


@helper
def _put_tcp(row: Any, b: Any, pos: int) -> None:
    row["seq"] = be32(b, pos + 20, pos + 4)
    row["ack"] = be32(b, pos + 20, pos + 8)
    row["flags"] = b[pos + 13]
    row["window"] = be16(b, pos + 20, pos + 14)


@helper
def _below_ip(b: Any, pos: int, cap: int, end: int, layer: int, arg: int) -> tuple[int, int, int]:
    """One step through the layers below IP."""
    if layer == ETHERTYPE:
        return ethertype(b, pos, cap, arg)
    if layer == ETHER:
        return ether(b, pos, cap)
    if layer == LLC:
        return llc(b, pos, cap)
    if layer == PPP:
        return ppp(b, pos, cap)
    if layer == PPPOE:
        return pppoe(b, pos, cap)
    if layer == MPLS:
        return mpls(b, pos, cap, end)
    if layer == DOT11:
        return dot11(b, pos, cap, arg)
    if layer == CHDLC:
        return chdlc(b, pos, cap)
    if layer == FRAME_RELAY:
        return frame_relay(b, pos, cap)
    if layer == LINK:
        return link_layer(b, pos, cap, arg)
    version = u8(b, cap, pos) >> 4  # IP
    if version == 4:
        return IP4, pos, 0
    if version == 6:
        return IP6, pos, 0
    return -R_IP_VERSION, pos, 0


@helper
def walk(
    b: Any,
    pos: int,
    cap: int,
    end: int,
    link: int,
    vlan: int,
    tunnel: int,
    tunnel_id: int,
    depth: int,
    base_marks: int,
    row: Any,
    fragment: Any,
) -> tuple[int, int, int]:
    """Decode one record into ``row`` or ``fragment``.

    Parameters
    ----------
    b : uint8[m]
    pos, cap, end : int
        Where it begins, where what was captured of it ends, and where it ended on the wire.
    link : int
        LINKTYPE_ number.
    vlan, tunnel, tunnel_id, depth, base_marks : int
        What is known of it before its first byte, where it was put together from fragments found inside other layers.
    row : PACKET, out
    fragment : FRAGMENT, out

    Returns
    -------
    (packets, fragments, reason)
        Exactly one of the three is not 0.
    """
    # A packet is written whole, at the end of its walk, so that one found in a tunnel replaces the outer one only if it is sound.
    address = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    iplen = 0
    have = 0
    marks = base_marks
    proto = 0
    layer, arg = LINK, link
    for _ in range(MAX_STEPS):
        if layer < 0:
            return (1, 0, 0) if have else (0, 0, -layer)
        if layer == PROTO:
            if proto == TCP:
                reason, src_p, dst_p, start, size = tcp(b, pos, cap, end)
                if reason == 0:
                    _put_tcp(row, b, pos)
            elif proto == UDP:
                reason, src_p, dst_p, start, size = udp(b, pos, cap, end)
            elif proto == ICMP or proto == ICMP6:  # noqa: SIM109 - numba compiles comparisons far faster than a tuple
                reason, src_p, dst_p, start, size = icmp(b, pos, cap, end, proto)
            elif proto == SCTP:
                reason, src_p, dst_p, start, size = sctp(b, pos, cap, end)
            elif proto == 47:
                layer, pos, arg, tunnel, tunnel_id = gre(b, pos, cap)
                continue
            elif proto == 4 or proto == 41:
                tunnel, tunnel_id = (T_IPIP if proto == 4 else T_6IN4), 0
                layer = IP
                continue
            elif proto == 97 and be16(b, cap, pos) == 0x3000:  # EtherIP, RFC 3378
                tunnel, tunnel_id = T_OTHER, 0
                layer, pos = ETHER, pos + 2
                continue
            elif proto == 143:  # Ethernet in segment routing, RFC 8986
                tunnel, tunnel_id = T_OTHER, 0
                layer = ETHER
                continue
            elif proto == 137:  # MPLS in IP, RFC 4023
                tunnel, tunnel_id = T_OTHER, 0
                layer = MPLS
                continue
            else:
                layer = -(R_IP_PROTOCOL + proto)
                continue
            if reason:
                layer = -reason
                continue
            if proto != TCP:
                row["seq"] = be32(b, pos + 8, pos + 4) if proto == SCTP else 0
                row["ack"] = 0
                row["flags"] = 0
                row["window"] = 0
            _put_payload(row, src_p, dst_p, start, size, cap, marks)
            _put_addresses(row, address)
            _put_around(row, proto, vlan, tunnel, tunnel_id)
            row["iplen"] = iplen
            if proto != UDP:
                return 1, 0, 0
            layer, inner, arg, kind, ident = udp_tunnel(b, start, cap, start + size)
            if layer == DONE:
                return 1, 0, 0
            have, tunnel, tunnel_id, pos = 1, kind, ident, inner
            end = start + size
            cap = min(cap, end)
        elif layer == IP4:
            if pos + 20 > cap:
                layer = -R_IP4_SHORT
                continue
            first = u8(b, cap, pos)
            size = (first & 15) * 4
            if first >> 4 != 4:
                layer = -R_IP_VERSION
                continue
            if size < 20:
                layer = -R_IP4_HEADER
                continue
            if pos + size > cap:
                layer = -R_IP4_SHORT
                continue
            if depth >= MAX_DEPTH:
                layer = -R_DEEP
                continue
            depth += 1
            total = be16(b, cap, pos + 2)
            marks = base_marks
            if total >= size:
                end = pos + total
                cap = min(cap, end)
            elif total > 0:  # 0 is what segmentation offload leaves
                marks |= PACKET_BAD_IP
            iplen = end - pos
            address = _addresses4(b, pos)
            proto = u8(b, cap, pos + 9)
            where = be16(b, cap, pos + 6)
            ident = be16(b, cap, pos + 4)
            pos += size
            layer = PROTO
            if where & 0x3FFF:
                _put_fragment(fragment, address, pos, cap, end, (where & 0x1FFF) * 8, (where >> 13) & 1, ident)
                _put_around(fragment, proto, vlan, tunnel, tunnel_id)
                fragment["version"], fragment["depth"] = 4, depth
                return 0, 1, 0
            if proto == 51:
                layer, pos, proto = extensions(b, pos, cap, proto)
                layer = PROTO if layer == DONE else layer
        elif layer == IP6:
            if pos + 40 > cap:
                layer = -R_IP6_SHORT
                continue
            if u8(b, cap, pos) >> 4 != 6:
                layer = -R_IP_VERSION
                continue
            if depth >= MAX_DEPTH:
                layer = -R_DEEP
                continue
            depth += 1
            total = be16(b, cap, pos + 4)
            marks = base_marks
            if total > 0:  # 0: a jumbogram (RFC 2675), or what segmentation offload leaves
                end = pos + 40 + total
                cap = min(cap, end)
            iplen = end - pos
            address = _addresses6(b, pos)
            layer, pos, proto = extensions(b, pos + 40, cap, u8(b, cap, pos + 6))
            if layer == DONE and proto == 44:
                where = be16(b, cap, pos + 2)
                if pos + 8 > cap or pos + 8 > end:
                    layer = -R_IP6_EXTENSION
                    continue
                proto = u8(b, cap, pos)
                ident = be32(b, cap, pos + 4)
                pos += 8
                if where & 0xFFF9:
                    _put_fragment(fragment, address, pos, cap, end, where & 0xFFF8, where & 1, ident)
                    _put_around(fragment, proto, vlan, tunnel, tunnel_id)
                    fragment["version"], fragment["depth"] = 6, depth
                    return 0, 1, 0
                layer, pos, proto = extensions(b, pos, cap, proto)  # an atomic fragment, RFC 6946
            layer = PROTO if layer == DONE else layer
        else:
            if layer == ETHERTYPE and (arg == 0x8100 or arg == 0x88A8 or arg == 0x9100 or arg == 0x9200 or arg == 0x9300):
                tag = be16(b, cap, pos) & 0x0FFF
                if tag > 0:  # 0 is a priority without a VLAN
                    vlan = tag
            layer, pos, arg = _below_ip(b, pos, cap, end, layer, arg)
    return (1, 0, 0) if have else (0, 0, R_DEEP)


@helper
def _plain_tcp(b: Any, pos: int, cap: int, row: Any) -> bool:
    """Go the short way: Ethernet II, IPv4 of 20 bytes, no fragment, TCP, wholly sound. False where the long way must tell."""
    if pos + 54 > cap or b[pos + 12] != 8 or b[pos + 13] != 0 or b[pos + 14] != 0x45 or b[pos + 23] != TCP:
        return False
    total = be16(b, cap, pos + 16)
    size = (u8(b, cap, pos + 46) >> 4) * 4
    if be16(b, cap, pos + 20) & 0x3FFF or size < 20 or total < 20 + size:
        return False
    row["src_hi"] = np.uint64(0)
    row["src_lo"] = word4(b, pos + 26)
    row["dst_hi"] = np.uint64(0)
    row["dst_lo"] = word4(b, pos + 30)
    _put_tcp(row, b, pos + 34)
    start = pos + 34 + size
    _put_payload(row, be16(b, cap, pos + 34), be16(b, cap, pos + 36), start, total - 20 - size, min(cap, pos + 14 + total), 0)
    row["proto"] = TCP
    row["iplen"] = total
    row["vlan"] = NO_VLAN
    row["tunnel"] = 0
    row["tunnel_id"] = 0
    return True


@helper
def _put_origin(row: Any, origin: Any) -> None:
    row["time_ns"], row["number"], row["offset"] = origin["time_ns"], origin["number"], origin["offset"]


@kernel(
    "int64(RECORD[::1], uint8[::1], PACKET[::1], uint8[::1], FRAGMENT[::1], ORIGIN[::1], DATAGRAM[::1], PIECE[::1], uint8[::1], int32[::1],"
    " int64[::1], int64[::1], int64[::1], boolean)",
    lasting=True, RECORD=RECORD, PACKET=PACKET, FRAGMENT=FRAGMENT, ORIGIN=ORIGIN, DATAGRAM=DATAGRAM, PIECE=PIECE,
)  # fmt: skip
def walk_block(records: Any, b: Any, rows: Any, late: Any, fragments: Any, origins: Any, datagrams: Any, pieces: Any, data: Any, homes: Any,
               w: Any, limits: Any, counts: Any, ending: bool) -> int:  # fmt: skip
    """Decode a block of records, and what fragments before and in it make up.

    Parameters
    ----------
    records : RECORD[n]
    b : uint8[m]
        What ``records["start"]`` points into. No byte outside a record's own is read.
    rows : PACKET[n + waiting + 1], out
        In the order of the records; what was put together stands where its last fragment was.
    late : uint8[l], out
        Bytes of datagrams; packets found there begin at ``m`` and beyond.
    fragments, origins : FRAGMENT[1], ORIGIN[1]
        Scratch.
    datagrams, pieces, data, homes, w, limits
        See :class:`pcapscan.decode.fragments.Waiting`. ``w[W_RECORD]`` tells where to begin, ``w[W_ROWS]`` and ``w[W_LATE]`` how much was
        written.
    counts : int64[R_COUNT], out
        Raised by one at the reason for each record that gave no packet.
    ending : bool
        Whether there are no more records after these: nothing waits any longer.

    Returns
    -------
    int
        0 when all is done, else the bytes that ``late`` has to have more room for.
    """
    n, r = w[W_ROWS], w[W_RECORD]
    fragment, origin = fragments[0], origins[0]
    while True:
        row = rows[n]
        slot = w[W_QUEUE]
        if slot >= 0:
            at = w[W_LATE]
            d = datagrams[slot]
            need = largest(d)
            if at + need > len(late):
                w[W_ROWS], w[W_RECORD] = n, r
                return need
            cap, end = write_out(d, late, at, pieces, data)
            w[W_QUEUE], w[W_LATE] = d["newer"], cap
            _put_origin(origin, d)
            bytes_, base = late, len(b)
            link = RAW4 if d["version"] == 4 else RAW6
            vlan, tunnel, tunnel_id = int(np.int64(d["vlan"])), int(np.int64(d["tunnel"])), int(np.int64(d["tunnel_id"]))
            depth, marks = int(np.int64(d["depth"])) - 1, PACKET_REASSEMBLED if d["members"] > 1 else 0
            free(slot, datagrams, pieces, w)
        elif r < len(records):
            record = records[r]
            r += 1
            at = int(np.int64(record["start"]))
            caplen = int(np.int64(record["caplen"]))
            if at < 0 or caplen < 0 or at + caplen > len(b):
                counts[R_RECORD] += 1
                continue
            cap = at + caplen
            if record["link"] == 1 and _plain_tcp(b, at, cap, row):
                _put_origin(row, record)
                n += 1
                continue
            end = at + max(caplen, int(np.int64(record["wirelen"])))
            _put_origin(origin, record)
            bytes_, base = b, 0
            link = int(np.int64(record["link"]))
            vlan, tunnel, tunnel_id, depth, marks = NO_VLAN, 0, 0, 0, 0
        elif ending and w[W_WAITING] > 0:
            w[W_LAST] = -1
            while w[W_WAITING] > 0:
                give_up(datagrams, pieces, homes, w, counts)
            continue
        else:
            w[W_ROWS], w[W_RECORD] = n, r
            return 0
        packets, inside, reason = walk(bytes_, at, cap, end, link, vlan, tunnel, tunnel_id, depth, marks, row, fragment)
        if packets:
            row["start"] += base
            _put_origin(row, origin)
            n += 1
        elif inside:
            take(fragment, bytes_, origin, datagrams, pieces, data, homes, w, limits, counts)
        else:
            counts[reason] += 1
