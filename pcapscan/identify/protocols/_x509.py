"""Just enough X.509 (RFC 5280 section 4.1) for a finding: subject, issuer and validity, out of a leaf certificate that may be cut.

The fields stand in a certificate's first hundreds of bytes, so a head that ends within the certificate still tells them.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

OIDS = {
    b"\x55\x04\x03": "CN", b"\x55\x04\x06": "C", b"\x55\x04\x07": "L", b"\x55\x04\x08": "ST", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01": "emailAddress", b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
}  # fmt: skip
MAX_NAME = 64
"""Attributes of one name that are read."""


class CutError(ValueError):
    """The bytes end, or are not DER."""


def element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, first byte and end of the DER element at ``at``; the end may lie behind the bytes at hand."""
    if at + 2 > len(data):
        raise CutError
    tag, size = data[at], data[at + 1]
    at += 2
    if size & 0x80:
        octets = size & 0x7F
        if octets == 0 or octets > 4 or at + octets > len(data):
            raise CutError
        size = int.from_bytes(data[at : at + octets], "big")
        at += octets
    return tag, at, at + size


def _expect(data: bytes, at: int, *tags: int) -> tuple[int, int]:
    tag, start, end = element(data, at)
    if tag not in tags:
        raise CutError
    return start, end


def name(data: bytes, start: int, end: int) -> str:
    """A distinguished name as ``CN=..., O=...``, in the certificate's order."""
    if end > len(data):
        raise CutError
    parts: list[str] = []
    while start < end and len(parts) < MAX_NAME:
        at, stop = _expect(data, start, 0x31)
        while at < stop:
            inner, after = _expect(data, at, 0x30)
            oid, oid_end = _expect(data, inner, 0x06)
            tag, text, text_end = element(data, oid_end)
            raw = data[text : min(text_end, after)]
            key = OIDS.get(data[oid:oid_end], data[oid:oid_end].hex())
            parts.append(f"{key}={raw.decode('utf-16-be' if tag == 0x1E else 'utf-8', 'replace')}")
            at = after
        start = stop
    return ", ".join(parts)


def _time(data: bytes, at: int) -> tuple[str, int]:
    """A time as RFC 3339, as it stands where it is none; and its end. RFC 5280 section 4.1.2.5: two digits from 50 on are of 1950 to 1999."""
    tag, start, end = element(data, at)
    figures = {0x17: 2, 0x18: 4}.get(tag)
    if figures is None or end > len(data):
        raise CutError
    text = data[start:end].decode("ascii", "replace")
    if len(text) != figures + 11 or not text.endswith("Z") or not text[:-1].isdecimal():
        return text, end
    year, rest = int(text[:figures]), text[figures:-1]
    if figures == 2:
        year += 1900 if year >= 50 else 2000
    month, day, hour, minute, second = (int(rest[k : k + 2]) for k in range(0, 10, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat()[:19] + "Z", end
    except ValueError:
        return text, end


def certificate_facts(data: bytes, length: int) -> dict[str, Any]:
    """Facts of a leaf certificate of ``length`` bytes, of which ``data`` are at hand."""
    found: dict[str, Any] = {}
    try:
        at, _ = _expect(data, 0, 0x30)
        at, _ = _expect(data, at, 0x30)
        tag, _, end = element(data, at)
        if tag == 0xA0:
            at = end
        _, at = _expect(data, at, 0x02)
        _, at = _expect(data, at, 0x30)
        issuer, issuer_end = _expect(data, at, 0x30)
        found["issuer"] = name(data, issuer, issuer_end)
        valid, at = _expect(data, issuer_end, 0x30)
        found["not_before"], after = _time(data, valid)
        found["not_after"], _ = _time(data, after)
        subject, subject_end = _expect(data, at, 0x30)
        found["subject"] = name(data, subject, subject_end)
        found["self_signed"] = data[issuer:issuer_end] == data[subject:subject_end]
    except CutError:
        pass
    if found and len(data) == length:
        found["sha256"] = hashlib.sha256(data).hexdigest()
    return found
