"""BER lengths (X.690 section 8.1.3), for the protocols that are written in ASN.1. ``i`` is where the length octets begin."""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, be32, helper, u8


@helper
def ber_length(b: Any, n: int, i: int) -> int:
    """Definite length at ``i``; -1 the head ends within it; -2 indefinite, or over four octets."""
    first = u8(b, n, i)
    if first < 128:
        return first
    if first == 129:
        return u8(b, n, i + 1)
    if first == 130:
        return be16(b, n, i + 1)
    if first == 131:
        return be24(b, n, i + 1)
    if first == 132:
        return be32(b, n, i + 1)
    return -2


@helper
def ber_value(b: Any, n: int, i: int) -> int:
    """Offset of the value behind the length octets at ``i``."""
    first = u8(b, n, i)
    return i + 1 if first < 128 else i + 1 + (first & 127)
