"""Bytes that look like TLS and are not.

Malware that wants to pass a filter on 443 writes record headers, or replays a hello, and then speaks its own way. Each check says what cannot be in TLS:

``hello_empty``
    A handshake record of no length, or a hello that offers nothing.
``hello_malformed``
    A record and a handshake header, and a hello behind them whose lengths do not fit into each other.
``no_hello``
    The connection's beginning was captured, and it begins with records of another type than handshake (or alert).
``no_handshake``
    A good hello, then application data where the protocol version demands handshake messages first.
``impossible_length``
    A record longer than any record may be, or something else where the next record must begin.
``impossible_choice``
    A ServerHello that chooses a cipher, a version or a group that the ClientHello did not offer.
``answered_by_junk``
    A whole good hello, answered by bytes of no known protocol.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import be16, be24, helper, u8
from pcapscan.tables import FAKES, HEAD_CAPPED, HEAD_GAP, HEAD_MIDSTREAM, HEAD_SNAPPED

from .protocols._hello import EARLY_DATA, GROUPS, SUPPORTED_VERSIONS, ciphers_at, extensions_at, find_extension
from .protocols.tls import ALERT, DATA, HANDSHAKE, MAX_HELLO, MAX_RECORD, chain, hello, hello_end, record

MALFORMED, EMPTY, NO_HELLO, NO_HANDSHAKE, LENGTH, CHOICE, JUNK = (
    FAKES.index(word)
    for word in (
        "hello_malformed", "hello_empty", "no_hello", "no_handshake", "impossible_length", "impossible_choice", "answered_by_junk",
    )
)  # fmt: skip

KEY_SHARE = 51


@helper
def looks_like_record(b: Any, n: int) -> bool:
    """Whether a head begins with type, version and length of a record, in range or not."""
    return 20 <= u8(b, n, 0) <= 24 and u8(b, n, 1) == 3 and 0 <= u8(b, n, 2) <= 4 and n >= 5


@helper
def bad_beginning(b: Any, n: int, client: bool) -> int:
    """What is wrong with the first record of a side whose beginning was captured; 0 nothing."""
    kind = u8(b, n, 0)
    size = be16(b, n, 3)
    if size > MAX_RECORD:
        return LENGTH
    if kind != HANDSHAKE:
        if kind == ALERT and (size == 2 or not client):
            return 0
        return NO_HELLO
    if size == 0:
        return EMPTY
    if n < 9:
        return 0
    length = be24(b, n, 6)
    message = u8(b, n, 5)
    if size < 4:
        return 0
    if message != (1 if client else 2):
        return 0 if not client and message == 0 and length == 0 else MALFORMED
    if length > MAX_HELLO:
        return LENGTH
    if client and length < 38:
        return EMPTY if length == 0 else MALFORMED
    if hello(b, n, client) == 0:
        stop = 9 + length
        at = ciphers_at(b, n, 9, 0)
        if client and at > 0 and be16(b, n, at) == 0:
            return EMPTY
        if hello(b, min(n, 5 + size), client) != 0 and chain(b, n, 5 + size) == -1 and stop <= 5 + size:
            return LENGTH
        return MALFORMED
    return 0


@helper
def offers16(b: Any, n: int, at: int, stop: int, step: int, value: int) -> bool:
    """Whether the 16-bit ``value`` stands among ``at`` to ``stop``, every ``step`` bytes."""
    i = at
    while i + 2 <= stop:
        if be16(b, n, i) == value:
            return True
        i += step
    return False


@helper
def bad_choice(b: Any, n: int, p: Any, pn: int) -> bool:
    """Whether the ServerHello in ``p`` chooses what the whole ClientHello in ``b`` did not offer."""
    stop = hello_end(b, n)
    if stop > n or stop > 5 + be16(b, n, 3):
        return False
    at = ciphers_at(b, n, 9, 0)
    if at < 0:
        return False
    chosen_at = 9 + 35 + u8(p, pn, 9 + 34)
    cipher = be16(p, pn, chosen_at)
    if cipher < 0 or (be16(p, pn, 9) >> 8) != 3:
        return False
    if not offers16(b, n, at + 2, at + 2 + be16(b, n, at), 2, cipher):
        return True
    p_stop = hello_end(p, pn)
    block, p_block = extensions_at(b, n, 9, 0), chosen_at + 3
    version = find_extension(p, pn, p_block, p_stop, SUPPORTED_VERSIONS)
    offered = find_extension(b, n, block, stop, SUPPORTED_VERSIONS) if block > 0 else -1
    if version >= 0 and be16(p, pn, version + 2) == 2:
        if offered < 0:
            return True
        end = offered + 4 + be16(b, n, offered + 2)
        value = be16(p, pn, version + 4)
        if value >= 0 and not offers16(b, n, offered + 5, end, 2, value):
            return True
    share = find_extension(p, pn, p_block, p_stop, KEY_SHARE)
    groups = find_extension(b, n, block, stop, GROUPS) if block > 0 else -1
    if share >= 0 and groups >= 0:
        group = be16(p, pn, share + 4)
        end = groups + 4 + be16(b, n, groups + 2)
        return group >= 0 and not offers16(b, n, groups + 6, end, 2, group)
    return False


@helper
def is_13(p: Any, pn: int) -> bool:
    """Whether a ServerHello chose TLS 1.3 (or a draft of it)."""
    if (be16(p, pn, 9) >> 8) != 3:
        return True
    at = 9 + 35 + u8(p, pn, 9 + 34) + 3
    return find_extension(p, pn, at, hello_end(p, pn), SUPPORTED_VERSIONS) >= 0


@helper
def second_record(b: Any, n: int) -> int:
    """Type of the first record behind the record(s) of the hello; -1 not seen."""
    i = 0
    stop = hello_end(b, n)
    while i < n:
        size = record(b, n, i)
        if size < 0:
            return -1
        i += 5 + size
        stop += 5
        if i >= stop - 5:
            return u8(b, n, i) if record(b, n, i) >= 0 else -1
    return -1


@helper
def faked(b: Any, n: int, bf: int, p: Any, pn: int, pf: int, resp_named: bool, resp_tls: bool) -> int:
    """What is fake about a flow whose originator's head is ``b`` and responder's ``p``; 0 nothing (or nothing like TLS)."""
    whole_b = n > 0 and bf & (HEAD_MIDSTREAM | HEAD_GAP) == 0
    whole_p = pn > 0 and pf & (HEAD_MIDSTREAM | HEAD_GAP) == 0
    tls_b, tls_p = looks_like_record(b, n), looks_like_record(p, pn)
    if whole_b and tls_b:
        bad = bad_beginning(b, n, True)
        if bad != 0 and not (tls_p and u8(b, n, 5) == 2 and u8(p, pn, 5) == 1):
            return bad
    elif whole_p and tls_p and (n == 0 or whole_b) and u8(p, pn, 0) != ALERT and u8(p, pn, 5) != 1:
        if n == 0:
            return bad_beginning(p, pn, False)
        return 0
    if not (whole_b and tls_b and u8(b, n, 0) == HANDSHAKE and u8(b, n, 5) == 1 and whole_p):
        return 0
    if not tls_p:
        complete = hello_end(b, n) <= n or bf & (HEAD_CAPPED | HEAD_SNAPPED) != 0
        return JUNK if (not resp_named and pn >= 5 and complete and u8(p, pn, 0) < 128) or (not resp_named and pn >= 16) else 0
    if u8(p, pn, 0) == ALERT:
        return 0
    if u8(p, pn, 0) == DATA:
        return NO_HANDSHAKE
    bad = bad_beginning(p, pn, False)
    if bad != 0:
        return bad
    if not resp_tls or u8(p, pn, 5) != 2:
        return 0
    if bad_choice(b, n, p, pn):
        return CHOICE
    if not is_13(p, pn) and hello_end(p, pn) <= pn:
        after_p, after_b = second_record(p, pn), second_record(b, n)
        if after_p == DATA:
            return NO_HANDSHAKE
        block = extensions_at(b, n, 9, 0)
        early = block > 0 and find_extension(b, n, block, min(n, hello_end(b, n)), EARLY_DATA) >= 0
        if after_b == DATA and not early:
            return NO_HANDSHAKE
    return 0
