"""One verdict for every flow: whether what is spoken belongs on this port.

What it detects
    A known protocol where it is not at home (``unexpected_port``); another protocol on a port that belongs to one
    (``wrong_protocol``); bytes of no known protocol there (``unknown_on_reserved``); bytes dressed as TLS (``fake``).
Why it matters
    Filters and people look by port. T1571 is the name for what hides from them: 17 of the 53 procedure examples that name a
    port put another protocol on a reserved one, 21 a known protocol on an odd one, the rest a protocol of their own.
How it is fooled
    By speaking the port's own protocol well (then only period, rarity and facts are left), and by ports negotiated at run
    time, which RTP, BitTorrent, FTP data and Windows RPC use and which are therefore never called unexpected (TFTP's only where both
    sides spoke: a request goes to a port that was known before).
False positives
    Habitual alternates (8080, 8443 ...) are ``unexpected_port`` too; their pair makes them low. Messengers and remote support on
    443. Flows whose beginning was not captured are not accused of being unknown.

References
----------
    https://attack.mitre.org/techniques/T1571/ ; Corelight threat-hunting guide, T1571.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pcapscan.knowledge import Knowledge
from pcapscan.tables import (
    BASES,
    CONN_STATES,
    HEAD_GAP,
    HEAD_MIDSTREAM,
    HEAD_SNAPPED,
    I8,
    I32,
    I64,
    ICMP,
    ICMP6,
    ORIG_BASES,
    TCP,
    TRANSPORTS,
    U8,
    U16,
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
_ZEEK = ORIG_BASES.index("zeek")
_BLIND = HEAD_MIDSTREAM | HEAD_GAP | HEAD_SNAPPED


class Places(NamedTuple):
    """What belongs where. Places (transport, port) of which everything is known alike are of one class.

    Attributes
    ----------
    row : int64[256]
        Of each transport, where its ports begin in ``of``.
    of : int32[t * 65536]
        Class of each port; the first 65536 are of transports of which nothing is known.
    verdict : int8[names + 1, classes]
        Of each protocol at each class of places, as far as that decides; the last row answers for flows that are not named, with
        UNKNOWN_ON_RESERVED or UNKNOWN.
    home : bool[names + 1, classes]
    zeek : bool[classes]
        Reserved, and Zeek can name all that is at home there.
    symmetric : bool[names + 1]
        Protocols whose service may be at either end.
    answered : bool[names + 1]
        Protocols that go anywhere only where they were answered.
    """

    row: I64
    of: I32
    verdict: I8
    home: Bool
    zeek: Bool
    symmetric: Bool
    answered: Bool

    def classes(self, proto: U8, port: U16) -> I32:
        """Class of each place."""
        found: I32 = self.of[self.row[proto] | port]
        return found


@lru_cache(maxsize=4)
def _classes(knowledge: Knowledge) -> tuple[I64, I32, int]:
    """The first two columns of :class:`Places`, and the number of classes."""
    edges: dict[int, set[int]] = {}
    for known in knowledge.protocols.values():
        for spec in (*known.expected, *known.anywhere, *known.reserved):
            edges.setdefault(spec.proto, set()).update((spec.first, spec.last + 1))
    row = np.zeros(256, np.int64)
    new = np.zeros((len(edges) + 1, 1 << 16), np.int32)
    for place, proto in enumerate(sorted(edges), 1):
        row[proto] = place << 16
        new[place, [edge for edge in edges[proto] if edge < 1 << 16]] = 1
        new[place, 0] = 1
    of = np.cumsum(new.ravel(), dtype=np.int32)
    return row, of, int(of[-1]) + 1


@lru_cache(maxsize=16)
def _places(names: tuple[str, ...], knowledge: Knowledge) -> Places:
    row, of, count = _classes(knowledge)
    home, anywhere = (np.zeros((len(names) + 1, count), np.bool_) for _ in range(2))
    reserved, zeek = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    symmetric, answered, homeless = (np.zeros(len(names) + 1, np.bool_) for _ in range(3))
    for code, name in enumerate(names):
        known = knowledge.protocol(name)
        homeless[code] = known is None or not (known.expected or known.anywhere)
        if known is None:
            continue
        symmetric[code], answered[code] = known.symmetric, known.answered
        for specs, table in ((known.expected, home), (known.anywhere, anywhere)):
            for spec in specs:
                base = row[spec.proto]
                table[code, of[base + spec.first] : of[base + spec.last] + 1] = True
    for keys, column in ((knowledge.reserved_keys, reserved), (knowledge.zeek_reserved_keys, zeek)):
        column[of[row[keys >> 16] | keys & 0xFFFF]] = True
    verdict = np.where(reserved, WRONG_PROTOCOL, np.full((len(names) + 1, count), UNEXPECTED_PORT, np.int8)).astype(np.int8)
    verdict[home | ((anywhere | homeless[:, None]) & ~reserved)] = EXPECTED
    verdict[-1] = np.where(reserved, UNKNOWN_ON_RESERVED, UNKNOWN)
    return Places(row, of, verdict, home, zeek, symmetric, answered)


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


def begun(flows: FlowTable, head_flags: U8 | None = None, rows: I64 | None = None) -> Bool:
    """Whether a flow's beginning was seen, so that "not recognised" may be held against it.

    Parameters
    ----------
    flows : FlowTable
    head_flags : uint8[n, 2], optional
        ``Heads.flags``; without it only what the flow table tells is known.
    rows : int64[k], optional
        The flows that are asked for, else all.
    """
    of: Any = slice(None) if rows is None else rows
    seen: Bool = (flows.proto[of] != TCP) | (_CERTAIN[flows.orig_basis[of]] & _BEGUN[flows.state[of]])
    if head_flags is not None:
        seen = seen & ~((head_flags[of] & _BLIND) != 0).any(axis=1)
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
    places = _places(tuple(identities.names), knowledge)
    code = identities.protocol
    here = places.classes(flows.proto, flows.resp_p)
    answer: I8 = places.verdict[code, here]
    alone = np.flatnonzero(places.answered[code] & (answer == EXPECTED))
    if len(alone):
        alone = alone[attempts(flows, identities)[alone] & ~places.home[code[alone], here[alone]]]
        answer[alone] = UNEXPECTED_PORT
    # The service's port may be the originator's: both ends of a symmetric protocol hold it, and in a conversation whose beginning
    # was not captured the roles were guessed.
    guessed = (flows.proto == TCP) & ~_CERTAIN[flows.orig_basis]
    either = np.flatnonzero((code >= 0) & (answer != EXPECTED) & (places.symmetric[code] | guessed))
    if len(either):
        there = places.classes(flows.proto[either], flows.orig_p[either])
        answer[either[places.home[code[either], there]]] = EXPECTED
    unnamed = np.flatnonzero(code < 0)
    if len(unnamed):
        silent = (flows.orig_bytes[unnamed] <= 0) & (flows.resp_bytes[unnamed] <= 0)
        accused = answer[unnamed] == UNKNOWN_ON_RESERVED
        accused[accused] = _accused(flows, knowledge, unnamed[accused], places.zeek[here[unnamed[accused]]], head_flags)
        answer[unnamed] = np.where(accused, UNKNOWN_ON_RESERVED, np.where(silent, NONE, UNKNOWN))
    answer[identities.fake > 0] = FAKE
    answer[(flows.proto == ICMP) | (flows.proto == ICMP6)] = NONE
    return answer


def _accused(flows: FlowTable, knowledge: Knowledge, rows: I64, zeek: Bool, head_flags: U8 | None) -> Bool:
    """Of unnamed flows on reserved ports those that said enough, from the beginning, for their silence about a protocol to mean something.

    ``zeek``: whether Zeek would have named them.
    """
    orig, resp = flows.orig_bytes[rows], flows.resp_bytes[rows]
    both = (orig > 0) & (resp > 0)
    total = np.maximum(orig, 0) + np.maximum(resp, 0)
    enough = total >= np.where(both, knowledge.number("pair.reserved_min_bytes"), knowledge.number("pair.reserved_min_bytes_one_way"))
    seeing = zeek | (flows.orig_basis[rows] != _ZEEK)
    answer: Bool = enough & seeing & begun(flows, head_flags, rows)
    return answer


__all__ = ["attempts", "begun", "expected_ports", "verdicts"]
