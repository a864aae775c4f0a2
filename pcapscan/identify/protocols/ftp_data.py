"""File Transfer Protocol, data connection.

On the wire (RFC 959 section 3, RFC 2428): a file or a listing, as it is, from one side to the other. It has no form of its own; its endpoint was
announced on the control channel, by the client (PORT, EPRT) or the server (227 to PASV, 229 to EPSV).

Looked at: not the content. A connection that the other end of a control channel makes to the announced endpoint within five minutes has this name,
``basis`` ``control``, and nothing is claimed of its content (no names of the sides, no facts), whatever the file looks like. The control channel must
have begun as FTP: ``220`` from the server, a command that is FTP's from the client (joined late: any reply, and such a command). Announced is the
announcer's own address with that port, and the address it wrote where that is another IPv4 address (NAT, transfers between servers).

Both sides speak: then it is no file, and content decides. TLS whose control channel had asked for it (AUTH) is this, ``upgraded`` ``tls``, as Zeek's
``ftp-data,ssl``; any other protocol is what it is. Of a control channel that is encrypted nothing is read: the data connections of FTPS are ``tls``
where they are encrypted, else unknown.

Fools it: who speaks FTP well on one connection may send anything one way on the next; the control channel itself is a flow ``ftp`` in plain sight. A
control channel and its data connection in two captures: each is read by itself.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper
from pcapscan.tables import TCP

NAME = "ftp-data"
TRANSPORTS = (TCP,)
FIRST = (b"", b"")


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """Nothing: it is never told by content."""
    return 0
