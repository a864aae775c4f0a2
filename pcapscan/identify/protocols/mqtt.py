"""MQTT 3.1, 3.1.1 and 5.

On the wire (MQTT 5.0 section 2.1): packets of type and flags, a remaining length of one to four bytes. The client's first is CONNECT with
the protocol's name ``MQTT`` or ``MQIsdp`` and version (3.1.2); the server's first CONNACK.

Looked at: CONNECT; the walk over packets whose flags are fixed, PUBLISH with a topic that fits; CONNACK's form.

Fools it: mid-stream, the walk over two-byte packets is weak; only several packets name a flow.

Facts: ``client_id``, ``protocol_version``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._text import printable, word

NAME = "mqtt"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: ({0: b"\x10"}, {0: bytes([*range(0x20, 0x30), *range(0xF0, 0x100)])})}


@helper
def remaining(b: Any, n: int, i: int) -> int:
    """Remaining length at ``i`` times 8 plus its own width; -1 the head ends within; -2 too long."""
    value = 0
    for k in range(4):
        c = u8(b, n, i + k)
        if c == -1:
            return -1
        value |= (c & 127) << (7 * k)
        if c < 128:
            return value * 8 + k + 1
    return -2


@helper
def packet(b: Any, n: int, at: int, side: int, size: int, body: int) -> int:
    """Bits of one packet that is not CONNECT; 0 it cannot be."""
    kind = u8(b, n, at) >> 4
    flags = u8(b, n, at) & 15
    if kind == 3:
        topic = be16(b, n, body)
        if flags & 6 == 6 or topic == 0 or topic + 2 > size or topic > 512:
            return 0
        return 12 if printable(b, n, body + 2, body + 2 + topic) else 0
    if flags != (2 if kind in (6, 8, 10) else 0):
        return 0
    if kind == 2:
        if side == 0 or size < 2 or size > 2000 or u8(b, n, body) > 1:
            return 0
        return 26 if size == 2 and u8(b, n, body + 1) <= 5 else 16
    if kind in (4, 5, 6, 7, 11):
        return 12 if size == 2 else 5 if size < 64 else 0
    if kind == 12 or kind == 13 or kind == 14:
        return 13 if size == 0 and (kind == 14 or (kind == 13) == (side == 1)) else 0
    if kind == 8 or kind == 10:
        return 12 if side == 0 and size >= 4 else 0
    return 8 if kind == 9 and side == 1 and 3 <= size < 300 else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    bits = 0
    at = 0
    begins = ctx[1] & HEAD_MIDSTREAM != 0 or (u8(b, n, 0) == 16 if side == 0 else u8(b, n, 0) >> 4 in (2, 15))
    if n >= 5 and not begins:
        return 0
    for _ in range(6):
        if at >= n:
            break
        got = remaining(b, n, at + 1)
        if got == -1:
            return -max(bits, 1)
        if got == -2:
            return 0
        size = got >> 3
        body = at + 1 + (got & 7)
        if u8(b, n, at) == 16 and side == 0:
            m = word(b, n, body, b"\x00\x04MQTT|\x00\x06MQIsdp")
            if m == 0:
                return 0
            if m < 0:
                return -(bits + 8)
            level = u8(b, n, body + m) & 127
            if level != 127 and not 3 <= level <= 5:
                return 0
            return bits + 60
        if at == 0 and not ctx[1] & HEAD_MIDSTREAM and (side == 0 or u8(b, n, 0) >> 4 not in (2, 15)):
            # a connection begins with CONNECT and CONNACK, or AUTH
            return 0
        value = packet(b, n, at, side, size, body)
        if value == 0:
            return 0
        bits += value
        at = body + size
        if at == n:
            bits += 4
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = head.find(b"MQ", 2, 10)
    if side == 1 or at < 0:
        return {}
    at += 4 if head[at : at + 4] == b"MQTT" else 6
    found: dict[str, Any] = {"protocol_version": {3: "3.1", 4: "3.1.1", 5: "5"}.get(head[at], str(head[at]))}
    where = at + 4
    if head[at] == 5 and where < len(head) and head[where] < 128:
        where += 1 + head[where]
    size = int.from_bytes(head[where : where + 2], "big")
    found["client_id"] = head[where + 2 : where + 2 + size].decode("latin-1")
    return found
