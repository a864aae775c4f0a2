"""Addresses as text, against the standard library."""

from __future__ import annotations

import ipaddress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.flows import addresses

group = st.sampled_from([0, 0, 0, 1, 0xA, 0x10, 0x100, 0xDB8, 0xFFFF])


def split(value):
    return value >> 64, value & (2**64 - 1)


def text_of(values):
    words = [split(v) for v in values]
    return addresses(np.array([w[0] for w in words], np.uint64), np.array([w[1] for w in words], np.uint64)).tolist()


def plainly(value):
    address = ipaddress.IPv6Address(value)
    return str(address.ipv4_mapped or address)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(group, min_size=8, max_size=8), min_size=1, max_size=20))
def test_shortest_form_of_any_zeros(groups):
    values = [int.from_bytes(b"".join(g.to_bytes(2, "big") for g in gs), "big") for gs in groups]
    assert text_of(values) == [plainly(v) for v in values]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_ipv4_alone_is_dotted_and_narrow(values):
    hi, lo = np.zeros(len(values), np.uint64), np.array([0xFFFF_0000_0000 | v for v in values], np.uint64)
    got = addresses(hi, lo)
    assert got.dtype.itemsize == 15 * 4
    assert got.tolist() == [str(ipaddress.IPv4Address(v)) for v in values]


@pytest.mark.parametrize(
    "text", ["::", "::1", "1::", "2001:db8::1:0:0:1", "2001:db8:0:1:1:1:1:1", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
)
def test_rfc5952_forms(text):
    assert text_of([int(ipaddress.IPv6Address(text))]) == [text]


def test_strided_columns_and_none_at_all():
    assert addresses(np.zeros(4, np.uint64)[::2], np.zeros(4, np.uint64)[::2]).tolist() == ["::", "::"]
    assert addresses(np.zeros(0, np.uint64), np.zeros(0, np.uint64)).tolist() == []
