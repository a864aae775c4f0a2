"""Lists of indicators: told by shape, a million in seconds, looked up in columns."""

from __future__ import annotations

import ipaddress
import time

import numpy as np
import pytest

from pcapscan.errors import KnowledgeError
from pcapscan.knowledge import load_indicators


def columns(addresses):
    values = [int(ip) | (0xFFFF << 32 if ip.version == 4 else 0) for ip in map(ipaddress.ip_address, addresses)]
    return np.array([v >> 64 for v in values], np.uint64), np.array([v & (1 << 64) - 1 for v in values], np.uint64)


def lists(tmp_path, text):
    path = tmp_path / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_indicators([path])


def test_shapes(tmp_path):
    ja4 = "t13d1516h2_8daaf6152771_b186095e22b6"
    got = lists(
        tmp_path,
        f"\ufeff# comment\n203.0.113.1, seen 2024\n2001:db8::1\n198.51.100.0/24\nEvil.Example # x\n*.below.example\n.both.example\n{'a' * 32}\n{ja4}\n\r\n",
    )
    assert len(got.address_lo) == 2 and len(got.networks) == 1 and got.fingerprints == {"a" * 32, ja4}
    assert got.has_addresses(*columns(["203.0.113.1", "203.0.113.2", "2001:db8::1", "198.51.100.200", "::cb00:7101"])).tolist() == [
        True,
        False,
        True,
        True,
        False,
    ]
    assert got.has_name("EVIL.example.") and not got.has_name("a.evil.example")
    assert got.has_name("a.below.example") and not got.has_name("below.example")
    assert got.has_name("both.example") and got.has_name("a.b.both.example") and not got.has_name("notboth.example")


def test_addresses_that_share_their_low_half(tmp_path):
    got = lists(tmp_path, "2001:db8::1\n2001:db8:1::1\n2001:db8:1::1\n")
    assert got.has_addresses(*columns(["2001:db8::1", "2001:db8:1::1", "2001:db8:2::1"])).tolist() == [True, True, False]


@pytest.mark.parametrize("bad", ["10.0.0.0/33", "999.1.1.1", "not a name", "2001:::1", "http://x/", "\x00"])
def test_what_is_nothing_is_said_with_its_line(tmp_path, bad):
    with pytest.raises(KnowledgeError, match="line 2"):
        lists(tmp_path, f"10.0.0.1\n{bad}\n")


def test_binary_is_refused(tmp_path):
    with pytest.raises(KnowledgeError, match="UTF-8"):
        lists(tmp_path, b"\xff\xfe\x00")


def test_a_million_are_loaded_in_a_bounded_time(tmp_path):
    rng = np.random.default_rng(1)
    a = rng.integers(1, 255, (600_000, 4))
    lines = [f"{w}.{x}.{y}.{z}" for w, x, y, z in a.tolist()]
    lines += [f"host{i}.example{i % 97}.com" for i in range(300_000)] + [f"{i:032x}" for i in range(100_000)]
    path = tmp_path / "million.txt"
    path.write_text("\n".join(lines))
    begin = time.process_time()  # the machine's other work is not the reader's
    got = load_indicators([path])
    took = time.process_time() - begin
    assert len(got) > 990_000 and took < 2, f"{took:.1f} s"
    print(f"a million indicators in {took:.2f} s")
    begin = time.process_time()
    hit = got.has_addresses(*(np.tile(c, 1000) for c in columns([lines[0], "2001:db8::1"])))
    assert hit.sum() == 1000 and time.process_time() - begin < 0.5, "two thousand flows are looked up in columns"
