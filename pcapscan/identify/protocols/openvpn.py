"""OpenVPN over UDP or TCP; plain, with tls-auth, tls-crypt and tls-crypt-v2.

On the wire (OpenVPN's "Wire protocol" document and ssl_pkt.h): opcode in five bits and key id; a session id of eight bytes; with tls-auth
an HMAC, packet id and time; an acknowledgement array; packet id 0. Over TCP a two-byte length comes first. Hard resets (client 7, server
8, client-v3 10) open a connection.

Looked at: the reset's exact forms: lengths, the zero acknowledgement count and packet id, tls-auth's packet id 1 and time, tls-crypt's
packet id and length; the server's repetition of the client's session id.

Fools it: obfuscated OpenVPN (XOR patch, stunnel) is random or TLS. Data channels mid-stream have nothing of their own.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, u8
from pcapscan.tables import TCP, UDP

from ._text import same

NAME = "openvpn"
TRANSPORTS = (
    UDP,
    TCP,
)
FIRST = (None, None)
PLACES = {
    TCP: ({0: bytes(range(6)), 2: b"\x38\x50"}, {0: bytes(range(6)), 2: b"\x40"}),
    UDP: ({0: b"\x38\x50"}, {0: b"\x40\x28\x20"}),
}


@helper
def reset(b: Any, n: int, i: int, size: int, p: Any, pn: int, pi: int) -> int:
    """Bits of a control packet of ``size`` bytes whose opcode stands at ``i``; the peer's stands at ``pi``."""
    op = u8(b, n, i)
    end = i + size
    bits = 0
    # how many bytes stand between session id and acknowledgement count: none, or HMAC + packet id + time
    for k in range(5):
        gap = (0, 24, 28, 40, 72)[k]
        at = i + 9 + gap
        count = u8(b, n, at)
        if gap and not (be32(b, n, at - 8) in (1, 2, 3) and 0x40000000 < be32(b, n, at - 4) < 0x80000000):
            continue
        if op == 0x38 and count == 0 and at + 5 == end and be32(b, n, at + 1) == 0:
            bits = 40 + (20 if gap else 0)
        elif op == 0x40 and 0 < count < 5 and at + 1 + 4 * count + 8 + 4 == end and be32(b, n, at + 1) == 0:
            bits = 36 + (20 if gap else 0)
            if same(b, n, at + 1 + 4 * count, p, pn, pi + 1, 8):
                bits += 60
        elif op == 0x40 and count == 0 and at + 5 == end and be32(b, n, at + 1) == 0:
            bits = 40
    # tls-crypt: packet id 1 (or 0x0F000001 in v2), time, HMAC of 32, encrypted 5 or 17 bytes (or a wrapped key behind, in v3)
    if bits == 0 and be16(b, n, i + 11) == 1 and u8(b, n, i + 9) < 16 and 0x40000000 < be32(b, n, i + 13) < 0x80000000:
        fits = (op == 0x38 and size == 54) or (op == 0x40 and 50 <= size <= 110) or (op == 0x50 and size > 300)
        bits = 36 if fits else 0
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] == UDP:
        op = u8(b, n, 0)
        if op == 0x38 or op == 0x50:
            return 0 if side else reset(b, n, 0, n, p, pn, 0)
        if side == 0 or (op != 0x40 and op != 0x28 and op != 0x20):
            return 0
        # the answer is a reset, an acknowledgement or control packet
        if op == 0x40:
            return reset(b, n, 0, n, p, pn, 0)
        return 8 if pn and u8(p, pn, 0) in (0x38, 0x50) else 0
    size = be16(b, n, 0)
    op = u8(b, n, 2)
    if op == -1:
        return -1
    if size < 14 or size > 1500 or (op != 0x40 if side else op != 0x38 and op != 0x50):
        return 0
    if size + 2 > n:
        return -10
    bits = reset(b, n, 2, size, p, pn, 2)
    if bits and (size + 2 == n or (u8(b, n, size + 4) & 7 == 0 and u8(b, n, size + 4) >> 3 in (4, 5))):
        bits += 8
    return bits
