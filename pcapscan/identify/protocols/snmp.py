"""SNMP versions 1, 2c and 3.

On the wire (RFC 3416 section 3, RFC 3412 section 6): a BER SEQUENCE that fills the datagram: version, then community and PDU (0xA0 to
0xA8), or the header data of version 3.

Looked at: lengths of the sequence and its first elements against each other and the datagram, PDU tag, request id of both sides.

Fools it: nothing known.

Facts: ``version`` (``1``, ``2c``, ``3``), ``community``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import HEAD_SNAPPED, TCP, UDP

from ._asn1 import ber_length, ber_value

NAME = "snmp"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (b"\x30", b"\x30")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    size = ber_length(b, n, 1)
    if size == -1:
        return -8
    at = ber_value(b, n, 1)
    end = at + size
    if size < 10 or (ctx[0] == UDP and end != n and not (end > n and ctx[1] & HEAD_SNAPPED)):
        return 0
    # version: 02 01 0x, and tolerate leading zeros
    width = u8(b, n, at + 1)
    if (u8(b, n, at) != 2 and at < n) or width > 4 or width == 0:
        return 0
    version = u8(b, n, at + 1 + width) if width > 0 else -1
    if version == -1:
        return -16
    if version > 3 or (width > 1 and u8(b, n, at + 2) != 0):
        return 0
    at += 2 + width
    bits = 28
    tag = u8(b, n, at)
    inner = ber_length(b, n, at + 1)
    if tag == -1 or inner == -1:
        return -bits
    body = ber_value(b, n, at + 1)
    if inner < 0 or body + inner > end:
        return 0
    if version == 3:
        if tag != 0x30 or u8(b, n, body) not in (2, -1):
            return 0
        return bits + 24
    kind = u8(b, n, body + inner)
    if tag != 4 or (kind != -1 and not 0xA0 <= kind <= 0xA8):
        return 0
    if kind == -1:
        return -(bits + 8)
    rest = ber_length(b, n, body + inner + 1)
    if rest >= 0 and ber_value(b, n, body + inner + 1) + rest != end:
        return 0
    return bits + 20


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = head.find(b"\x02", 2, 7)
    if at < 0 or at + 5 > len(head):
        return {}
    version = head[at + 2]
    found: dict[str, Any] = {"version": {0: "1", 1: "2c", 3: "3"}.get(version, str(version))}
    if version != 3 and head[at + 3] == 4:
        found["community"] = head[at + 5 : at + 5 + head[at + 4]].decode("latin-1")
    return found
