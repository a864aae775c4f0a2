"""WHOIS.

On the wire (RFC 3912): one line of question; an answer in text, which in practice has ``Domain Name:``, ``NetRange:``, ``inetnum:``,
``refer:`` or the remarks of a registry.

Looked at: the answer's words; the question is a short line of a name, a number or an address.

Fools it: the protocol is text without form: only a registry's words name it, and other answers stay unnamed.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, lit_nocase, next_like, u8
from pcapscan.tables import TCP

from ._contract import PLACED
from ._text import TEXT, find, line_end, listed, vocabulary

NAME = "whois"
TRANSPORTS = (TCP,)
FIRST = (None, None)
PLACES = {TCP: (dict.fromkeys(range(PLACED), TEXT), {0: TEXT + b"\n"})}

REMARKS = vocabulary(
    b"% IANA WHOIS|% This is the RIPE|% This is the AfriNIC|% [whois.apnic|\n#\n# ARIN WHOIS|"
    b"% Joint Whois|% Copyright (c) Nic.br|No match for |% This query|%% This is the"
)
"""How answers of registries begin."""
SEARCHED = 900
"""Bytes in which a field may begin."""
DOMAIN, RANGE = 1, 2
"""A thick answer, which says who registered a name; a referral, or a range of addresses."""
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
def fields(b: Any, n: int) -> int:
    """Which of a registry's fields begin in the first 900 bytes, found by their colons: ``DOMAIN``, ``RANGE``."""
    seen = 0
    stop = min(n, SEARCHED + 11)
    k = next_like(b, stop, 6, 58)
    while k >= 0:
        if k - 11 < SEARCHED and lit_nocase(b, n, k - 11, b"domain name:"):
            seen |= DOMAIN
        if (
            (k - 6 < SEARCHED and lit_nocase(b, n, k - 6, b"\nrefer:"))
            or (k - 7 < SEARCHED and lit_nocase(b, n, k - 7, b"inetnum:"))
            or (k - 8 < SEARCHED and lit_nocase(b, n, k - 8, b"netrange:"))
        ):
            seen |= RANGE
        k = next_like(b, stop, k + 1, 58)
    return seen


@helper
def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:
    """See the contract."""
    if side == 0:
        if not is_question(b, n):
            return 0
        return -2 if u8(b, n, n - 1) != 10 else 4 if u8(b, n, n - 2) == 13 else 0
    if (pn > 0 and not is_question(p, pn)) or line_end(b, n, 0) == -1:
        return 0
    seen = fields(b, n)
    if seen & DOMAIN and find(b, n, 0, 1400, b"registrar") >= 0:
        return 40
    m = listed(b, n, 0, REMARKS)
    if m:
        return 40 if m > 0 else -4
    return 36 if seen & RANGE else 0
