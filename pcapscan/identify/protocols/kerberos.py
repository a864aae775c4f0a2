"""Kerberos 5.

On the wire (RFC 4120 sections 5.4 to 5.9 and 7.2.2): an ASN.1 message with an application tag, in a datagram, or over TCP behind four bytes of
length; its first fields are the protocol version (5) and the message type, which repeats the tag.

Looked at: lengths within each other, version and type.

Fools it: nothing known. The password protocol (kpasswd) has another frame and is not named.

Facts: ``message`` (number of the type), ``error`` (code of a KRB-ERROR).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP, UDP

from ._asn1 import ber_length, ber_value

NAME = "kerberos"
TRANSPORTS = (TCP, UDP)
FIRST = (None, None)
REQUESTS = bytes(0x60 + kind for kind in (10, 12, 14, 20, 21))
ANSWERS = bytes(0x60 + kind for kind in (11, 13, 15, 20, 21, 30))
"""Tags of messages."""
PLACES = {
    TCP: tuple({0: b"\0", 1: bytes(range(17)), 4: tags} for tags in (REQUESTS, ANSWERS)),
    UDP: tuple({0: tags} for tags in (REQUESTS, ANSWERS)),
}


@helper
def message(b: Any, n: int, i: int, side: int) -> int:
    """Bits of a message at ``i``."""
    tag = u8(b, n, i)
    if tag == -1:
        return -2
    kind = tag - 0x60
    if side == 0:
        if kind != 10 and kind != 12 and kind != 14 and kind != 20 and kind != 21:
            return 0
    elif kind != 11 and kind != 13 and kind != 15 and kind != 30 and kind != 20 and kind != 21:
        return 0
    size = ber_length(b, n, i + 1)
    at = ber_value(b, n, i + 1)
    if size == -1 or u8(b, n, at) == -1:
        return -6
    if size < 10 or u8(b, n, at) != 0x30:
        return 0
    inner = ber_length(b, n, at + 1)
    value = ber_value(b, n, at + 1)
    if inner == -1:
        return -14
    if value + inner != ber_value(b, n, i + 1) + size:
        return 0
    bits = 6 + 8 + 10
    # Requests number their fields from 1, everything else from 0.
    field = 0xA1 if kind == 10 or kind == 12 else 0xA0
    expected = be32(b, n, value)
    if expected == -1:
        return -bits
    if expected != (field << 24 | 0x030201) or u8(b, n, value + 4) not in (5, -1):
        return 0
    if u8(b, n, value + 9) == -1:
        return -bits - 32
    return bits + 70 if u8(b, n, value + 9) == kind and be32(b, n, value + 5) == ((field + 1) << 24 | 0x030201) else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        return message(b, n, 0, side)
    size = be32(b, n, 0)
    if size == -1:
        return -1
    if size < 16 or size > 1 << 20:
        return 0
    found = message(b, n, 4, side)
    return found + 10 if found > 0 else found - 4 if found < 0 else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 0 if head[0] >= 0x60 else 4
    found: dict[str, Any] = {"message": head[at] - 0x60}
    if found["message"] == 30:
        code = head.find(b"\xa6\x03\x02\x01")
        if code > 0:
            found["error"] = head[code + 4]
    return found


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract: the tag, and whether it is framed; of an error the whole (there are few)."""
    at = 0 if u8(b, n, 0) >= 0x60 else 4
    tag = u8(b, n, at)
    return error_code(b, n) + 256 if tag == 0x7E else tag + 1


@helper
def error_code(b: Any, n: int) -> int:
    """Code of a KRB-ERROR, plus one; 0 not found."""
    for i in range(n - 5):
        if be32(b, n, i) == 0xA6030201:
            return u8(b, n, i + 4) + 1
    return 0
