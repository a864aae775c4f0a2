"""OPC UA binary.

On the wire (OPC 10000-6 section 7.1.2): message type ``HEL``, ``ACK``, ``OPN``, ``MSG``, ``CLO``, ``ERR``, ``RHE``, chunk ``F``, ``C`` or
``A``, little-endian length.

Looked at: those by side, lengths to the next message.

Fools it: nothing known.

Facts: ``endpoint``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, le32
from pcapscan.tables import TCP

from ._text import word

NAME = "opcua"
TRANSPORTS = (TCP,)
FIRST = (b"HOMCR", b"AOMECR")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    m = word(b, n, 0, b"ACKF|OPNF|MSGF|MSGC|MSGA|ERRF|RHEF|CLOF" if side else b"HELF|OPNF|MSGF|MSGC|MSGA|CLOF|RHEF")
    if m <= 0:
        return -2 if m else 0
    size = le32(b, n, 4)
    if size == -1:
        return -20
    if size < 8 or size > 0x1000000:
        return 0
    return 42 if size >= n or word(b, n, size, b"OPN|MSG|CLO|ACK|ERR") else 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = head.find(b"opc.tcp://", 0, 128)
    return {"endpoint": head[at : at + int.from_bytes(head[28:30], "little")].decode("utf-8", "replace")} if at == 32 else {}
