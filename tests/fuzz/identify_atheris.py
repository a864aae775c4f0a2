"""Coverage-guided fuzzing of every parser, beside the properties that hypothesis holds in the suite; run by hand, as long as one likes.

    pip install atheris
    NUMBA_DISABLE_JIT=1 python tests/fuzz/identify_atheris.py [-max_total_time=600] [CORPUS FOLDER]

Kernels then run as Python, so that their branches are seen. The input's first byte chooses transport and flags, its second the share of the bytes that each side
says. Held: ``look`` answers a number and raises nothing, whatever it is given; the whole identifier answers, and the facts of what it names raise nothing.
"""

import os
import sys

os.environ["NUMBA_DISABLE_JIT"] = "1"

import atheris

with atheris.instrument_imports(include=["pcapscan.identify"]):
    from pcapscan.identify import PROTOCOLS, Identifier, ask, heads_of

TRANSPORTS = (6, 17, 132)
IDENTIFIER = Identifier()


def one_input(data: bytes) -> None:
    if len(data) < 3:
        return
    proto, flags = TRANSPORTS[data[0] % 3], (data[0] >> 2 & 15, data[0] >> 4)
    cut = 2 + (len(data) - 2) * data[1] // 255
    orig, resp = data[2:cut], data[cut:]
    for name in PROTOCOLS:
        for answer in ask(name, orig, resp, proto, flags=flags):
            assert -512 <= answer <= 512, (name, answer)
    IDENTIFIER.identify(heads_of([(orig, resp)], proto))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
