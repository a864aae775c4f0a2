"""Transport Layer Security, SSL 3.0 to TLS 1.3, and SSL 2.0's hello.

On the wire (RFC 8446 sections 4 and 5.1, RFC 5246 section 6.2, RFC 6101 appendix E): records of type 20 to 24, a version and a length; in the
first of each side a ClientHello or ServerHello, or an Alert instead.

Looked at: the whole hello (its lengths within each other, versions, session id, ciphers, compression, every extension's length), whether
it lies in one record or in several, and every record header behind it. A flow that was captured from its middle on is recognised by two records that
follow each other, wherever the head begins. A SYN's direction does not say who is the TLS client (active FTP data): either hello is
accepted from either side, if the other speaks the other.

Fools it: a complete hello can be replayed by anybody; :mod:`pcapscan.identify.fake` asks whether what follows can be TLS.

Facts: ``version`` (highest offered, or chosen), ``ja3`` and ``ja4`` (originator), ``ja3s`` (responder), ``alpn`` (list offered, or the one chosen),
``cipher`` (chosen, hexadecimal), ``subject``, ``issuer``, ``not_before``, ``not_after`` (ISO 8601, UTC), ``self_signed``, ``sha256`` of the leaf certificate
(where it was sent in clear and lies within the head), ``alert`` (its number). The name asked for is the flow's server name.
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix, mix_span
from pcapscan.kernels import be16, be24, helper, next_like, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._hello import client_essence, server_essence, sni_span, walk_client, walk_server

NAME = "tls"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {
    TCP: ({0: bytes([22, *range(128, 145)]), 2: bytes(range(5))}, {0: bytes([21, 22, *range(128, 256)]), 2: bytes(range(5))}),
}

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA, HEARTBEAT = 20, 21, 22, 23, 24
MAX_RECORD = 16384 + 2048
"""RFC 5246 section 6.2.3: the largest record that may be sent."""
RECORD_BITS = 22
"""A record header: 5 types of 256, 5 versions of 65536, a length under a quarter of what 16 bits hold."""
MAX_HELLO = 1 << 17


@helper
def record(b: Any, n: int, i: int) -> int:
    """Length of the record whose header stands at ``i``; -1 cut, -2 no header of a record."""
    kind = u8(b, n, i)
    if kind == -1:
        return -1
    if kind < CHANGE_CIPHER or kind > HEARTBEAT:
        return -2
    major = u8(b, n, i + 1)
    if major == -1:
        return -1
    if major != 3:
        return -2
    minor = u8(b, n, i + 2)
    if minor == -1:
        return -1
    if minor > 4:
        return -2
    size = be16(b, n, i + 3)
    if size == -1:
        return -1
    if size > MAX_RECORD or (size == 0 and kind != DATA):
        return -2
    if (kind == CHANGE_CIPHER and size > 1) or (kind == ALERT and size > 256):
        # In clear a ChangeCipherSpec is one byte, an alert two; encrypted alerts are a block or so.
        return -2
    return size


@helper
def chain(b: Any, n: int, i: int) -> int:
    """How many record headers stand whole from ``i`` on, each where the one before it ends; -1 if something else does."""
    count = 0
    while i < n:
        size = record(b, n, i)
        if size == -2:
            return -1
        if size == -1:
            return count
        count += 1
        i += 5 + size
    return count


@helper
def boundary(b: Any, n: int) -> int:
    """Records that follow each other to the end of the head, from wherever the first of at least two begins; 0 none."""
    i = next_like(b, n - 10, 0, DATA)
    while i >= 0:
        if u8(b, n, i + 1) == 3:
            size = record(b, n, i)
            if size > 16 and i + 5 + size + 5 <= n:
                count = chain(b, n, i)
                if count >= 2:
                    return count
        i = next_like(b, n - 10, i + 1, DATA)
    return 0


@helper
def ssl2_hello(b: Any, n: int) -> int:
    """Bits of an SSL 2.0 ClientHello, which old clients sent for all versions (RFC 6101 appendix E)."""
    size = be16(b, n, 0)
    if size == -1:
        return -1
    size &= 0x7FFF
    kind = u8(b, n, 2)
    if size < 25 or size > 4096 or (kind != 1 and kind != -1):
        return 0
    if kind == -1:
        return -2
    v = be16(b, n, 3)
    if v == -1:
        return -8
    if v != 2 and (v < 0x0300 or v > 0x0303):
        return 0
    ciphers, sid, challenge = be16(b, n, 5), be16(b, n, 7), be16(b, n, 9)
    if challenge == -1:
        return -20
    if ciphers == 0 or ciphers % 3 or (sid != 0 and sid != 16) or challenge < 16 or challenge > 32:
        return 0
    return 52 if 9 + ciphers + sid + challenge == size else 0


@helper
def ssl2_server(b: Any, n: int) -> int:
    """Bits of an SSL 2.0 ServerHello."""
    size = be16(b, n, 0) & 0x7FFF
    if n < 13:
        return -1
    hit, kind = u8(b, n, 3), u8(b, n, 4)
    if u8(b, n, 2) != 4 or hit > 1 or kind > 1 or be16(b, n, 5) != 2:
        return 0
    return 50 if 11 + be16(b, n, 7) + be16(b, n, 9) + be16(b, n, 11) == size else 0


@helper
def hello_end(b: Any, n: int) -> int:
    """Where the first handshake message of a head that begins with a handshake record ends, by its claim."""
    return 9 + be24(b, n, 6)


@helper
def hello(b: Any, n: int, client: bool) -> int:
    """Bits of a head that begins with a handshake record and a hello: + whole, - cut, 0 wrong."""
    size = record(b, n, 0)
    if size == -2:
        return 0
    if size == -1:
        return -min(8 * n, 22)
    if size < 4:
        # A hello in records smaller than its header: legal, seen only in tests of robustness.
        return -RECORD_BITS if chain(b, n, 0) >= 0 else 0
    length = be24(b, n, 6)
    if length == -1:
        return -30
    if length < 38 or length > MAX_HELLO:
        return 0
    bits = 38
    end = min(n, 5 + size)
    stop = 9 + length
    found = walk_client(b, end, 9, stop, 0) if client else walk_server(b, end, 9, stop)
    if found == 0:
        return 0
    more = chain(b, n, 5 + size)
    if more == -1:
        return 0
    bits += 10 * min(more, 4)
    return bits + found if found > 0 else found - bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    kind = u8(b, n, 0)
    if kind == HANDSHAKE:
        message = u8(b, n, 5)
        if message == 1:
            if side == 0 or (u8(p, pn, 0) == HANDSHAKE and u8(p, pn, 5) == 2):
                return hello(b, n, True)
            return hello(b, n, True) if pn == 0 and ctx[3] == 0 and ctx[14] == 0 else 0
        if message == 2:
            if side == 1 or (u8(p, pn, 0) == HANDSHAKE and u8(p, pn, 5) == 1):
                return hello(b, n, False)
            return 0
        if message == -1:
            size = record(b, n, 0)
            return 0 if size == -2 or (size >= 0 and n > 5) else -min(8 * n, RECORD_BITS)
    elif kind >= 128:
        if side == 0:
            return ssl2_hello(b, n)
        found = ssl2_server(b, n) if u8(p, pn, 0) >= 128 else 0
        if found != 0:
            return found
    elif kind == ALERT and side == 1 and record(b, n, 0) == 2 and 1 <= u8(b, n, 5) <= 2:
        return 46 if chain(b, n, 0) >= 1 else 0
    if ctx[1] & HEAD_MIDSTREAM or ctx[2] & HEAD_MIDSTREAM:
        return midstream(b, n)
    return 0


@helper
def midstream(b: Any, n: int) -> int:
    """Bits of records in a head that does not begin with the connection."""
    count = chain(b, n, 0)
    if count > 0:
        return min(count, 4) * RECORD_BITS + (4 if u8(b, n, 0) == DATA else 0)
    count = boundary(b, n)
    return min(count, 4) * RECORD_BITS - 10 if count >= 2 else 0


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract."""
    if u8(b, n, 0) == ALERT:
        return mix_span(SEED, b, n, 0, 7)
    if u8(b, n, 0) != HANDSHAKE:
        return 0
    message = u8(b, n, 5)
    stop = hello_end(b, n)
    if message == 1:
        if stop > 5 + be16(b, n, 3):
            return mix_span(SEED, b, n, 0, n)
        return client_essence(b, n, 9, stop, 0)
    if message == 2:
        h = server_essence(b, n, 9, stop)
        at = certificate_at(b, n)
        if at > 0:
            h = mix_span(h, b, n, at, min(n, at + 1024))
        return mix(h, at)
    return 0


@helper
def certificate_at(b: Any, n: int) -> int:
    """Offset of a Certificate message (RFC 5246 section 7.4.2) behind the ServerHello, in its record or the next; 0 none."""
    stop = hello_end(b, n)
    end = 5 + be16(b, n, 3)
    if stop == end and u8(b, n, end) == HANDSHAKE:
        stop += 5
    return stop if u8(b, n, stop) == 11 else 0


@helper
def server_name(b: Any, n: int, side: int) -> int:
    """See the contract."""
    if u8(b, n, 0) != HANDSHAKE or u8(b, n, 5) != 1:
        return 0
    return sni_span(b, min(n, 5 + be16(b, n, 3)), 9, hello_end(b, n), 0)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    from ._hello_facts import tls_facts

    return tls_facts(head)
