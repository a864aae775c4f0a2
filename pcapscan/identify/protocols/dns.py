"""Domain Name System, over UDP and TCP.

On the wire (RFC 1035 section 4): an identifier, flags, four counts, then the question and resource records; over TCP two bytes of length before each
message (section 4.2.2).

Looked at: opcode, reserved bit, response code and counts; every name, type and class of the question and of the first records, to the
datagram's end; an answer that repeats its query's identifier.

Fools it: tunnels over DNS are DNS. Names are not judged here. What has DNS's form but is multicast or link-local has names of its own
(mdns, llmnr); NetBIOS names are nbns.

Facts: ``query``, ``qtype`` (number), ``rcode`` (of an answer).
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix, mix_span
from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import HEAD_CAPPED, HEAD_SNAPPED, TCP, UDP

from ._contract import PLACED
from ._dns import message
from ._text import netbios_name

NAME = "dns"
TRANSPORTS = (TCP, UDP)
FIRST = (None, None)
QUERY = bytes(b for b in range(128) if b >> 3 in (0, 1, 2, 4, 5, 6))
ANSWER = bytes(b | 128 for b in QUERY)
"""Flags with an opcode that is assigned."""
HEADERS = tuple(
    {2: flags, 3: bytes(b for b in range(256) if b & 15 <= code), 4: b"\0", 5: bytes(range(65)), 6: bytes(range(5))}
    for flags, code in ((QUERY, 0), (ANSWER, 11))
)
PLACES = {UDP: HEADERS, TCP: tuple({2 + place: may for place, may in side.items() if 2 + place < PLACED} for side in HEADERS)}


@helper
def udp(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """Bits of a datagram that is a message."""
    whole = ctx[1] & (HEAD_SNAPPED | HEAD_CAPPED) == 0 or ctx[12] > n
    bits = message(b, n, 0, side, whole)
    if bits == 0 or (be16(b, n, 4) == 1 and netbios_name(b, n, 12)):
        return 0
    if side == 1 and be16(b, n, 0) == be16(p, pn, 0):
        return bits + 14 if bits > 0 else bits - 14
    # An error without its question proves nothing by itself.
    return min(bits, 16) if n == 12 else bits


@helper
def tcp(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """Bits of messages behind their lengths."""
    size = be16(b, n, 0)
    if size == -1:
        return -1
    if size < 12:
        return 0
    if n < 14:
        return -4
    end = min(n, 2 + size)
    bits = message(b, end, 2, side, end == 2 + size)
    if bits == 0:
        return 0
    extra = 0
    if n >= 2 + size:
        extra += 8
        if n == 2 + size:
            extra += 6
        elif be16(b, n, 2 + size) < 12 and n > 3 + size:
            return 0
    if side == 1 and be16(b, n, 2) == be16(p, pn, 2):
        extra += 14
    return bits + extra if bits > 0 else bits - extra


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    return tcp(b, n, side, p, pn, ctx) if ctx[0] == TCP else udp(b, n, side, p, pn, ctx)


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract: the first question and the response code."""
    at = 2 if be16(b, n, 0) == n - 2 or (be16(b, n, 6) == 1 and be16(b, n, 4) != 1) else 0
    i = at + 12
    while 0 < u8(b, n, i) < 64:
        i += 1 + u8(b, n, i)
    return mix(mix_span(SEED, b, n, at + 4, i + 5), u8(b, n, at + 3) & 15 if side == 1 and n > at + 3 else 16)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    words = [int.from_bytes(head[k : k + 2], "big") for k in (0, 4, 6)]
    at = 2 if words[0] == len(head) - 2 or (words[2] == 1 and words[1] != 1) else 0
    message_ = head[at:]
    found: dict[str, Any] = {}
    if side == 1:
        found["rcode"] = message_[3] & 15
    labels = []
    i = 12
    while i < len(message_) and 0 < message_[i] < 64:
        labels.append(message_[i + 1 : i + 1 + message_[i]].decode("latin-1"))
        i += 1 + message_[i]
    if message_[4:6] != b"\0\0":
        found["query"] = ".".join(labels)
        found["qtype"] = int.from_bytes(message_[i + 1 : i + 3], "big")
    return found
