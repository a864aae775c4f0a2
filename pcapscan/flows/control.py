"""FTP's data connections, by the word of a control channel: PORT and EPRT of the client, 227 (PASV) and 229 (EPSV) of the server.

A file that is sent has no form of its own, but where it will go is said before (RFC 959 section 4.1.2, RFC 2428). So:

1. A flow is a control channel when its sides begin as one: ``220`` from the server and a command that is FTP's from the client; where
   the beginning was not captured, any reply and such a command. Who else writes ``227`` is not believed.
2. Each line of a control channel that announces an endpoint is an expectation: this endpoint, called by the other end of the control
   channel, for five minutes (Zeek's number). The endpoint is the announcer's own address with that port, and the announced address
   where it is another one (NAT, transfers between two servers).
3. A TCP flow that goes there is marked, when it begins and when it first speaks; so its mark is there before it ends, and late packets
   of the control channel do no harm.

Expectations lie in a table of fixed size; in a full bucket the oldest gives way. Other flows cost two bits of a bitmap of ports when they
begin, their packets the test of one byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.flows.key import hash_key
from pcapscan.flows.records import BASE_KNOWN, FTP_ANNOUNCED, FTP_ANNOUNCED_TLS, FTP_ASKED_TLS, FTP_CLIENT, FTP_SERVER, S_PORTS
from pcapscan.kernels import helper, i64, inlined

WAYS = 4
"""Expectations of one bucket."""

BUCKETS = 1024

LIFETIME = 300 * 1_000_000_000
"""Nanoseconds that an announcement holds; Zeek's base/protocols/ftp/main.zeek says 5 minutes, too."""

MOST_LINES = 64
"""Lines of a segment that are looked at; arbitrary, a segment of announcements only has so many."""

VERBS = (
    "USER", "PASS", "ACCT", "AUTH", "FEAT", "HOST", "SYST", "OPTS", "CLNT", "LANG", "PBSZ", "PROT", "CCC", "CWD", "PWD", "CDUP", "XPWD", "XCWD",
    "TYPE", "MODE", "STRU", "ALLO", "REST", "SIZE", "MDTM", "MLSD", "MLST", "NLST", "LIST", "RETR", "STOR", "STOU", "APPE", "RNFR", "RNTO", "DELE",
    "MKD", "RMD", "SITE", "PASV", "EPSV", "PORT", "EPRT",
)  # fmt: skip
"""Commands a client may begin with (RFC 959, 2228, 2389, 2428, 3659, 7151); QUIT, NOOP, HELP and STAT are mail's as well."""


def word(text: str) -> int:
    """Four letters in upper case as a number; the last byte of three is 0."""
    return int.from_bytes(text.encode().ljust(4, b"\0"), "big")


_VERBS = np.array([word(verb) for verb in VERBS], np.int64)
PORT, EPRT, AUTH = word("PORT"), word("EPRT"), word("AUTH")


@inlined
def _word_at(data: Any, at: int) -> int:
    return ((i64(data[at]) << 24) | (i64(data[at + 1]) << 16) | (i64(data[at + 2]) << 8) | i64(data[at + 3])) & 0xDFDF_DFDF


@inlined
def _is_reply(data: Any, at: int, known: bool) -> bool:
    """Whether a reply's line begins: ``220`` where it is the first of all."""
    c, d, e, sep = i64(data[at]), i64(data[at + 1]), i64(data[at + 2]), i64(data[at + 3])
    if sep not in (32, 45):
        return False
    if known:
        return bool(c == 50 and d == 50 and e == 48)
    return bool(49 <= c <= 53 and 48 <= d <= 53 and 48 <= e <= 57)


@helper
def begins(s: Any, data: Any, start: int, size: int) -> None:
    """Note what a side's first bytes make of it: a server's greeting, a client's command, or nothing."""
    if size < 4 or s["ftp"] & (FTP_SERVER | FTP_CLIENT):
        return
    if _is_reply(data, start, s["known"] == BASE_KNOWN):
        s["ftp"] |= FTP_SERVER
        return
    said = _word_at(data, start)
    for k in range(len(_VERBS)):
        verb = i64(_VERBS[k])
        letters = 4 if verb & 0xFF else 3
        behind = i64(data[start + letters]) if letters < size else 32
        if (said if letters == 4 else said & 0xFFFF_FF00) == verb and behind in (32, 13, 10):
            s["ftp"] |= FTP_CLIENT
            return


