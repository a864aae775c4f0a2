"""TCP connection states in Zeek's words.

Each endpoint is a small machine driven by the flags it sends (Zeek's ``TCP_ENDPOINT_*``); the connection's word is read from
both endpoints when the flow ends. https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels import helper, inlined
from pcapscan.tables import CONN_STATES

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
"""TCP flags, RFC 9293 section 3.1."""

INACTIVE, SYN_SENT, SYN_ACK_SENT, PARTIAL, ESTABLISHED, CLOSED, RESET = range(7)
"""Endpoint states. PARTIAL: seen first without a SYN."""

S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR, OTH = (CONN_STATES.index(s) for s in CONN_STATES)


@inlined
def become(side: Any, state: int) -> None:
    """Change an endpoint's state and remember the one before."""
    side["was"] = side["state"]
    side["state"] = state


@inlined
def awake(me: Any, peer: Any, flags: int, is_orig: bool, payload: int) -> None:
    """Take the first packet of an endpoint."""
    if flags & SYN:
        if is_orig:
            if peer["state"] == ESTABLISHED:  # its SYN was captured after the answer
                become(me, ESTABLISHED)
            elif flags & ACK:
                become(me, SYN_ACK_SENT)
            else:
                become(me, SYN_SENT)
        else:
            if peer["state"] == SYN_SENT:
                become(peer, ESTABLISHED)
            become(me, ESTABLISHED)
    if flags & FIN:
        become(me, CLOSED)
    if flags & RST:
        become(me, RESET)
    if me["state"] == INACTIVE:
        if not is_orig and payload == 0 and peer["state"] == SYN_SENT:
            return  # a bare ACK before the SYN-ACK
        if flags & ACK and peer["state"] == ESTABLISHED:
            become(me, ESTABLISHED)  # the SYN was missed, the SYN-ACK was not
        else:
            become(me, PARTIAL)


@inlined
def advance(me: Any, peer: Any, flags: int, is_orig: bool, payload: int) -> None:
    """Drive the endpoint ``me`` by one packet that it sent.

    Parameters
    ----------
    me, peer : SIDE
    flags : int
        TCP flags.
    is_orig : bool
    payload : int
        Bytes on the wire.
    """
    state = me["state"]
    if state == INACTIVE:
        awake(me, peer, flags, is_orig, payload)
    elif state in (SYN_SENT, SYN_ACK_SENT):
        if flags & FIN:
            become(me, CLOSED)
        if flags & RST:
            become(me, RESET)
    elif state in (ESTABLISHED, PARTIAL):
        if flags & SYN and not flags & ACK and state == PARTIAL and peer["state"] == INACTIVE:
            become(me, SYN_SENT)
        if flags & FIN and not flags & RST:
            become(me, CLOSED)
            if peer["state"] == RESET and peer["was"] == CLOSED:
                become(peer, CLOSED)  # a FIN, then a RST, was a normal end after all
        if flags & RST:
            become(me, RESET)
    elif state == CLOSED and flags & RST and peer["state"] != CLOSED:
        become(me, RESET)


@inlined
def is_closed(one: Any, other: Any) -> bool:
    """Whether a connection is over: a reset, both sides closed, or one closed whose peer was never seen."""
    a, b = one["state"], other["state"]
    if a == RESET or b == RESET:
        return True
    return bool((a == CLOSED and b in (CLOSED, INACTIVE)) or (b == CLOSED and a == INACTIVE))


@helper
def is_lone_reset(orig: Any, resp: Any) -> bool:
    """Whether all that was seen are resets by the originator: no SYN, so not RSTOS0; Zeek says OTH (by the responder: RSTRH)."""
    return bool(orig["state"] == RESET and orig["was"] == INACTIVE and resp["state"] == INACTIVE)


@helper
def conn_state(orig: int, resp: int, silent: bool) -> int:
    """Read the connection state off two endpoint states, as an index in CONN_STATES.

    Parameters
    ----------
    orig, resp : int
        Endpoint states.
    silent : bool
        Neither side sent payload.
    """
    orig_missing = orig in (INACTIVE, PARTIAL)
    resp_missing = resp in (INACTIVE, PARTIAL)
    if resp == RESET:
        if orig in (SYN_SENT, SYN_ACK_SENT) or (orig == RESET and silent):
            return REJ
        return RSTRH if orig_missing else RSTR
    if orig == RESET:
        return RSTOS0 if resp_missing else RSTO
    if orig == CLOSED and resp == CLOSED:
        return SF
    if orig == CLOSED:
        return SH if resp_missing else S2
    if resp == CLOSED:
        return SHR if orig_missing else S3
    if orig == SYN_SENT and resp == INACTIVE:
        return S0
    if orig == ESTABLISHED and resp == ESTABLISHED:
        return S1
    return OTH


@helper
def datagram_state(orig_pkts: int, resp_pkts: int) -> int:
    """State of a flow without connections: SF both spoke, S0 only the originator, SHR only the responder."""
    if orig_pkts > 0:
        return SF if resp_pkts > 0 else S0
    return SHR if resp_pkts > 0 else OTH
