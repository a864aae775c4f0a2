"""memcached: text and binary protocol, over TCP and UDP, and so Couchbase's key-value port.

On the wire (memcached's protocol.txt and protocol-binary): text lines ``get KEY``, ``set KEY FLAGS TTL BYTES``, answered by ``VALUE``,
``STORED``, ``STAT`` ...; binary 24-byte headers of magic 0x80 (request) and 0x81; over UDP behind 8 bytes of request id, sequence, total
and zero.

Looked at: a command word with its arguments, the answer's word; binary lengths against each other, opaque echoed.

Fools it: short text commands are everyday words, they count with the answer.

Facts: none.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, lit, u8
from pcapscan.tables import TCP, UDP

from ._text import MAP, digits, line_end, listed, spelled, vocabulary

NAME = "memcached"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (None, None)

COMMANDS = vocabulary(
    b"get |gets |set |add |replace |append |prepend |cas |incr |decr |delete |touch |stats\r\n|stats |"
    b"version\r\n|flush_all|verbosity |mg |ms |gat "
)
ANSWERS = vocabulary(
    b"VALUE |STORED\r\n|STAT |END\r\n|NOT_STORED\r\n|NOT_FOUND\r\n|DELETED\r\n|VERSION |CLIENT_ERROR |"
    b"SERVER_ERROR |ERROR\r\n|EXISTS\r\n|TOUCHED\r\n|OK\r\n"
)
PLACES = {
    TCP: ({0: b"\x80" + spelled(COMMANDS[MAP:])[0]}, {0: b"\x81" + spelled(ANSWERS[MAP:])[0]}),
    UDP: ({6: b"\0", 7: b"\0"},) * 2,
}


@helper
def storage(b: Any, n: int, i: int) -> int:
    """Bits of ``KEY FLAGS TTL BYTES`` at ``i``."""
    bits = 0
    while i < n and u8(b, n, i) > 32 and bits < 250:
        i += 1
    for _ in range(3):
        if u8(b, n, i) != 32:
            return bits
        d = digits(b, n, i + 1)
        if d == 0:
            return bits
        bits += 8
        i += d + 1
    return bits


@helper
def text(b: Any, n: int, side: int, at: int) -> int:
    """Look at the text protocol."""
    m = listed(b, n, at, ANSWERS) if side else listed(b, n, at, COMMANDS)
    if m <= 0:
        return -1 if m else 0
    end = line_end(b, n, at)
    if end == -1 or (end >= 0 and u8(b, n, end - 1) != 13):
        return 0
    bits = min(3 * m, 18)
    if m < 9 and side == 0 and u8(b, n, at) in (97, 99, 112, 114, 115):
        bits += storage(b, n, at + m)
    if side and (lit(b, n, at, b"VALUE ") and storage(b, n, at + 6) >= 16):
        bits += 16
    if side and end > 0 and lit(b, n, at, b"STAT ") and lit(b, n, end + 1, b"STAT "):
        bits += 20
    return bits


@helper
def binary(b: Any, n: int, side: int, p: Any, pn: int, at: int) -> int:
    """Look at a binary header."""
    total = be32(b, n, at + 8)
    if total == -1:
        return -2
    key = be16(b, n, at + 2)
    extras = u8(b, n, at + 4)
    if key > 250 or extras > 32 or u8(b, n, at + 5) > 7 or key + extras > total or total > 0x1500000:
        return 0
    bits = 8 + 4 + 3 + 5 + 6
    if at + 24 + total == n:
        bits += 10
    elif at + 24 + total < n and u8(b, n, at + 24 + total) != u8(b, n, at):
        return 0
    if pn and be32(p, pn, at + 12) == be32(b, n, at + 12) and u8(p, pn, at + 1) == u8(b, n, at + 1):
        bits += 10
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = 0
    extra = 0
    if ctx[0] == UDP:
        if n < 10 or be16(b, n, 6) != 0 or be16(b, n, 4) == 0 or be16(b, n, 2) >= be16(b, n, 4):
            return 0
        at = 8
        extra = 16 if be32(b, n, 2) == 1 else 4
        if pn and be16(p, pn, 0) == be16(b, n, 0):
            extra += 12
    first = u8(b, n, at)
    if first == 128 + side:
        return binary(b, n, side, p, pn, at) + extra if n > at + 11 else -2
    bits = text(b, n, side, at)
    return bits + extra if bits > 0 else bits
