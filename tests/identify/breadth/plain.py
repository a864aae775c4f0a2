"""Run by test_breadth.py with NUMBA_DISABLE_JIT=1: holds every protocol's ``look``, as plain Python, to its sentence. Prints what breaks it.

Any prefix of an example, and any example followed by junk, gets one of the three answers, without an exception; over TCP no prefix of what
one side says (the other has said all) is denied that is not denied as a whole.
"""

import importlib
import random
import runpy
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

PACKAGE = HERE.parents[2] / "pcapscan" / "identify" / "protocols"
MODULES = [
    importlib.import_module(f"pcapscan.identify.protocols.{path.stem}") for path in sorted(PACKAGE.glob("*.py")) if path.stem[0] != "_"
]


def answer(module, side, own, peer, proto, flags=0):
    """``look`` of one side; datagrams are given as lists."""
    arrays, ends = [], []
    for parts in (own, peer):
        parts = [part for part in ([parts] if isinstance(parts, bytes) else parts) if part]
        cuts = [sum(len(part) for part in parts[: k + 1]) for k in range(min(4, len(parts)))]
        ends.append(cuts + [-1] * (4 - len(cuts)))
        arrays.append(np.frombuffer(b"".join(parts) or b"\0", np.uint8))
    lengths = [max(0, max(e)) if proto == 6 else max(0, e[0]) for e in ends]
    if lengths[0] == 0:
        return 1
    if module.FIRST[side] is not None and int(arrays[0][0]) not in module.FIRST[side]:
        return 0
    context = np.array([proto, flags, flags, 1, *ends[0], *ends[1], lengths[0], lengths[1], 0, 0], np.int64)
    value = module.look(arrays[0], lengths[0], side, arrays[1], lengths[1], context)
    assert isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)), (module.NAME, type(value))
    return int(value)


def main():
    chance = random.Random(7)
    by_name = {module.NAME: module for module in MODULES}
    for name, proto, *sides, _ in runpy.run_path(str(HERE / "examples.py"))["EXAMPLES"]:
        module = by_name[name]
        for side in (0, 1):
            own, peer = sides[side], sides[1 - side]
            if proto == 6 and own and isinstance(own, bytes):
                denied = [k for k in range(1, len(own)) if answer(module, side, own[:k], peer, proto) == 0]
                if denied:
                    print("denied", name, side, denied[:12], "of", len(own))
        for flags in (0, 1, 4, 8):
            whole = sides[0] or sides[1]
            text = whole if isinstance(whole, bytes) else b"".join(whole)
            for _ in range(6):
                cut = text[: chance.randrange(len(text)) + 1]
                junk = cut + chance.randbytes(chance.randrange(80))
                for other in (b"", junk, text):
                    for side in (0, 1):
                        for every in (module, chance.choice(MODULES)):
                            if proto in every.TRANSPORTS:
                                answer(every, side, junk, other, proto, flags)
                                answer(every, side, [cut, junk], [junk], proto, flags)
    for module in MODULES:
        for size in (1, 2, 3, 5, 9, 17, 40, 200):
            for fill in (bytes(size), b"\xff" * size, chance.randbytes(size)):
                for proto in module.TRANSPORTS:
                    for side in (0, 1):
                        answer(module, side, fill, b"", proto)
                        answer(module, side, [fill, fill], [fill], proto)
    print("done")


main()
