"""Texture of heads, and what reads as a shell."""

import math
from collections import Counter

import pytest


def test_entropy_and_printable_share_against_the_formula(one):
    data = bytes(range(97, 123)) * 3 + b"\0\1\2\3"
    found = one(data, b"short")
    n = len(data)
    slow = -sum(c / n * math.log2(c / n) for c in Counter(data).values())
    assert found["entropy"][0] == pytest.approx(slow, abs=1e-4)
    assert math.isnan(found["entropy"][1])
    assert found["printable"] == (pytest.approx(78 / 82), 1.0)


@pytest.mark.parametrize(
    ("orig", "resp"),
    [
        (b"Microsoft Windows [Version 10.0.19045]\r\n(c) Microsoft Corporation.\r\n\r\nC:\\Users\\bob>", b"whoami\n"),
        (b"PS C:\\> ", b""),
        (b"$ ", b"id\n"),
        (b"uid=0(root) gid=0(root)\n", b"id\n"),
        (b"bash: no job control in this shell\nbash-5.1$ ", b""),
        (b"root@host:/tmp# ", b"ls -la\n"),
        (b"whoami\nhostname\n", b"bob\nlaptop\n"),
    ],
)
def test_shell(one, orig, resp):
    found = one(orig, resp)
    assert found["protocol"] is None and found["shell"]


@pytest.mark.parametrize(
    ("orig", "resp"),
    [
        (b"It cost me $ 5 and then some more\n", b""),
        (b"# a heading\n\nand a paragraph of text\n", b""),
        (b"hello there\n", b"hi, how are you\n"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nC:\\> is a prompt"),
        (bytes(range(256)), bytes(range(256))),
    ],
)
def test_not_a_shell(one, orig, resp):
    assert not one(orig, resp)["shell"]