@helper
def _number(data: Any, at: int, end: int) -> tuple[int, int]:
    """Read a decimal number of at most five digits that ends before ``end``; its value (-1 none) and where it ends."""
    value, i = 0, at
    while i < end and 48 <= i64(data[i]) <= 57 and i - at < 6:
        value = value * 10 + i64(data[i]) - 48
        i += 1
    if i == at or i >= end or i - at > 5:
        return -1, i
    return value, i


@helper
def _dotted(data: Any, at: int, end: int, sep: int) -> tuple[int, int]:
    """Read four numbers under 256 with ``sep`` between; the IPv4 address (-1 none) and where it ends."""
    address, i = 0, at
    for k in range(4):
        if k > 0:
            if i >= end or i64(data[i]) != sep:
                return -1, i
            i += 1
        value, i = _number(data, i, end)
        if not 0 <= value <= 255:
            return -1, i
        address = (address << 8) | value
    return address, i


@helper
def _tuple(data: Any, at: int, end: int) -> tuple[int, int]:
    """Read ``h1,h2,h3,h4,p1,p2``: IPv4 address (-1 none) and port."""
    address, i = _dotted(data, at, end, 44)
    if address < 0 or i >= end or i64(data[i]) != 44:
        return -1, -1
    high, i = _number(data, i + 1, end)
    if not 0 <= high <= 255 or i64(data[i]) != 44:
        return -1, -1
    low, i = _number(data, i + 1, end)
    return (address, (high << 8) | low) if 0 <= low <= 255 else (-1, -1)


@helper
def _extended(data: Any, at: int, end: int) -> tuple[int, int]:
    """Read ``|1|132.235.1.2|6275|`` or ``|||6275|`` (RFC 2428): IPv4 address (-1 none, or IPv6) and port (-1 none)."""
    if at >= end:
        return -1, -1
    bar, i = i64(data[at]), at + 1
    letter = 48 <= bar <= 58 or 65 <= bar <= 90 or 97 <= bar <= 122
    if bar < 33 or bar > 126 or bar == 46 or letter:
        return -1, -1
    family = -1
    if i < end and 48 <= i64(data[i]) <= 57:
        family = i64(data[i]) - 48
        i += 1
    if i >= end or i64(data[i]) != bar:
        return -1, -1
    i += 1
    address = -1
    if family == 1:
        address, i = _dotted(data, i, end, 46)
    while i < end and i64(data[i]) != bar and i64(data[i]) > 32:
        i += 1
    if i >= end or i64(data[i]) != bar:
        return -1, -1
    port, i = _number(data, i + 1, end)
    return (address, port) if i < end and i64(data[i]) == bar else (-1, -1)


@helper
def _expect(expected: Any, hi: Any, lo: Any, port: int, p: Any, marks: int, state: Any) -> None:
    """Remember an endpoint that the packet's receiver will call."""
    t = i64(p["time_ns"])
    peer_hi, peer_lo = p["dst_hi"], p["dst_lo"]
    first = (hash_key(0, hi, lo, peer_hi, peer_lo, port, 0) & (BUCKETS - 1)) * WAYS
    chosen, age = first, i64(expected[first]["time_ns"])
    for way in range(first, first + WAYS):
        e = expected[way]
        if e["marks"] == 0:
            chosen = way
            break
        if e["lo"] == lo and e["port"] == port and e["peer_lo"] == peer_lo and e["hi"] == hi and e["peer_hi"] == peer_hi:
            chosen = way
            break
        if i64(e["time_ns"]) < age:
            chosen, age = way, i64(e["time_ns"])
    e = expected[chosen]
    e["hi"], e["lo"], e["peer_hi"], e["peer_lo"], e["port"] = hi, lo, peer_hi, peer_lo, port
    e["time_ns"], e["marks"] = t, marks
    state[S_PORTS + (port >> 5)] |= 1 << (port & 31)


