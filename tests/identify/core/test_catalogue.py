"""What is kept of the protocol files is what they say, and a run that compiles nothing does not load them."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from pcapscan.identify import PROTOCOLS
from pcapscan.identify.catalogue import NO_FACTS, OWN_ESSENCE, WHOLE_HEAD, catalogue
from pcapscan.identify.dispatch import HALVES, modules

SHELL = Path(__file__).parents[3] / "captures" / "t1571-1-netcat-shell-4444" / "capture.pcap"


def test_kinds_and_places_are_those_of_the_files():
    known = catalogue()
    assert len(known.kinds) == len(known.essence_at) == len(known.name_at) == len(PROTOCOLS)
    for number, module in enumerate(modules()):
        says, own = hasattr(module, "facts"), hasattr(module, "essence")
        assert known.kinds[number] == (NO_FACTS if not says else OWN_ESSENCE if own else WHOLE_HEAD), module.NAME
    for what, places in (("essence", known.essence_at), ("server_name", known.name_at)):
        having = [k for k, module in enumerate(modules()) if hasattr(module, what)]
        assert places[having].tolist() == list(range(len(having)))
        assert set(np.delete(places, having).tolist()) == {len(having)}  # the tree's last, which says nothing
    assert [array.shape[-1] * 64 >= len(half) for array, half in zip(known.allowed, HALVES, strict=True)] == [True, True]


def test_a_run_that_compiles_nothing_loads_no_protocol_file():
    """What flows of a warm cache would pay for a hundred files is a tenth of its start."""
    code = (
        "import sys; from pcapscan.cli import main\n"
        f"try: main(['flows', {str(SHELL)!r}, '-q', '-o', {str(Path('/dev/null'))!r}])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print([m for m in sys.modules if m.startswith('pcapscan.identify.protocols.') and '._' not in m])\n"
        "print('numba' in sys.modules)"
    )
    for _ in range(2):  # the first may compile
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")
    assert said[0] == "['pcapscan.identify.protocols.tls']"  # what looks like TLS and is not is told by its functions
    assert said[1] == "False"
