"""WHOIS.

On the wire (RFC 3912): one line of question; an answer in text, which in practice has ``Domain Name:``, ``NetRange:``, ``inetnum:``,
``refer:`` or the remarks of a registry.

Looked at: the answer's words; the question is a short line of a name, a number or an address.

Fools it: the protocol is text without form: only a registry's words name it, and other answers stay unnamed.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, u8
from pcapscan.tables import TCP

from ._text import find, line_end, word

NAME = "whois"
TRANSPORTS = (TCP,)
FIRST = (None, None)

MOST_ASKED = 128
"""Bytes of a question, with room to spare: RFC 3912 sets no bound."""


@helper
def is_question(b: Any, n: int) -> bool:
    """Whether a side is one short line and no more, perhaps without its end."""
    if n >= MOST_ASKED:
        return False
    end = line_end(b, n, 0)
    return end == n - 1 or end == -2


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        if not is_question(b, n):
            return 0
        return -2 if u8(b, n, n - 1) != 10 else 4 if u8(b, n, n - 2) == 13 else 0
    if line_end(b, n, 0) == -1 or (pn > 0 and not is_question(p, pn)):
        return 0
    # a thick answer, or the opening remark of a registry
    if find(b, n, 0, 900, b"domain name:") >= 0 and find(b, n, 0, 1400, b"registrar") >= 0:
        return 40
    m = word(
        b,
        n,
        0,
        (
            b"% IANA WHOIS|% This is the RIPE|% This is the AfriNIC|% [whois.apnic|\n#\n# ARIN WHOIS|"
            b"% Joint Whois|% Copyright (c) Nic.br|No match for |% This query|%% This is the"
        ),
    )
    if m:
        return 40 if m > 0 else -4
    return (
        36 if find(b, n, 0, 900, b"\nrefer:") >= 0 or find(b, n, 0, 900, b"inetnum:") >= 0 or find(b, n, 0, 900, b"netrange:") >= 0 else 0
    )
