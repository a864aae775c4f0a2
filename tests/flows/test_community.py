"""Community IDs against the communityid package, and against the examples its specification prints."""

from __future__ import annotations

import communityid
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.errors import UsageError
from pcapscan.flows import addresses, community_ids
from pcapscan.tables import FlowTable

MAPPED = 0xFFFF << 32


def table(rows):
    n = len(rows)
    types = {"S": "S24"}
    columns = {}
    for name, annotation in FlowTable.__annotations__.items():
        kind = {"I64": np.int64, "U64": np.uint64, "U16": np.uint16, "U8": np.uint8, "I8": np.int8, "U32": np.uint32, "I32": np.int32}
        columns[name] = np.zeros(n, kind.get(str(annotation), types["S"]))
    for i, (proto, a, a_p, b, b_p) in enumerate(rows):
        columns["proto"][i] = proto
        (columns["orig_hi"][i], columns["orig_lo"][i]), (columns["resp_hi"][i], columns["resp_lo"][i]) = a, b
        columns["orig_p"][i], columns["resp_p"][i] = a_p, b_p
    return FlowTable(**columns)


def ipv4(text):
    return 0, MAPPED | int.from_bytes(bytes(int(x) for x in text.split(".")), "big")


def test_examples_of_the_specification():
    rows = [
        (6, ipv4("128.232.110.120"), 34855, ipv4("66.35.250.204"), 80),
        (6, ipv4("66.35.250.204"), 80, ipv4("128.232.110.120"), 34855),
        (1, ipv4("192.168.0.89"), 8, ipv4("192.168.0.1"), 0),
        (1, ipv4("192.168.0.1"), 0, ipv4("192.168.0.89"), 8),
    ]
    ids = community_ids(table(rows)).tolist()
    assert ids[0] == ids[1] == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert ids[2] == ids[3] == "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="


word = st.integers(0, 2**64 - 1)
ends = st.one_of(
    st.tuples(st.just(0), st.integers(MAPPED, MAPPED + 2**32 - 1)), st.tuples(word, word), st.sampled_from([(0, 1), (0, MAPPED | 1)])
)
port = st.one_of(st.integers(0, 65_535), st.sampled_from([0, 3, 8, 13, 128, 129, 133, 135, 144]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([6, 17, 132, 1, 58, 47, 0]), ends, port, ends, port), min_size=1, max_size=20),
    st.sampled_from([0, 1, 65_535]),
)
def test_every_protocol_as_the_package_says(rows, seed):
    rows = [r for r in rows if (r[1][0] == 0 and r[1][1] >> 32 == 0xFFFF) == (r[3][0] == 0 and r[3][1] >> 32 == 0xFFFF)]
    flows = table(rows)
    orig, resp = addresses(flows.orig_hi, flows.orig_lo), addresses(flows.resp_hi, flows.resp_lo)
    package = communityid.CommunityID(seed=seed)
    for (proto, _, a_p, _, b_p), a, b, got in zip(rows, orig, resp, community_ids(flows, seed), strict=True):
        ported = proto in (1, 6, 17, 58, 132)
        if proto in (1, 58) and a_p > 255:
            continue
        tuple_ = communityid.FlowTuple(proto, str(a), str(b), a_p if ported else None, b_p if ported else None)
        assert got == package.calc(tuple_)


def test_seed_out_of_range_is_refused():
    with pytest.raises(UsageError, match="65535"):
        community_ids(table([]), 65_536)


def test_no_flows_have_no_ids():
    assert community_ids(table([])).tolist() == []
