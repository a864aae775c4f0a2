"""Who is asked: the filter forbids only what ``look`` denies, and is not held against what it cannot know."""

import random
import runpy
from pathlib import Path

import numpy as np
import pytest

from pcapscan.identify import build, heads_of
from pcapscan.identify.candidates import CARRIERS, candidates
from pcapscan.identify.dispatch import HALVES, modules
from pcapscan.identify.engine import ask_about
from pcapscan.identify.protocols._contract import PLACED, PLACED_FROM
from pcapscan.tables import HEAD_CAPPED, HEAD_GAP, HEAD_MIDSTREAM, HEAD_SNAPPED, TCP

HERE = Path(__file__).parent
EXAMPLES = [
    (name, proto, orig, resp)
    for path in (HERE / "conversations.py", HERE.parent / "breadth" / "examples.py")
    for name, proto, orig, resp, _ in runpy.run_path(str(path))["EXAMPLES"]
] + [
    (
        "tls",
        TCP,
        bytes.fromhex("160301002f0100002b0303") + bytes(range(32)) + bytes.fromhex("000004c02bc02f0100"),
        bytes.fromhex("15030300020228"),
    ),
    ("ike", TCP, b"IKETCP\x00\x20" + bytes(range(1, 25)), b""),
]
PLACED_MODULES = [(m, proto) for m in modules() for proto in getattr(m, "PLACES", {})]
MADE_UP = 6_000


def place_of(module):
    """Half, and the number within it."""
    number = modules().index(module)
    half = next(k for k, numbers in enumerate(HALVES) if number in numbers)
    return half, number - HALVES[half].start


def first_part(side):
    """What ``look`` is asked about: all of TCP, the first datagram elsewhere."""
    return side if isinstance(side, bytes) else side[0] if side else b""


def long_enough(side):
    return side + bytes(max(0, PLACED_FROM - len(side)))


def trials(module, proto):
    """Heads that are nearly what a protocol says: every byte at every place of its own, and places filled from what may stand there;
    all of these as either side's and over either transport."""
    chance = random.Random(f"{module.NAME} {proto}")
    own = [(first_part(o), first_part(r)) for name, _, o, r in EXAMPLES if name == module.NAME]
    own += [(r, o) for o, r in own]
    every = [(first_part(o), first_part(r)) for _, p, o, r in EXAMPLES if p == proto]
    yield from every
    yield from ((r, o) for o, r in every)
    for pair in own:
        for side in (0, 1):
            for place in range(PLACED if pair[side] else 0):
                head = bytearray(long_enough(pair[side]))
                for byte in range(256):
                    head[place] = byte
                    for peer in (pair[1 - side], b""):
                        yield (bytes(head), peer) if side == 0 else (peer, bytes(head))
    for _ in range(MADE_UP):
        side = chance.randrange(2)
        sets = module.PLACES[proto][side]
        model = chance.choice(own)
        begin = long_enough(model[side])[:PLACED] if chance.random() < 0.5 else chance.randbytes(PLACED)
        head = bytearray(chance.choice(sets[k]) if k in sets else begin[k] for k in range(PLACED))
        if sets and chance.random() < 0.7:
            head[chance.choice(list(sets))] = chance.randrange(256)
        tail = long_enough(model[side])[PLACED:] if chance.random() < 0.6 else chance.randbytes(chance.randrange(8, 300))
        peer = chance.choice((model[1 - side], b"", chance.choice(every)[1 - side]))
        yield (bytes(head) + tail, peer) if side == 0 else (peer, bytes(head) + tail)


def evidence(heads, half, allowed):
    out = np.empty((len(heads), 2, 6), np.int32)
    build.halves()[half].weigh_half(
        heads.arena, heads.start, heads.length, heads.cuts, heads.flags, heads.proto, heads.sure,
        allowed, 0, np.zeros((2, 16), np.int64), np.zeros((2, allowed.shape[-1]), np.uint64), out,
    )  # fmt: skip
    return out


@pytest.mark.parametrize(("module", "proto"), PLACED_MODULES, ids=lambda x: getattr(x, "NAME", x))
def test_what_places_forbid_is_what_look_denies(module, proto):
    half, number = place_of(module)
    own = np.zeros(candidates(half).shape[-1], np.uint64)
    own[number // 64] = 1 << number % 64
    held = candidates(half) & own
    free = held.copy()
    free[:, 1:] = own
    flows = list(trials(module, proto))
    differ = 0
    for flags in (0, HEAD_CAPPED, HEAD_SNAPPED):
        heads = heads_of(flows, proto, sure=True, flags=(flags, flags))
        with_places, without = evidence(heads, half, held), evidence(heads, half, free)
        wrong = np.flatnonzero((with_places != without).any((1, 2)))
        assert not len(wrong), (len(wrong), flows[wrong[0]], with_places[wrong[0], 0].tolist(), without[wrong[0], 0].tolist())
        differ += int((without[:, 0] > 0).any(1).sum())
    assert differ, "not one of these heads is anything to look: the trial tried nothing"


@pytest.mark.parametrize(("module", "proto"), PLACED_MODULES, ids=lambda x: getattr(x, "NAME", x))
def test_places_are_what_the_contract_says(module, proto):
    assert proto in module.TRANSPORTS and len(module.PLACES[proto]) == 2
    for side, sets in enumerate(module.PLACES[proto]):
        assert set(sets) <= set(range(PLACED))
        assert all(isinstance(may, bytes) and 0 < len(set(may)) < 256 for may in sets.values())
        if module.FIRST[side] is not None and 0 in sets:
            assert set(sets[0]) <= set(module.FIRST[side])


def asked(head, side=0, proto=6, begun=True, half=0):
    out = np.zeros(candidates(half).shape[-1], np.uint64)
    b = np.frombuffer(head or b"\0", np.uint8)
    ask_about(b, len(head), begun, candidates(half)[2 * CARRIERS.index(proto) + side], out)
    return {m.NAME for m in (modules()[i] for i in HALVES[half]) if int(out[place_of(m)[1] // 64]) >> place_of(m)[1] % 64 & 1}


@pytest.mark.parametrize("half", range(len(HALVES)))
def test_short_heads_and_those_without_their_beginning_are_asked_by_first_alone(half):
    chance = random.Random(half)
    for _ in range(200):
        head = chance.randbytes(chance.randrange(1, 60))
        for proto in CARRIERS:
            for side in (0, 1):
                first = {
                    m.NAME
                    for m in (modules()[i] for i in HALVES[half])
                    if proto in m.TRANSPORTS and (m.FIRST[side] is None or head[0] in m.FIRST[side])
                }
                short = head[: PLACED_FROM - 1]
                assert asked(short, side, proto, True, half) == asked(head, side, proto, False, half) == first
                assert asked(head, side, proto, True, half) <= first
    assert asked(b"", half=half) == set()


def test_a_flow_without_its_beginning_is_named_as_before(one):
    page = b"ge, whose beginning is gone\nHTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n"
    assert one(b"", page, sure=False, flags=(0, HEAD_MIDSTREAM))["resp"] == "http"
    assert one(b"", page, sure=False, flags=(0, 0))["resp"] is None
    hello = b"\0\0\0\x44\xfeSMB\x40\0" + bytes(62)
    assert one(b"", b"abcdefgh" + hello, flags=(0, HEAD_GAP))["resp"] == "smb"
