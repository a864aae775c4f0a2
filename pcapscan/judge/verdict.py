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

from pcapscan.kernels import kernel
from pcapscan.knowledge import Knowledge
from pcapscan.tables import (
    BASES,
    CONN_STATES,
    HEAD_GAP,
    HEAD_MIDSTREAM,
    HEAD_SNAPPED,
    I8,
    I16,
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


@lru_cache(maxsize=4096)
def home_ports(name: str, proto: int, knowledge: Knowledge) -> tuple[int, ...]:
    """Ports where a protocol is at home, ascending; ranges of more than a hundred ports are given by their ends."""
    known = knowledge.protocol(name)
    specs = [s for s in known.expected if s.proto == proto] if known else []
    return tuple(sorted({p for s in specs for p in (range(s.first, s.last + 1) if s.last - s.first < 100 else (s.first, s.last))}))


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
        for proto in TRANSPORTS:
            if ports := home_ports(name, proto, knowledge):
                answer[name, proto] = ports
    return answer


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
    f, ids, count = flows, identities, len(flows)
    answer = np.empty(count, np.int8)
    columns: tuple[Any, ...] = (
        f.proto, f.resp_p, f.orig_p, f.state, f.orig_basis, f.orig_bytes, f.resp_bytes, ids.protocol, ids.basis, ids.fake,
        np.zeros((0, 2), np.uint8) if head_flags is None else head_flags,
    )  # fmt: skip
    told: Any = (
        *map(np.ascontiguousarray, columns), *places, _CERTAIN, _BEGUN, _BOTH_SPOKE_STATES, _RESP_SPOKE,
        knowledge.number("pair.reserved_min_bytes"), knowledge.number("pair.reserved_min_bytes_one_way"), answer,
    )  # fmt: skip
    judge_rows(*told)
    return answer


@kernel(
    "void(uint8[::1], uint16[::1], uint16[::1], int8[::1], int8[::1], int64[::1], int64[::1], int16[::1], int8[::1], int8[::1], "
    "uint8[:, ::1], int64[::1], int32[::1], int8[:, ::1], boolean[:, ::1], boolean[::1], boolean[::1], boolean[::1], boolean[::1], "
    "boolean[::1], boolean[::1], boolean[::1], float64, float64, int8[::1])"
)
def judge_rows(
    proto: U8, resp_p: U16, orig_p: U16, state: I8, orig_basis: I8, orig_bytes: I64, resp_bytes: I64, protocol: I16, basis: I8, fake: I8,
    flags: U8, row: I64, of: I32, verdict: I8, home: Bool, zeek: Bool, symmetric: Bool, answered: Bool, certain: Bool, begun_: Bool,
    both_spoke: Bool, resp_spoke: Bool, least: float, least_one_way: float, answer: I8,
) -> None:  # fmt: skip
    """Fill ``answer``; the columns are those of flows and identities, then :class:`Places`, the tables above, and two numbers of bytes.

    ``flags`` may have no row.
    """
    for i in range(proto.size):
        if fake[i] > 0 or proto[i] == ICMP or proto[i] == ICMP6:
            answer[i] = NONE if proto[i] == ICMP or proto[i] == ICMP6 else FAKE
            continue
        code = protocol[i] if protocol[i] >= 0 else verdict.shape[0] - 1
        here = of[row[proto[i]] | np.int64(resp_p[i])]
        said = verdict[code, here]
        known = protocol[i] >= 0
        if known and answered[code] and said == EXPECTED and not home[code, here]:
            spoke = resp_bytes[i] > 0 or resp_spoke[basis[i]] or (resp_bytes[i] < 0 and both_spoke[state[i]])
            if not spoke:
                said = UNEXPECTED_PORT
        # The service's port may be the originator's: both ends of a symmetric protocol hold it, and in a conversation whose beginning
        # was not captured the roles were guessed.
        guessed = proto[i] == TCP and not certain[orig_basis[i]]
        if known and said != EXPECTED and (symmetric[code] or guessed) and home[code, of[row[proto[i]] | np.int64(orig_p[i])]]:
            said = EXPECTED
        if not known:
            # Its silence about a protocol means something where it said enough, from the beginning, and whoever named would have named it.
            orig, resp = max(orig_bytes[i], 0), max(resp_bytes[i], 0)
            seen = proto[i] != TCP or (certain[orig_basis[i]] and begun_[state[i]])
            if flags.shape[0] > 0:
                seen = seen and (flags[i, 0] | flags[i, 1]) & _BLIND == 0
            enough = orig + resp >= (least if orig > 0 and resp > 0 else least_one_way)
            if not (said == UNKNOWN_ON_RESERVED and enough and seen and (zeek[here] or orig_basis[i] != _ZEEK)):
                said = NONE if orig == 0 and resp == 0 else UNKNOWN
        answer[i] = said


__all__ = ["attempts", "expected_ports", "verdicts"]
