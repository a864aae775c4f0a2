"""Tables made by hand: one dict a flow, sensible defaults for the rest."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pcapscan.tables import BASES, CHANNEL_KINDS, CONN_STATES, FAKES, ORIG_BASES, Channels, ChannelTable, FlowTable, IdentityTable

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def words(address: str) -> tuple[int, int]:
    ip = ipaddress.ip_address(address)
    value = int(ip) | (0xFFFF << 32 if ip.version == 4 else 0)
    return value >> 64, value & (1 << 64) - 1


def make_tables(rows: Sequence[dict[str, Any]]) -> SimpleNamespace:
    """Flows and identities of some rows: orig, resp, orig_p, resp_p, proto, protocol, at (seconds), orig_facts, ..."""
    n = len(rows)

    def column(key: str, default: Any, dtype: Any) -> np.ndarray:
        return np.array([r.get(key, default) for r in rows], dtype)

    orig = [words(r.get("orig", "10.0.0.5")) for r in rows]
    resp = [words(r.get("resp", "203.0.113.10")) for r in rows]
    first = np.array([START + int(r.get("at", 0) * SECOND) for r in rows], np.int64)
    last = first + np.array([int(r.get("lasts", 1) * SECOND) for r in rows], np.int64)
    names = tuple(dict.fromkeys(r["protocol"] for r in rows if r.get("protocol")))
    upgrades = tuple(dict.fromkeys(r["upgraded"] for r in rows if r.get("upgraded") and r["upgraded"] not in names))
    names += upgrades
    strings = list(dict.fromkeys(r["name"] for r in rows if r.get("name")))
    facts: list[dict[str, Any]] = []

    def index(key: str) -> np.ndarray:
        out = []
        for r in rows:
            value = r.get(key)
            if value is None:
                out.append(-1)
                continue
            if value not in facts:
                facts.append(value)
            out.append(facts.index(value))
        return np.array(out, np.int32)

    flows = FlowTable(
        first_ns=first, last_ns=last,
        orig_hi=np.array([w[0] for w in orig], np.uint64), orig_lo=np.array([w[1] for w in orig], np.uint64),
        resp_hi=np.array([w[0] for w in resp], np.uint64), resp_lo=np.array([w[1] for w in resp], np.uint64),
        orig_p=column("orig_p", 50123, np.uint16), resp_p=column("resp_p", 443, np.uint16), proto=column("proto", 6, np.uint8),
        state=np.array([CONN_STATES.index(r.get("state", "SF")) for r in rows], np.int8),
        orig_basis=np.array([ORIG_BASES.index(r.get("orig_basis", "handshake" if r.get("proto", 6) == 6 else "first")) for r in rows], np.int8),
        orig_pkts=column("orig_pkts", 5, np.int64), resp_pkts=column("resp_pkts", 5, np.int64),
        orig_bytes=column("orig_bytes", 500, np.int64), resp_bytes=column("resp_bytes", 1500, np.int64),
        tunnel=np.zeros(n, np.uint8), tunnel_id=np.zeros(n, np.uint32), vlan=np.full(n, 0xFFFF, np.uint16), source=np.zeros(n, np.int32),
        number=np.arange(1, n + 1, dtype=np.int64), offset=np.arange(n, dtype=np.int64) * 100 + 24,
        orig_number=np.full(n, 4, np.int64), orig_offset=np.full(n, 400, np.int64), resp_number=np.full(n, 6, np.int64),
        resp_offset=np.full(n, 600, np.int64), uid=np.array([r.get("uid", b"") for r in rows], "S24"),
    )  # fmt: skip
    code = np.array([names.index(r["protocol"]) if r.get("protocol") else -1 for r in rows], np.int16)
    identities = IdentityTable(
        protocol=code, orig_protocol=code, resp_protocol=code,
        basis=np.array([BASES.index(r.get("basis", "both" if r.get("protocol") else "")) for r in rows], np.int8),
        bits=np.where(code >= 0, 60, 0).astype(np.int16),
        fake=np.array([FAKES.index(r.get("fake", "")) for r in rows], np.int8),
        upgraded=np.array([names.index(r["upgraded"]) if r.get("upgraded") else -1 for r in rows], np.int16),
        midstream=column("midstream", False, np.bool_), swap=np.zeros(n, np.bool_), shell=column("shell", False, np.bool_),
        orig_entropy=column("orig_entropy", np.nan, np.float32), resp_entropy=column("resp_entropy", np.nan, np.float32),
        orig_printable=column("orig_printable", np.nan, np.float32), resp_printable=column("resp_printable", np.nan, np.float32),
        server_name=np.array([strings.index(r["name"]) if r.get("name") else -1 for r in rows], np.int32),
        orig_facts=index("orig_facts"), resp_facts=index("resp_facts"), names=names, strings=strings, facts=facts,
    )  # fmt: skip
    return SimpleNamespace(flows=flows, identities=identities)


def make_channels(flows: FlowTable, members: Sequence[Sequence[int]], **values: Any) -> SimpleNamespace:
    """Channels over rows of the flow table, each with a period of 60 s beyond doubt unless told otherwise."""
    c = len(members)
    lead = np.array([m[0] for m in members], np.int64)
    channels = Channels(
        orig_hi=flows.orig_hi[lead], orig_lo=flows.orig_lo[lead], has_resp=np.ones(c, np.bool_), resp_hi=flows.resp_hi[lead],
        resp_lo=flows.resp_lo[lead], resp_p=flows.resp_p[lead], proto=flows.proto[lead], server_name=np.full(c, -1, np.int32),
        attempt=np.full(c, values.pop("attempt", False)), within=np.full(c, values.pop("within", False)),
        flow_start=np.concatenate([[0], np.cumsum([len(m) for m in members])]).astype(np.int64),
        flow_index=np.array([r for m in members for r in m], np.int64),
    )  # fmt: skip
    size = np.array([len(m) for m in members], np.int64)
    period = ChannelTable(
        connections=size, checkins=size, first_ns=flows.first_ns[lead], last_ns=flows.last_ns[[m[-1] for m in members]],
        period_s=np.full(c, values.pop("period_s", 60.0)), jitter=np.full(c, 0.03), missed=np.zeros(c),
        score=np.full(c, values.pop("score", 1.0)), false_alarm=np.full(c, values.pop("false_alarm", 1e-9)), coverage=np.ones(c),
        answered=np.full(c, values.pop("answered", 1.0)), kind=np.full(c, CHANNEL_KINDS.index("steady"), np.int8),
    )  # fmt: skip
    assert not values
    return SimpleNamespace(channels=channels, periods=period)


@pytest.fixture
def tables() -> Callable[..., SimpleNamespace]:
    return make_tables


@pytest.fixture
def channels_of() -> Callable[..., SimpleNamespace]:
    return make_channels
