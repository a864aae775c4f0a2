"""Hypertext Transfer Protocol, versions 1.0 and 1.1.

On the wire (RFC 9112 sections 3 and 4): a request line ``METHOD SP target SP HTTP/1.x``, answered by a status line ``HTTP/1.x SP code``; then header
fields ``Name: value``.

Looked at: the method among those registered (RFC 9110 section 9, WebDAV, a few of wide use), the target's bytes, the version; the code's
digits; the form of the first header fields. A flow captured from its middle on is recognised by a status line or request line at a line's
beginning, and by the other side.

Fools it: any text may quote a status line, but not as its first bytes; a proxy's CONNECT is HTTP, what follows is not (it is then told as an upgrade, where
it is TLS). A request that was answered in another protocol is the other protocol's flow.

Facts: ``method``, ``host``, ``user_agent``, ``target_host`` (CONNECT) of the originator; ``status``, ``server``, ``content_type`` of the responder.
"""

from __future__ import annotations

from typing import Any

from pcapscan.identify.hashing import SEED, mix, mix_span
from pcapscan.kernels import helper, lit, lit_nocase, next_like, next_under, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._text import MAP, find, find_exact, listed, spelled, vocabulary

NAME = "http"
TRANSPORTS = (TCP,)
FIRST = (None, None)

METHODS = vocabulary(
    b"GET |POST |HEAD |PUT |DELETE |OPTIONS |CONNECT |TRACE |PATCH |PROPFIND |PROPPATCH |MKCOL |COPY |MOVE |LOCK |UNLOCK |SEARCH |"
    b"REPORT |NOTIFY |SUBSCRIBE |UNSUBSCRIBE |MERGE |CHECKOUT |MKACTIVITY |BCOPY |BMOVE |POLL |BPROPFIND |RPC_IN_DATA |RPC_OUT_DATA |PURGE |SOURCE |"
    b"CCM_POST |VERSION-CONTROL |UPDATE |ACL |BASELINE-CONTROL |QUERY |"
)
BEGIN, LINES = spelled(METHODS[MAP:]), b"\r\n"
"""Letters of methods, and what may come before them."""
PLACES = {TCP: ({place: LINES + b"".join(BEGIN[k] for k in range(place + 1)) for place in range(4)}, {0: b"Hh<I \t\n\v\f\r"})}
SIMPLE = 16
"""Bits of a request without a version."""
MAX_HEADERS = 2048
"""Bytes of headers that are searched for a field."""


@helper
def request(b: Any, n: int, i: int) -> int:
    """Bits of a request line at ``i``: + whole, - cut, 0 none."""
    m = listed(b, n, i, METHODS)
    if m == -1:
        return -min(2 * (n - i), 8) if n > i else -1
    if m == 0:
        return 0
    k = i + m
    first = u8(b, n, k)
    if first == 32 or first == 13 or first == 10:
        return 0
    k = next_under(b, n, k, 33)
    if k < 0:
        return -14
    c = u8(b, n, k)
    if c == 13 or c == 10:
        return SIMPLE if first == 47 else 0
    if c != 32:
        return 0
    if lit(b, n, k, b" HTTP/") and 48 <= u8(b, n, k + 6) <= 57:
        return 38
    # Targets with blanks in them are wrong and in use: the version is then the line's last word.
    for j in range(k, min(n, k + 512)):
        c = u8(b, n, j)
        if c == 32 and lit(b, n, j, b" HTTP/1."):
            return 36
        if c == 10 or c == 13 or (c < 32 and c != 9):
            return 0
    return -14


@helper
def status(b: Any, n: int, i: int) -> int:
    """Bits of a status line at ``i``: + whole (24 where its version or code are not what RFC 9112 wants), - cut, 0 none."""
    head = b"http/"
    for k in range(5):
        c = u8(b, n, i + k)
        if c == -1:
            return -max(1, 4 * k)
        if (c | 32 if c > 57 else c) != head[k]:
            return icy(b, n, i) if i == 0 else 0
    c = u8(b, n, i + 5)
    if c == -1:
        return -20
    if c < 48 or c > 57:
        return 0
    if n < i + 12:
        return -24
    if not lit(b, n, i, b"HTTP/1."):
        return 24
    code = u8(b, n, i + 9)
    if u8(b, n, i + 8) != 32 or code < 49 or code > 57:
        return 24
    if not (48 <= u8(b, n, i + 10) <= 57 and 48 <= u8(b, n, i + 11) <= 57):
        return 24
    return 40


@helper
def skip_blank(b: Any, n: int) -> int:
    """Offset of the first byte that is no white space, at most 8: lines before a status line, which browsers forgive."""
    i = 0
    while i < 8 and (u8(b, n, i) == 32 or 9 <= u8(b, n, i) <= 13):
        i += 1
    return i


@helper
def page(b: Any, n: int, p: Any, pn: int) -> int:
    """Bits of an answer of HTTP 0.9 (RFC 1945 section 6): a page at once, to a request without a version."""
    if lit_nocase(b, n, 0, b"<html") or lit_nocase(b, n, 0, b"<!doctype html"):
        return 18 if request(p, pn, 0) == SIMPLE else 0
    return -1 if n < 15 and u8(b, n, 0) == 60 and request(p, pn, 0) == SIMPLE else 0


