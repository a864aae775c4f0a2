"""Extensible Messaging and Presence Protocol (Jabber).

On the wire (RFC 6120 section 4): both sides open a ``<stream:stream`` element, mostly behind an XML declaration, with one of a few namespaces.

Looked at: the element and its namespaces; stanzas, where a flow is captured from its middle on.

Fools it: other XML has no stream element.

Facts: ``to`` (domain that the client asks for), ``from``.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import HEAD_MIDSTREAM, TCP

from ._text import find

NAME = "xmpp"
TRANSPORTS = (TCP,)
FIRST = (b"< \r\n", b"< \r\n")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    i = 0
    while i < 8 and 0 <= u8(b, n, i) <= 32:
        i += 1
    c = u8(b, n, i)
    if c == -1:
        return -1
    if c != 60:
        return 0
    if find(b, n, i, min(n, i + 256), b"<stream:stream") >= 0:
        return 44
    if find(b, n, i, min(n, i + 512), b"jabber:") >= 0 or find(b, n, i, min(n, i + 512), b"urn:ietf:params:xml:ns:xmpp") >= 0:
        return 40
    if find(b, n, i, min(n, i + 512), b"http://etherx.jabber.org/streams") >= 0:
        return 40
    if n < 128 and (lit(b, n, i, b"<?xml") or n - i < 14):
        return -8
    if ctx[1] & HEAD_MIDSTREAM and (lit(b, n, i, b"<iq ") or lit(b, n, i, b"<message ") or lit(b, n, i, b"<presence")):
        return 22
    return 0


def facts(head: bytes, side: int) -> dict[str, Any]:
    """See the contract."""
    found: dict[str, Any] = {}
    for key in (b"to", b"from"):
        for quote in (b"'", b'"'):
            _, mark, rest = head[:512].partition(b" " + key + b"=" + quote)
            if mark:
                found[key.decode()] = rest.partition(quote)[0].decode("latin-1")
    return found
