"""Images that are laid out once: they do what the object file does, ask nobody for llvmlite, and what is not understood stays an object file."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pcapscan.kernels import JIT, Image, flat, image
from pcapscan.kernels.image import parse

needs_code = pytest.mark.skipif(not JIT, reason="NUMBA_DISABLE_JIT is set: there is no machine code")
WORDS = np.array([3, 1, 4, 1, 5, 9, 2, 6], np.int64)


def busy(x, n, out):
    """Has a table of jumps, constants, and calls of C's library; and makes an array."""
    room = np.zeros(n)
    total = 0
    for i in range(n):
        k = x[i] % 8
        if k == 0:
            total += 11
        elif k == 1:
            total += 7
        elif k == 2:
            total -= 5
        elif k == 3:
            total *= 3
        elif k == 4:
            total ^= 1234567
        elif k == 5:
            total += 10**12
        else:
            total -= 1
        room[i] = np.log(1.0 + x[i]) * np.exp(-0.1 * i)
        out[i] = room[i]
    return total


@pytest.fixture(scope="module")
def objects():
    from pcapscan.kernels import build

    made = Image(busy, parse("int64(int64[::1], int64, float64[::1])", {}), lambda: None, counting=True)
    return made, *build.image(made)


def ran(made, entry, code):
    made._entry = image.link(entry, code)
    out = np.zeros(len(WORDS))
    return made(WORDS, len(WORDS), out), out.tolist()


@needs_code
@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="object files of this system are linked by llvmlite")
def test_it_does_what_the_object_file_does(objects):
    made, entry, code = objects
    laid = flat.laid_out(entry, code)
    assert laid is not None and laid.startswith(flat.MAGIC)
    out = np.zeros(len(WORDS))
    said = busy(WORDS, len(WORDS), out)
    for kind in (code, laid, laid):  # twice: each time at another address
        total, filled = ran(made, entry, kind)
        assert total == said
        assert np.allclose(filled, out, rtol=1e-14, atol=0)


@needs_code
@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="object files of this system are linked by llvmlite")
def test_what_is_not_understood_stays_an_object_file(objects):
    _, entry, code = objects
    assert flat.laid_out("another", code) is None  # no such entry
    assert flat.laid_out(entry, b"\x7fELF\x01\x01" + code[6:]) is None  # 32 bits
    assert flat.laid_out(entry, code[:18] + struct.pack("<H", 183) + code[20:]) is None  # aarch64
    assert flat.laid_out(entry, b"\xcf\xfa\xed\xfe" + code[4:]) is None  # Mach-O
    table, (size, count) = struct.unpack_from("<Q", code, 40)[0], struct.unpack_from("<HH", code, 58)
    sections = [(table + size * k, struct.unpack_from("<IIQQQQIIQQ", code, table + size * k)) for k in range(count)]
    run = next(at for at, s in sections if s[2] & 4 and s[5])
    assert flat.laid_out(entry, code[: run + 8] + struct.pack("<Q", 1 | 2 | 4) + code[run + 16 :]) is None  # data that is written to
    rela = next(s for _, s in sections if s[1] == 4 and s[5] and any(t == run for t in [table + size * s[7]]))
    harmed = bytearray(code)
    struct.pack_into("<I", harmed, rela[4] + 8, 2)  # R_X86_64_PC32
    assert flat.laid_out(entry, bytes(harmed)) is None


@needs_code
@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="object files of this system are linked by llvmlite")
def test_code_can_be_run_and_not_written_to(objects):
    _, entry, code = objects
    laid = flat.laid_out(entry, code)
    at = flat.load(laid)
    with Path("/proc/self/maps").open(encoding="ascii") as maps:
        rights = next(w[1] for w in map(str.split, maps) if int(w[0].split("-")[0], 16) <= at < int(w[0].split("-")[1], 16))
    assert rights == "r-xp"
    assert ctypes.string_at(at, 1)


@needs_code
@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="object files of this system are linked by llvmlite")
def test_a_warm_run_does_without_llvmlite():
    code = (
        "import sys, numpy as np; from pcapscan.flows import addresses; print(addresses(np.zeros(1, np.uint64), np.ones(1, np.uint64)));"
        "print('llvmlite' in sys.modules)"
    )
    for _ in range(2):
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ, timeout=120).stdout
    assert said.split() == ["['::1']", "False"]
