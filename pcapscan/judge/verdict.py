"""One verdict for every flow: whether what is spoken belongs on this port.

What it detects
    A known protocol where it is not at home (``unexpected_port``); another protocol on a port that belongs to one
    (``wrong_protocol``); bytes of no known protocol there (``unknown_on_reserved``); bytes dressed as TLS (``fake``).
Why it matters
    Filters and people look by port. T1571 is the name for what hides from them: 17 of the 53 procedure examples that name a
    port put another protocol on a reserved one, 21 a known protocol on an odd one, the rest a protocol of their own.
How it is fooled
    By speaking the port's own protocol well (then only period, rarity and facts are left), and by ports negotiated at run
    time, which RTP, BitTorrent, FTP data and Windows RPC use and which are therefore never called unexpected.
False positives
    Habitual alternates (8080, 8443 ...) are ``unexpected_port`` too; their pair makes them low. Messengers and remote support on
    443. Flows whose beginning was not captured are not accused of being unknown.

References
----------
    https://attack.mitre.org/techniques/T1571/ ; Corelight threat-hunting guide, T1571.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pcapscan.knowledge import Knowledge, place_key
from pcapscan.tables import (
    BASES,
    CONN_STATES,
    HEAD_GAP,
    HEAD_MIDSTREAM,
    HEAD_SNAPPED,
    I8,
    I64,
    ICMP,
    ICMP6,
    ORIG_BASES,
    TCP,
    TRANSPORTS,
    U8,
    VERDICTS,
    Bool,
    FlowTable,
    IdentityTable,
)

NONE, EXPECTED, UNEXPECTED_PORT, WRONG_PROTOCOL, UNKNOWN_ON_RESERVED, FAKE, UNKNOWN = range(len(VERDICTS))

_CERTAIN = np.array([basis in ("handshake", "answer", "zeek") for basis in ORIG_BASES])
_BEGUN = np.array([state not in ("OTH", "SHR", "RSTRH", "SH") for state in CONN_STATES])
_BOTH_SPOKE_STATES = np.array([state in ("S1", "SF", "S2", "S3", "RSTO", "RSTR") for state in CONN_STATES])
_RESP_SPOKE = np.array([basis in ("both", "resp") for basis in BASES])
_BLIND = HEAD_MIDSTREAM | HEAD_GAP | HEAD_SNAPPED


class Spans(NamedTuple):
    """Ranges of keys, disjoint and ascending: int64[r] first and last of each."""

    first: I64
    last: I64

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> Spans:
        """Sort, and merge what overlaps."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        table = np.array(merged, np.int64).reshape(-1, 2)
        return cls(np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]))

    def hold(self, keys: I64) -> Bool:
        """Which keys lie in a range."""
        if not len(self.first):
            return np.zeros(len(keys), np.bool_)
        at = np.searchsorted(self.first, keys, "right") - 1
        held: Bool = (at >= 0) & (keys <= self.last[at])
        return held


@lru_cache(maxsize=16)
def _compiled(names: tuple[str, ...], knowledge: Knowledge) -> tuple[Spans, Spans, Bool]:
    """Keys (protocol, transport, port) of what is expected and of what goes anywhere; which protocols are symmetric."""
    homes: list[tuple[int, int]] = []
    anywhere: list[tuple[int, int]] = []
    symmetric = np.zeros(len(names) + 1, np.bool_)  # the last row answers for -1, not named
    for code, name in enumerate(names):
        known = knowledge.protocol(name)
        if known is None:
            continue
        symmetric[code] = known.symmetric
        base = code << 24
        for specs, ranges in ((known.expected, homes), (known.anywhere, anywhere)):
            ranges += [(base + place_key(spec.proto, spec.first), base + place_key(spec.proto, spec.last)) for spec in specs]
    return Spans.of(homes), Spans.of(anywhere), symmetric


def _among(keys: I64, table: I64) -> Bool:
    """Which keys are in a sorted table."""
    if not len(table):
        return np.zeros(len(keys), np.bool_)
    at = np.searchsorted(table, keys)
    at[at == len(table)] = 0
    found: Bool = table[at] == keys
    return found


def expected_ports(names: tuple[str, ...], knowledge: Knowledge) -> dict[tuple[str, int], tuple[int, ...]]:
    """Ports where each protocol is at home.

    Returns
    -------
    dict
        (protocol name, IP protocol number) to ports, ascending; a name without a home has no key. Ranges of more than a hundred
        ports are given by their ends.
    """
    answer: dict[tuple[str, int], tuple[int, ...]] = {}
    for name in names:
        known = knowledge.protocol(name)
        for proto in TRANSPORTS:
            specs = [s for s in known.expected if s.proto == proto] if known else []
            ports = {p for s in specs for p in (range(s.first, s.last + 1) if s.last - s.first < 100 else (s.first, s.last))}
            if ports:
                answer[name, proto] = tuple(sorted(ports))
    return answer


