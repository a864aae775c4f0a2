"""Multicast DNS.

On the wire (RFC 6762 section 18): DNS messages with identifier 0, no recursion desired, names in ``.local``, service types or reverse names; the
top bit of a class asks for a unicast answer or flushes caches. Responders announce without being asked, so either side may send either kind.

Looked at: all of that, and the message as dns looks at it.

Fools it: legacy one-shot queries for other names look like DNS, and are named so.

Facts: as of dns.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper
from pcapscan.tables import HEAD_CAPPED, HEAD_SNAPPED, UDP

from . import dns
from ._dns import ends_local, message

NAME = "mdns"
TRANSPORTS = (UDP,)
FIRST = (b"\0", b"\0")

essence = dns.essence
facts = dns.facts


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be16(b, n, 0) != 0 or be16(b, n, 2) & 0x7900 or be16(b, n, 4) + be16(b, n, 6) <= 0 or not ends_local(b, n, 12):
        return 0
    whole = ctx[1] & (HEAD_SNAPPED | HEAD_CAPPED) == 0 or ctx[12] > n
    bits = message(b, n, 0, 1 if be16(b, n, 2) >= 0x8000 else 0, whole)
    if bits == 0:
        return 0
    return bits + 20 if bits > 0 else bits - 20