@helper
def listen(me: Any, peer: Any, p: Any, data: Any, start: int, size: int, expected: Any, state: Any) -> None:
    """Take what a segment of a control channel announces.

    Parameters
    ----------
    me, peer : SIDE
        Of the sender and of the receiver.
    p : PACKET
    data : uint8[m]
    start, size : int
        Its payload in ``data``.
    expected : EXPECTED[BUCKETS * WAYS]
    """
    i, end = start, start + size
    for _ in range(MOST_LINES):
        if i + 4 > end:
            return
        address, port = -1, -1
        said = _word_at(data, i)
        if me["ftp"] & FTP_SERVER:
            code = (i64(data[i]) << 16) | (i64(data[i + 1]) << 8) | i64(data[i + 2])
            if code in (0x323237, 0x323239) and i64(data[i + 3]) in (32, 45):  # 227, 229
                at = i + 4
                while at < end and i64(data[at]) >= 32 and i64(data[at]) != 40 and not 48 <= i64(data[at]) <= 57:
                    at += 1
                open_ = at < end and i64(data[at]) == 40
                if code == 0x323237:  # not every server writes the brackets (RFC 1123 section 4.1.2.6)
                    address, port = _tuple(data, at + 1 if open_ else at, end)
                elif open_:
                    address, port = _extended(data, at + 1, end)
        elif said == AUTH:
            me["ftp"] |= FTP_ASKED_TLS
        elif said == PORT and i + 4 < end and i64(data[i + 4]) == 32:
            address, port = _tuple(data, i + 5, end)
        elif said == EPRT and i + 4 < end and i64(data[i + 4]) == 32:
            address, port = _extended(data, i + 5, end)
        if port > 0 and port < 65_536:
            marks = FTP_ANNOUNCED
            if (me["ftp"] | peer["ftp"]) & FTP_ASKED_TLS:
                marks |= FTP_ANNOUNCED_TLS
            _expect(expected, p["src_hi"], p["src_lo"], port, p, marks, state)
            hi, lo = np.uint64(0), np.uint64(0xFFFF_0000_0000 | max(address, 0))
            if address > 0 and (p["src_hi"] != hi or p["src_lo"] != lo):
                _expect(expected, hi, lo, port, p, marks, state)
        while i < end and i64(data[i]) != 10:
            i += 1
        i += 1


@helper
def _marks(expected: Any, hi: Any, lo: Any, port: int, peer_hi: Any, peer_lo: Any, t: int) -> int:
    """What was announced of an endpoint for this caller; 0 nothing, or too long ago."""
    first = (hash_key(0, hi, lo, peer_hi, peer_lo, port, 0) & (BUCKETS - 1)) * WAYS
    for way in range(first, first + WAYS):
        e = expected[way]
        if e["marks"] and e["lo"] == lo and e["port"] == port and e["peer_lo"] == peer_lo and e["hi"] == hi and e["peer_hi"] == peer_hi:
            return i64(e["marks"]) if -LIFETIME <= t - i64(e["time_ns"]) <= LIFETIME else 0
    return 0


@inlined
def was_announced(port: int, state: Any) -> bool:
    """Whether anybody ever announced a port: what nearly all flows are asked, and no more."""
    return bool((state[S_PORTS + (port >> 5)] >> (port & 31)) & 1)


@helper
def recognise(me: Any, peer: Any, p: Any, expected: Any) -> None:
    """Mark the side of a packet's flow whose endpoint was announced."""
    t = i64(p["time_ns"])
    me["ftp"] |= _marks(expected, p["src_hi"], p["src_lo"], i64(p["src_p"]), p["dst_hi"], p["dst_lo"], t)
    peer["ftp"] |= _marks(expected, p["dst_hi"], p["dst_lo"], i64(p["dst_p"]), p["src_hi"], p["src_lo"], t)
