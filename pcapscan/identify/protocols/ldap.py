"""Lightweight Directory Access Protocol, over TCP and (CLDAP) UDP.

On the wire (RFC 4511 section 4.1.1): a BER sequence of a message identifier and one operation; CLDAP (RFC 1798) sends it in datagrams.

Looked at: the sequence's length, the identifier's, the operation's tag for this side, that its length stays within; of a bind the version and name, of a
search the base, of a result the code.

Fools it: SNMP begins alike and has a version of 0 to 3 and a string where LDAP has an operation.

Facts: ``operation`` (number of the application tag), ``result`` (code).
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix, mix_span
from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP, UDP

from ._asn1 import ber_length, ber_value

NAME = "ldap"
TRANSPORTS = (TCP, UDP)
FIRST = (b"\x30", b"\x30")


@helper
def operation_at(b: Any, n: int) -> int:
    """Offset of the operation's tag; -1 cut, -2 wrong."""
    size = ber_length(b, n, 1)
    if size == -1:
        return -1
    if size < 5 or size > 1 << 24:
        return -2
    at = ber_value(b, n, 1)
    if u8(b, n, at) == -1:
        return -1
    if u8(b, n, at) != 2:
        return -2
    digits = u8(b, n, at + 1)
    if digits == -1:
        return -1
    if digits < 1 or digits > 4:
        return -2
    return at + 2 + digits


@helper
def is_operation(tag: int, side: int) -> bool:
    """Whether an application tag is one of this side's operations."""
    if side == 0:
        return tag in (0x60, 0x42, 0x63, 0x66, 0x68, 0x4A, 0x6C, 0x6E, 0x50, 0x77)
    return tag in (0x61, 0x64, 0x65, 0x67, 0x69, 0x6B, 0x6D, 0x6F, 0x73, 0x78, 0x79)


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    at = operation_at(b, n)
    if at == -2:
        return 0
    if at == -1:
        return -8
    tag = u8(b, n, at)
    if tag == -1:
        return -16
    if not is_operation(tag, side):
        return 0
    size = ber_length(b, n, at + 1)
    value = ber_value(b, n, at + 1)
    if size == -1:
        return -20
    end = ber_value(b, n, 1) + ber_length(b, n, 1)
    if size == -2 or value + size > end:
        return 0
    bits = 22 + (10 if value + size == end else 4) + (6 if end == n else 0)
    if tag == 0x60:
        if lit(b, n, value, b"\x02\x01\x03\x04") or lit(b, n, value, b"\x02\x01\x02\x04"):
            return bits + 28
        return -bits if value + 4 > n else 0
    if tag == 0x63:
        if u8(b, n, value) == -1:
            return -bits
        return bits + 8 if u8(b, n, value) == 4 else 0
    if tag == 0x64:
        if u8(b, n, value) == -1:
            return -bits
        return bits + 8 if u8(b, n, value) == 4 else 0
    if tag == 0x77 or tag == 0x73:
        return bits + 6
    if side == 1 and tag != 0x79:
        if value + 2 > n:
            return -bits
        return bits + 16 if u8(b, n, value) == 10 and u8(b, n, value + 1) == 1 else 0
    if tag == 0x42:
        return bits if size == 0 else 0
    return bits


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract."""
    at = operation_at(b, n)
    h = mix(SEED, u8(b, n, at) & 0xFF)
    value = ber_value(b, n, at + 1)
    return mix_span(h, b, n, value, value + 3) if side == 1 else h


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 2 if head[1] < 128 else 2 + (head[1] & 127)
    at += 2 + head[at + 1]
    found: dict[str, Any] = {"operation": head[at] & 31}
    value = at + (2 if head[at + 1] < 128 else 2 + (head[at + 1] & 127))
    if side == 1 and head[value : value + 2] == b"\x0a\x01":
        found["result"] = head[value + 2]
    return found
