"""The verdict of made-up evidence, by the kernel and by its slow twin: columns of numpy, one rule after the other."""

import numpy as np
import pytest

from pcapscan.identify import PROTOCOLS, heads_of
from pcapscan.identify.dispatch import places_of
from pcapscan.identify.engine import BITS, BITS_0, BITS_1, BOTH, NAME, NAME_0, NAME_1, ORIG, RESP
from pcapscan.identify.protocols._contract import SWAP_MARGIN, THRESHOLD
from pcapscan.identify.settle import BYTES, CONTROL, CONTROL_BITS, FTP_DATA, MARKS, SHARES, TLS, WORDS, settle
from pcapscan.identify.text import entropy_terms
from pcapscan.tables import HEAD_ANNOUNCED, HEAD_ANNOUNCED_TLS, HEAD_GAP, HEAD_MIDSTREAM, UDP

ROWS = 4000
TURNED = ("start", "length", "cuts", "flags")


def best(first, second):
    """The better of each kind; the first where they are equal."""
    out = first.copy()
    for name, bits in ((NAME, BITS), (NAME_0, BITS_0), (NAME_1, BITS_1)):
        better = second[..., bits] > first[..., bits]
        out[better, name] = second[better, name]
        out[better, bits] = second[better, bits]
    return out


def verdict(found, length, flags):
    """Protocol, originator's, responder's, bits, basis."""
    silent_orig, silent_resp = length[:, 0] == 0, length[:, 1] == 0
    headless = flags[:, 1] & (HEAD_MIDSTREAM | HEAD_GAP) != 0
    name, bits = found[:, NAME].copy(), found[:, BITS].copy()
    basis = np.where(silent_resp, ORIG, np.where(silent_orig, RESP, BOTH)).astype(np.int32)
    other = (found[:, BITS_1] >= THRESHOLD) & (found[:, BITS_1] > bits)
    attempt = ~other & (bits < THRESHOLD) & (found[:, BITS_0] >= THRESHOLD) & headless
    for rows, which, said in ((other, NAME_1, RESP), (attempt, NAME_0, ORIG)):
        name[rows], bits[rows], basis[rows] = found[rows, which], found[rows, which + 1], said
    none = bits < THRESHOLD
    name[none], bits[none], basis[none] = -1, 0, 0
    agreed = basis == BOTH
    orig = np.where(agreed, name, np.where(found[:, BITS_0] >= THRESHOLD, found[:, NAME_0], -1))
    resp = np.where(agreed, name, np.where(found[:, BITS_1] >= THRESHOLD, found[:, NAME_1], -1))
    return np.stack([name, orig, resp, bits, basis])


def slow(evidence, heads):
    """The five columns, and which sides are exchanged."""
    straight = verdict(evidence[:, 0], heads.length, heads.flags)
    turned = verdict(evidence[:, 1], heads.length[:, ::-1], heads.flags[:, ::-1])
    swap = ~heads.sure & (turned[3] >= straight[3] + SWAP_MARGIN)
    found = np.where(swap, turned, straight)
    told = heads.flags & HEAD_ANNOUNCED != 0
    swap |= ~heads.sure & told[:, 0] & ~told[:, 1] & (found[:3] < 0).all(0)
    flags, length = (np.where(swap[:, None], column[:, ::-1], column) for column in (heads.flags, heads.length))
    spoke = ((length > 0) | (flags & HEAD_GAP != 0)).all(1)
    file = (flags[:, 1] & HEAD_ANNOUNCED != 0) & ~spoke
    secured = (flags[:, 1] & HEAD_ANNOUNCED_TLS != 0) & spoke & (found[0] == TLS)
    found[1:3, file] = -1
    found[:, file | secured] = np.stack(
        [np.full(len(swap), FTP_DATA), found[1], found[2], np.full(len(swap), CONTROL_BITS), np.full(len(swap), CONTROL)]
    )[:, file | secured]
    return found, swap, (flags[:, 0] | flags[:, 1]) & HEAD_MIDSTREAM != 0, secured


def made_up(chance):
    """Evidence and heads of every kind; datagrams that are no TLS, so that nothing but the evidence speaks."""
    sides = [(bytes([7] * chance.integers(0, 3)), bytes([7] * chance.integers(0, 3))) for _ in range(ROWS)]
    heads = heads_of(sides, UDP)
    heads.sure[:] = chance.random(ROWS) < 0.4
    heads.flags[:] = chance.integers(0, 64, (ROWS, 2)) & chance.integers(0, 64, (ROWS, 2))
    halves = []
    for _ in range(2):
        evidence = chance.choice([0, 6, 26, 31, 32, 33, 38, 40, 70, 40_000], (ROWS, 2, 6)).astype(np.int32)
        names = chance.integers(0, len(PROTOCOLS), (ROWS, 2, 3))
        names[chance.random(names.shape) < 0.3] = TLS
        evidence[..., ::2] = np.where(evidence[..., 1::2] > 0, names, -1)
        halves.append(evidence)
    return halves, heads


@pytest.fixture(scope="module")
def settled():
    halves, heads = made_up(np.random.default_rng(5))
    given = {name: getattr(heads, name).copy() for name in TURNED}
    words, small = np.empty((len(WORDS), ROWS), np.int16), np.empty((len(BYTES), ROWS), np.int8)
    marks, shares = np.empty((len(MARKS), ROWS), bool), np.empty((len(SHARES), ROWS), np.float32)
    settle(
        heads.arena, given["start"], given["length"], given["cuts"], given["flags"], heads.proto, heads.sure, halves[0], halves[1],
        np.zeros(len(PROTOCOLS), bool), np.zeros(len(PROTOCOLS), np.uint8), places_of("essence"), places_of("server_name"), entropy_terms(),
        np.zeros((3, 6), np.int64), np.zeros((2, 256), np.uint16), words, small, marks, shares,
        np.zeros((ROWS, 2), np.int32), np.zeros((ROWS, 2), np.int64), np.zeros((ROWS, 2, 2), np.int64), np.zeros((3, ROWS), np.int64),
    )  # fmt: skip
    columns = {}
    for names, block in ((WORDS, words), (BYTES, small), (MARKS, marks)):
        columns |= dict(zip(names, block, strict=True))
    return columns, given, heads, slow(best(*halves), heads)


def test_verdict_is_the_slow_ones(settled):
    columns, _, _, (found, swap, late, secured) = settled
    for name, column in zip(("protocol", "orig_protocol", "resp_protocol", "basis"), found[[0, 1, 2, 4]], strict=True):
        assert np.array_equal(columns[name], column), name
    assert np.array_equal(columns["bits"], np.minimum(found[3], 32767)) and (found[3] > 32767).any()
    assert np.array_equal(columns["swap"], swap) and 0.05 < swap.mean() < 0.6
    assert np.array_equal(columns["midstream"], late & (found[0] >= 0))
    assert np.array_equal(columns["upgraded"], np.where(secured, TLS, -1)) and secured.any()
    assert len(np.unique(found[4])) == 5  # of every basis that packets can give, and none


def test_only_exchanged_flows_have_their_heads_turned(settled):
    columns, given, heads, _ = settled
    for name in TURNED:
        column = getattr(heads, name)
        turned = columns["swap"].reshape(-1, *[1] * (column.ndim - 1))
        assert np.array_equal(given[name], np.where(turned, column[:, ::-1], column)), name