def begun(flows: FlowTable, head_flags: U8 | None = None) -> Bool:
    """Whether a flow's beginning was seen, so that "not recognised" may be held against it.

    Parameters
    ----------
    flows : FlowTable
    head_flags : uint8[n, 2], optional
        ``Heads.flags``; without it only what the flow table tells is known.
    """
    seen: Bool = np.where(flows.proto == TCP, _CERTAIN[flows.orig_basis] & _BEGUN[flows.state], True)
    if head_flags is not None:
        seen = seen & ~((head_flags & _BLIND) != 0).any(axis=1)
    return seen


def attempts(flows: FlowTable, identities: IdentityTable) -> Bool:
    """Flows in which the responder said nothing: somebody tried, nothing is known to be served.

    Where the size is unknown (Zeek ``-``), the state and the naming side decide.
    """
    spoke = (flows.resp_bytes > 0) | _RESP_SPOKE[identities.basis]
    untold = (flows.resp_bytes < 0) & _BOTH_SPOKE_STATES[flows.state]
    answer: Bool = ~(spoke | untold)
    return answer


def verdicts(flows: FlowTable, identities: IdentityTable, knowledge: Knowledge, head_flags: U8 | None = None) -> I8:
    """One verdict a flow.

    Parameters
    ----------
    flows : FlowTable
        Already in the exchanged order where ``identities.swap`` asked for it.
    identities : IdentityTable
        Row for row.
    knowledge : Knowledge
    head_flags : uint8[n, 2], optional
        ``Heads.flags``: a head that was cut or began mid-stream is not accused of being unknown on a reserved port.

    Returns
    -------
    int8[n]
        Indices in :data:`pcapscan.tables.VERDICTS`. ICMP has no ports to judge: ``none``.
    """
    homes, anywhere, symmetric = _compiled(tuple(identities.names), knowledge)
    proto = flows.proto.astype(np.int64)
    place = proto << 16 | flows.resp_p
    code = identities.protocol.astype(np.int64)
    named = code >= 0

    expected = named & homes.hold(code << 24 | place)
    # The service's port may be the originator's: both ends of a symmetric protocol hold it, and in a conversation whose beginning
    # was not captured the roles were guessed.
    guessed = (flows.proto == TCP) & ~_CERTAIN[flows.orig_basis]
    either = named & (symmetric[code] | guessed) & ~expected
    if either.any():
        expected |= either & homes.hold(code << 24 | proto << 16 | flows.orig_p)

    reserved = _among(place, knowledge.reserved_keys)
    free = named & ~reserved & anywhere.hold(code << 24 | place)
    answer = np.full(len(flows), NONE, np.int8)
    answer[(flows.orig_bytes > 0) | (flows.resp_bytes > 0)] = UNKNOWN
    answer[named] = UNEXPECTED_PORT
    answer[named & reserved] = WRONG_PROTOCOL
    answer[expected | free] = EXPECTED
    answer[_homeless(identities, knowledge)[code] & ~reserved] = EXPECTED
    answer[~named & _accused(flows, knowledge, reserved, place, head_flags)] = UNKNOWN_ON_RESERVED
    answer[identities.fake > 0] = FAKE
    answer[(flows.proto == ICMP) | (flows.proto == ICMP6)] = NONE
    return answer


def _homeless(identities: IdentityTable, knowledge: Knowledge) -> Bool:
    """Protocols without any known home (nothing can be unexpected); the last row answers for -1, not named."""
    known = [knowledge.protocol(name) for name in identities.names]
    return np.array([k is None or not (k.expected or k.anywhere) for k in known] + [False], np.bool_)


def _accused(flows: FlowTable, knowledge: Knowledge, reserved: Bool, place: I64, head_flags: U8 | None) -> Bool:
    """Unnamed flows on reserved ports that said enough, from the beginning, for their silence about a protocol to mean something."""
    both = (flows.orig_bytes > 0) & (flows.resp_bytes > 0)
    total = np.maximum(flows.orig_bytes, 0) + np.maximum(flows.resp_bytes, 0)
    enough = np.where(
        both, total >= knowledge.number("pair.reserved_min_bytes"), total >= knowledge.number("pair.reserved_min_bytes_one_way")
    )
    zeek = flows.orig_basis == ORIG_BASES.index("zeek")
    seeing = np.where(zeek, _among(place, knowledge.zeek_reserved_keys), True)
    answer: Bool = reserved & enough & seeing & begun(flows, head_flags)
    return answer


__all__ = ["attempts", "begun", "expected_ports", "verdicts"]
