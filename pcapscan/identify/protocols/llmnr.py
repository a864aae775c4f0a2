"""Link-Local Multicast Name Resolution.

On the wire (RFC 4795 section 2.1): DNS messages with one question, a single label, no recursion desired and none available.

Looked at: all of that, and the message as dns looks at it.

Fools it: a DNS client that asks for one label without recursion looks the same.

Facts: as of dns.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, helper
from pcapscan.tables import HEAD_CAPPED, HEAD_SNAPPED, UDP

from . import dns
from ._dns import message, single_label
from ._text import netbios_name

NAME = "llmnr"
TRANSPORTS = (UDP,)
FIRST = (None, None)
PLACES = {UDP: ({2: b"\0\x04", 3: b"\0", 4: b"\0", 5: b"\x01"}, {2: b"\x80\x84", 3: bytes(range(12)), 4: b"\0", 5: b"\x01"})}

essence = dns.essence
facts = dns.facts


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if be16(b, n, 2) & 0x7BF0 or be16(b, n, 4) != 1 or not single_label(b, n, 12) or netbios_name(b, n, 12):
        return 0
    whole = ctx[1] & (HEAD_SNAPPED | HEAD_CAPPED) == 0 or ctx[12] > n
    bits = message(b, n, 0, side, whole)
    if bits == 0:
        return 0
    extra = 20 if side == 1 and be16(b, n, 0) == be16(p, pn, 0) else 6
    return bits + extra if bits > 0 else bits - extra
