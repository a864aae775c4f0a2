"""Datagram TLS, 1.0 to 1.3.

On the wire (RFC 6347 section 4, RFC 9147 section 4): records of type 20 to 25, a version, epoch and sequence number, a length; a handshake message
carries its fragment's place. DTLS 1.3 encrypts under a unified header of three fixed bits, which is not recognised alone.

Looked at: every record of the first datagram, to its end; the hello in it.

Fools it: nothing known; a flow of unified headers only stays unknown.

Facts: as of tls.
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix, mix_span
from pcapscan.kernels import be16, be24, be32, helper, u8
from pcapscan.tables import HEAD_CAPPED, HEAD_SNAPPED, SCTP, UDP

from ._hello import client_essence, server_essence, sni_span, walk_client, walk_server

NAME = "dtls"
TRANSPORTS = (UDP, SCTP)
FIRST = (bytes(range(20, 26)), bytes(range(20, 26)))


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    i = 0
    bits = 0
    while i < n:
        v = be16(b, n, i + 1)
        if v == -1 or u8(b, n, i) < 20 or u8(b, n, i) > 25:
            return 0
        if v != 0xFEFF and v != 0xFEFD and v != 0xFEFC and v != 0x0100:
            return 0
        size = be16(b, n, i + 11)
        if size <= 0 or size > 16384 + 2048 or (be16(b, n, i + 3) > 16 and i == 0):
            return 0
        if bits == 0:
            bits = 30
        i += 13 + size
    if i == n:
        bits += 14
    # A datagram is whole: a record that does not end with it was cut by the capture, or is none.
    elif ctx[1] & (HEAD_SNAPPED | HEAD_CAPPED) == 0:
        return 0
    if u8(b, n, 0) == 22 and be16(b, n, 3) == 0:
        kind = u8(b, n, 13)
        size = be24(b, n, 14)
        if kind > 25 or be24(b, n, 19) > size:
            return 0
        whole = be24(b, n, 19) == 0 and be24(b, n, 22) == size
        if kind == 1 and whole:
            found = walk_client(b, min(n, 13 + be16(b, n, 11)), 25, 25 + size, 1)
            return bits + (found if found > 0 else -found) if found != 0 else 0
        if kind == 2 and whole:
            found = walk_server(b, min(n, 13 + be16(b, n, 11)), 25, 25 + size)
            return bits + (found if found > 0 else -found) if found != 0 else 0
    return bits if i == n else -bits


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract."""
    if u8(b, n, 0) != 22 or be16(b, n, 3) != 0:
        return 0
    stop = 25 + be24(b, n, 14)
    if u8(b, n, 13) == 1:
        return client_essence(b, n, 25, stop, 1)
    if u8(b, n, 13) == 2:
        return mix(server_essence(b, n, 25, stop), 1)
    return mix_span(SEED, b, n, 13, 14) if be32(b, n, 13) >= 0 else 0


@helper
def server_name(b: Any, n: int, side: int) -> int:
    """See the contract."""
    if u8(b, n, 0) != 22 or u8(b, n, 13) != 1 or be16(b, n, 3) != 0:
        return 0
    return sni_span(b, n, 25, 25 + be24(b, n, 14), 1)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    from ._hello_facts import client_facts, parse_hello, server_facts

    size = int.from_bytes(head[14:17], "big")
    body = head[25 : 25 + size]
    if head[13] == 1:
        return client_facts(parse_hello(body, True, len(body) == size, cookie=True), "d")
    return server_facts(parse_hello(body, False, len(body) == size)) if head[13] == 2 else {}
