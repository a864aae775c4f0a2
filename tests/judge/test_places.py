"""Classes of addresses, against the lies of Python's own table."""

from __future__ import annotations

import ipaddress

import numpy as np
import pytest

from pcapscan.judge.places import GROUP, INSIDE, LOCAL, OUTSIDE, TABLE, classes, network, text_of, within


def class_of(address, home=()):
    ip = ipaddress.ip_address(address)
    value = int(ip) | (0xFFFF << 32 if ip.version == 4 else 0)
    return int(classes(np.array([value >> 64], np.uint64), np.array([value & (1 << 64) - 1], np.uint64), home)[0])


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("203.0.113.10", OUTSIDE), ("198.51.100.1", OUTSIDE), ("192.0.2.1", OUTSIDE), ("198.18.0.1", OUTSIDE), ("2001:db8::1", OUTSIDE),
        ("8.8.8.8", OUTSIDE), ("2606:4700::1", OUTSIDE), ("172.32.0.1", OUTSIDE), ("172.15.255.255", OUTSIDE), ("100.128.0.1", OUTSIDE),
        ("10.0.0.0", INSIDE), ("172.16.0.1", INSIDE), ("172.31.255.255", INSIDE), ("192.168.1.1", INSIDE), ("100.64.1.1", INSIDE),
        ("fd00::1", INSIDE), ("fc00::1", INSIDE), ("127.0.0.1", LOCAL), ("169.254.169.254", LOCAL), ("::1", LOCAL), ("fe80::1", LOCAL),
        ("0.0.0.0", LOCAL), ("224.0.0.251", GROUP), ("239.255.255.250", GROUP), ("255.255.255.255", GROUP), ("ff02::fb", GROUP),
    ],
)  # fmt: skip
def test_class(address, kind):
    assert class_of(address) == kind


def test_a_class_is_that_of_the_networks_the_address_lies_in():
    rng = np.random.default_rng(5)
    edges = [
        int(net[at]) + step
        for text, _ in TABLE
        for net in [ipaddress.ip_network(text)]
        if net.version == 4
        for at in (0, -1)
        for step in (-1, 0, 1)
    ]
    four = np.concatenate([rng.integers(0, 1 << 32, 3000), np.array(edges) % (1 << 32)]).astype(np.uint64)
    hi = np.concatenate([np.zeros(len(four), np.uint64), rng.integers(0, 1 << 63, 300).astype(np.uint64), np.zeros(300, np.uint64)])
    lo = np.concatenate(
        [four | np.uint64(0xFFFF << 32), rng.integers(0, 1 << 63, 300).astype(np.uint64), rng.integers(0, 1 << 49, 300).astype(np.uint64)]
    )
    expected = np.full(len(hi), OUTSIDE, np.uint8)
    for text, kind in TABLE:
        expected[within(hi, lo, network(text))] = kind
    assert np.array_equal(classes(hi, lo), expected)


def test_home_net_makes_public_addresses_inside():
    assert class_of("203.0.113.10", ("203.0.113.0/24",)) == INSIDE
    assert class_of("203.0.114.10", ("203.0.113.0/24",)) == OUTSIDE
    assert class_of("2001:db8:1::1", ("2001:db8:1::/48",)) == INSIDE


def test_ipv4_network_does_not_catch_ipv6_with_the_same_bits():
    hi, lo = np.array([1], np.uint64), np.array([0xFFFF_0A00_0001], np.uint64)
    assert not within(hi, lo, network("10.0.0.0/8"))[0]


def test_addresses_as_people_write_them():
    assert text_of(0, 0xFFFF_0A00_0001) == "10.0.0.1"
    assert text_of(0x2001_0DB8 << 32, 1) == "2001:db8::1"
