"""ONC (Sun) RPC: portmapper, NFS, mount and the like.

On the wire (RFC 5531 section 9): a call has xid, 0, RPC version 2, program, version, procedure, credential and verifier; a reply has the
same xid, 1, accepted or denied. Over TCP each record's fragment begins with a last-fragment bit and 31 bits of length (section 11).

Looked at: those words, the credential's flavour and length, record lengths up to the next record, the xid on both sides.

Fools it: a reply alone is mostly zeros, so it needs its call or a second reply.

Facts: ``program``, ``program_version``, ``procedure`` of the first call.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be32, helper, u8
from pcapscan.tables import TCP, UDP

NAME = "rpc"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (None, None)
PLACES = {
    TCP: ({0: b"\0\x80", 1: bytes(range(33))},) * 2,
    UDP: ({4: b"\0", 5: b"\0", 6: b"\0", 7: b"\0"}, {4: b"\0", 5: b"\0", 6: b"\0", 7: b"\x01"}),
}


@helper
def message(b: Any, n: int, i: int, side: int) -> int:
    """Bits of the call or reply that begins at ``i``; 0 it is none; negative where the head ends within."""
    kind = be32(b, n, i + 4)
    if kind == -1:
        return -1
    if kind != side:
        return 0
    if side == 0:
        version = be32(b, n, i + 8)
        program = be32(b, n, i + 12)
        if (version != 2 and version != -1) or program == 0 or program >= 0x60000000:
            return 0
        if be32(b, n, i + 16) > 1000 or be32(b, n, i + 20) > 1000 or (be32(b, n, i + 24) > 6 and be32(b, n, i + 24) < 300000):
            return 0
        size = be32(b, n, i + 28)
        if size > 400:
            return 0
        if size == -1:
            return -14
        return 44 if 100000 <= program < 101000 else 30
    status = be32(b, n, i + 8)
    if status > 1:
        return 0
    if status == 1:
        return 10 if be32(b, n, i + 12) <= 1 else 0
    if be32(b, n, i + 12) > 6 or be32(b, n, i + 16) > 400 or (be32(b, n, i + 20) > 5 and be32(b, n, i + 16) == 0):
        return 0
    return 16 if be32(b, n, i + 12) >= 0 else -10


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        bits = message(b, n, 0, side)
        if bits <= 0:
            return 0
        if be32(b, n, 0) == be32(p, pn, 0):
            bits += 32
        elif ctx[5] > 0 and message(b, ctx[5], n, side) > 0 and be32(b, n, 0) != be32(b, ctx[5], n):
            bits += 16
        return bits
    bits = 0
    at = 0
    for _ in range(4):
        if at >= n:
            break
        mark = be32(b, n, at)
        if mark == -1:
            return -max(bits, 1) if u8(b, n, at) & 0x7F == 0 else 0
        size = mark & 0x7FFFFFFF
        if size < 20 or size > 0x200000:
            return 0
        got = message(b, n, at + 4, side)
        if got == 0:
            # NFS 4.1 calls back on the same connection
            return bits if at and message(b, n, at + 4, 1 - side) else 0
        if got < 0:
            return -(bits + 4)
        bits += got + 4
        if at == 0 and be32(b, n, 4) == be32(p, pn, 4):
            bits += 30
        at += size + 4
        if at == n:
            bits += 8
        if mark < 0x80000000:
            break
    return bits


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    at = 4 if head[:1] == b"\x80" and head[8:16] == b"\0\0\0\0\0\0\0\x02" else 0
    words = [int.from_bytes(head[i : i + 4], "big") for i in range(at, min(len(head), at + 24), 4)]
    if side == 1 or len(words) < 6:
        return {}
    return {"program": words[3], "program_version": words[4], "procedure": words[5]}
