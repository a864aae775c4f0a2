"""Zabbix agent, sender and server.

On the wire (Zabbix manual, "Header and data length"): ``ZBXD``, flags (1, with 2 compressed, with 4 large), data length (little endian),
reserved or uncompressed length. An old passive check is a bare line and is not recognised by itself.

Looked at: those, on either side.

Fools it: nothing known.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit, u8
from pcapscan.tables import TCP

from ._text import line_end, spelled, word

NAME = "zabbix"
TRANSPORTS = (TCP,)
FIRST = (None, b"Z")
PLACES = {TCP: ({0: b"Zasvnpkl"}, spelled(b"ZBXD"))}


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if lit(b, n, 0, b"ZBXD"):
        flags = u8(b, n, 4)
        if flags == -1:
            return -32
        return 38 if flags & 1 and flags < 8 else 0
    if n < 4 and word(b, n, 0, b"ZBXD"):
        return -6
    # the plain question of a passive check: one line of item key
    end = line_end(b, n, 0)
    if side == 0 and end == n - 1 and (word(b, n, 0, b"agent.|system.|vfs.|net.|proc.|vm.|kernel.|log") > 0):
        return 6
    return 0
