"""No head can make a parser slow: eight times the bytes take about eight times the time, whatever is repeated in them."""

from __future__ import annotations

import runpy
import time
from pathlib import Path

import pytest

from pcapscan.identify import Identifier, heads_of

EXAMPLES = runpy.run_path(str(Path(__file__).parent / "examples.py"))["EXAMPLES"]
TCP, UDP = 6, 17
SMALL, LARGE, FLOWS = 512, 4096, 128
LINEAR = LARGE / SMALL
SLACK = 2.0
"""Between linear (1) and quadratic (8); the smaller head also pays what is paid once a flow."""
MOST_S = 0.004
"""Processor time of one flow whose sides hold as much as is kept; a hundred times what it takes here, and a loop without an end takes more."""

TRAPS = {
    "hellos that begin every six bytes": b"\x16\x03\x01\x00\x05\x01",
    "hellos one in the other": b"\x16\x03\x01\x10\x00\x01\x00\x0f\xfc\x03\x03",
    "line ends": b"\r\n",
    "replies that go on": b"220-\r\n",
    "headers without an end": b"\nSec-WebSocke",
    "blanks in a target": b"GET / HTTP/",
    "telnet's commands": b"\xff\xfb\x01",
    "telnet's subnegotiation that never ends": b"\xff\xfa\x18",
    "zeros": b"\0",
    "ones": b"\x01",
    "tags of ASN.1": b"\x30\x80",
    "labels of DNS": b"\x01a",
    "pointers of DNS": b"\xc0\x0c",
    "colons": b"domain name:",
    "almost a needle": b"refer" * 3 + b":",
    "prompts": b"C:\\",
    "angle brackets": b"<",
    "tabs": b"\t",
}


def seconds(unit: bytes, size: int, proto: int) -> float:
    """Processor time of a flow whose sides are ``unit``, over and over."""
    side = (unit * (size // len(unit) + 1))[:size]
    parts = side if proto == TCP else [side[: size // 2], side[size // 2 :]]
    heads = heads_of([(parts, parts)] * FLOWS, proto, sure=False)
    took = []
    for _ in range(3):
        identifier = Identifier()
        begin = time.thread_time()
        identifier.identify(heads)
        took.append(time.thread_time() - begin)
    return min(took) / FLOWS


def text_of(side: bytes | list[bytes]) -> bytes:
    return side if isinstance(side, bytes) else b"".join(side)


UNITS = [pytest.param(unit, proto, id=f"{name}-{proto}") for name, unit in TRAPS.items() for proto in (TCP, UDP)] + [
    pytest.param(text_of(side), proto, id=f"{name}-{number}-{'orig' if side is orig else 'resp'}")
    for number, (name, proto, orig, resp, _) in enumerate(EXAMPLES)
    for side in (orig, resp)
    if side and proto in (TCP, UDP)
]


@pytest.mark.parametrize(("unit", "proto"), UNITS)
def test_time_is_bound_by_bytes(unit, proto):
    small, large = seconds(unit, SMALL, proto), seconds(unit, LARGE, proto)
    assert large < MOST_S, f"{1e6 * large:.0f} us a flow of {LARGE} bytes a side"
    assert large < SLACK * LINEAR * small, f"{1e6 * small:.0f} us at {SMALL} bytes a side, {1e6 * large:.0f} us at {LARGE}"
