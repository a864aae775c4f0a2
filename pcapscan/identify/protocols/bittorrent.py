"""BitTorrent: peers over TCP and uTP, the DHT, UDP trackers, local discovery.

On the wire (BEP 3, 5, 15, 29, 14): the handshake 19 ``BitTorrent protocol``; bencoded dictionaries of keys ``a``, ``q``, ``r``, ``t``,
``y``; tracker connects with 0x41727101980; uTP headers of version 1 (type, extension, connection id, times, window, sequence numbers).

Looked at: those; uTP by its SYN of 20 bytes and a state that answers with the same connection id.

Fools it: encrypted peers (MSE) are random bytes by design: they stay unknown. uTP data mid-stream too.

Facts: ``info_hash``, ``client`` (from the peer id).
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be32, helper, lit, u8
from pcapscan.tables import TCP, UDP

from ._text import find, word

NAME = "bittorrent"
TRANSPORTS = (
    TCP,
    UDP,
)
FIRST = (b"\x13d\x00\x01\x11!1AB", b"\x13d\x00\x01\x11!1A")


@helper
def bencoded(b: Any, n: int) -> bool:
    """Whether a KRPC dictionary fills the datagram (BEP 5)."""
    if word(b, n, 0, b"d1:ad|d1:rd|d1:eli|d2:ip|d2:ro|d1:q|d1:t|d1:y") <= 0 or (u8(b, n, n - 1) != 101):
        return False
    return find(b, n, 0, n, b"1:y1:") > 0 and (find(b, n, 0, n, b"1:t") > 0)


@helper
def utp(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """Bits of a uTP datagram (BEP 29)."""
    first = u8(b, n, 0)
    extension = u8(b, n, 1)
    if n < 20 or extension > 3 or be32(b, n, 4) == 0 or be16(b, n, 2) + be16(b, n, 16) == 0:
        return 0  # the time of sending, in microseconds, is not zero; nor are number and connection both
    if first == 0x41:
        # SYN: acknowledges nothing, sequence number 1 in most; window of some size
        if n > 40 or side == 1 or extension != 0:
            return 0
        bits = 8 + 6 + 8
        bits += (8 if be16(b, n, 18) == 0 else 0) + (14 if be16(b, n, 16) == 1 else 0)
    else:
        bits = 8 + 4
        if extension and u8(b, n, 21) != 4 and u8(b, n, 21) != 8:
            return 0
    if pn >= 20 and (be16(p, pn, 2) - be16(b, n, 2)) & 0xFFFF in (0, 1, 0xFFFF):
        bits += 14
        if be16(p, pn, 18) == be16(b, n, 16) or be16(b, n, 18) == be16(p, pn, 16):
            bits += 14
    start = n
    for k in range(1, 4):
        stop = ctx[4 + k]
        if stop < start + 20:
            break
        if u8(b, stop, start) & 15 != 1 or u8(b, stop, start) > 0x41 or be16(b, stop, start + 2) != be16(b, n, 2):
            break
        bits += 12
        start = stop
    return bits


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if ctx[0] != UDP:
        m = word(b, n, 0, b"\x13BitTorrent protocol")
        return 120 if m > 0 else -8 * n if m else 0
    first = u8(b, n, 0)
    if first == 100:
        return 60 if bencoded(b, n) else 0
    if first == 0x42:
        return 60 if lit(b, n, 0, b"BT-SEARCH * HTTP/1.1\r\n") else 0
    if lit(b, n, 0, b"\x13BitTorrent protocol"):
        return 120
    if lit(b, n, 0, b"\x00\x00\x04\x17\x27\x10\x19\x80"):
        return 60 if n == 16 and be32(b, n, 8) == 0 else 0
    if first == 0:
        # a tracker's answer: action, the transaction id of the question
        return (
            40
            if side == 1 and be32(b, n, 0) in (0, 1, 2, 3) and n >= 8 and be32(p, pn, 0) == 0x417 and be32(b, n, 4) == be32(p, pn, 12)
            else 0
        )
    return utp(b, n, side, p, pn, ctx)


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    if head[:1] != b"\x13" or len(head) < 48:
        return {}
    found: dict[str, Any] = {"info_hash": head[28:48].hex()}
    if len(head) >= 68:
        found["client"] = head[48:56].decode("latin-1")
    return found