@helper
def icy(b: Any, n: int, i: int) -> int:
    """Bits of SHOUTcast's status line."""
    return 34 if lit(b, n, i, b"ICY 200 OK\r\n") else 0


@helper
def fields(b: Any, n: int) -> int:
    """Bits of header fields behind the first line, 4 each, up to three; -1 a line that is none."""
    bits = 0
    i = 0
    for _ in range(4):
        i = next_like(b, n, i, 10) + 1
        if i == 0:
            return bits
        c = u8(b, n, i)
        if c == -1 or c == 13 or c == 10:
            return bits
        k = i
        while k < n and 33 <= u8(b, n, k) < 127 and u8(b, n, k) != 58:
            k += 1
        if k < n:
            if u8(b, n, k) != 58 or k == i:
                return bits
            bits += 4
        i = k
    return bits


@helper
def later(b: Any, n: int, side: int) -> int:
    """Bits of a request or status line somewhere in a head that begins mid-stream."""
    at = find_exact(b, n, 0, n, b" HTTP/1.") if side == 0 else find_exact(b, n, 0, n, b"\nHTTP/1.")
    if at < 0:
        return 0
    if side == 1:
        return max(status(b, n, at + 1) - 6, 0)
    return 32 if 48 <= u8(b, n, at + 8) <= 57 and u8(b, n, at + 9) == 13 else 0


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 1:
        bits = status(b, n, skip_blank(b, n))
        if bits == 0 and pn > 0:
            bits = page(b, n, p, pn)
    else:
        start = 0
        # RFC 9112 section 2.2: empty lines before a request line are ignored.
        while start < 4 and (u8(b, n, start) == 13 or u8(b, n, start) == 10):
            start += 1
        bits = request(b, n, start)
    if bits > 0:
        return bits + fields(b, n)
    if bits == 0 and ctx[1] & HEAD_MIDSTREAM:
        return later(b, n, side)
    return bits


@helper
def fields_end(b: Any, n: int) -> int:
    """The header fields that are searched all begin before this."""
    end = find_exact(b, n, 0, min(n, MAX_HEADERS), b"\r\n\r\n")
    return end + 1 if end >= 0 else min(n, MAX_HEADERS)


@helper
def field(b: Any, n: int, stop: int, name: bytes) -> int:
    """``offset << 16 | length`` of the value of a header field before ``stop``, given as line feed, name and colon in lower case; 0 none."""
    at = find(b, n, 0, stop, name)
    if at < 0:
        return 0
    i = at + len(name)
    while u8(b, n, i) == 32:
        i += 1
    k = next_under(b, n, i, 32)
    return (i << 16) | min((n if k < 0 else k) - i, 1024)


@helper
def server_name(b: Any, n: int, side: int) -> int:
    """The Host field without its port; of CONNECT the target's."""
    if side == 1:
        return 0
    span = (8 << 16) | 1024 if lit(b, n, 0, b"CONNECT ") else field(b, n, fields_end(b, n), b"\nhost:")
    at = span >> 16
    k = at
    brackets = u8(b, n, k) == 91
    while k < n and k - at < min(span & 0xFFFF, 255):
        c = u8(b, n, k)
        if c <= 32 or c >= 127 or c == 44 or c == 47 or (c == 58 and not brackets):
            break
        k += 1
        if c == 93:
            break
    return (at << 16) | (k - at) if k > at and span else 0


@helper
def essence(b: Any, n: int, side: int) -> int:
    """See the contract."""
    h, stop = SEED, fields_end(b, n)
    if side == 0:
        k = 0
        while k < min(n, 16) and u8(b, n, k) > 32:
            k += 1
        h = mix_span(h, b, n, 0, k)
        if k == 7:
            h = mix(h, server_name(b, n, 0))
        first, second = field(b, n, stop, b"\nhost:"), field(b, n, stop, b"\nuser-agent:")
    else:
        h = mix_span(h, b, n, 0, 12)
        first, second = field(b, n, stop, b"\nserver:"), field(b, n, stop, b"\ncontent-type:")
    h = mix_span(h, b, n, first >> 16, (first >> 16) + (first & 0xFFFF))
    return mix_span(h, b, n, second >> 16, (second >> 16) + (second & 0xFFFF))


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    lines = head[:8192].split(b"\r\n\r\n", 1)[0].split(b"\n")
    values: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            values.setdefault(name.strip().lower().decode("latin-1"), value.strip().decode("latin-1"))
    words = lines[0].split()
    found: dict[str, Any] = {}
    if side == 0:
        found["method"] = words[0].decode("latin-1") if words else ""
        if found["method"] == "CONNECT" and len(words) > 1:
            found["target_host"] = words[1].decode("latin-1")
        wanted = {"host": "host", "user_agent": "user-agent"}
    else:
        if len(words) > 1 and words[1].isdigit():
            found["status"] = int(words[1])
        wanted = {"server": "server", "content_type": "content-type"}
    return found | {key: values[name] for key, name in wanted.items() if values.get(name)}
