"""Kernels compiled side by side: none is forgotten, none is waited for in vain, and what is there is not compiled again."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pcapscan
from pcapscan import first
from pcapscan.kernels import JIT, Image, together

needs_code = pytest.mark.skipif(not JIT, reason="NUMBA_DISABLE_JIT is set: nothing is compiled")
SMALL = ("measure.hashing.fill_table", "measure.hashing.scatter", "flows.address.write_addresses")


def declared() -> dict[str, Image]:
    """Every kernel of the package, by name."""
    root = Path(pcapscan.__file__).parent
    found = {}
    for path in root.glob("*/*.py"):
        if "@kernel(" in path.read_text() and path.parent.name != "kernels":
            module = importlib.import_module(f"pcapscan.{path.parent.name}.{path.stem}")
            for name, made in vars(module).items():
                if isinstance(made, Image) and made.__module__ == module.__name__:
                    found[f"{path.parent.name}.{path.stem}.{name}"] = made
    return found


@needs_code
def test_no_kernel_is_left_to_be_compiled_late_and_alone():
    assert set(declared()) == set(first.FOR_CAPTURES) | set(first.FOR_LOGS)


@needs_code
def test_the_cache_is_asked_where_a_kernel_keeps_its_image():
    assert all(together.path(name) == made.path for name, made in declared().items())


@pytest.fixture
def fresh(tmp_path):
    """Runs Python with an empty cache."""

    def run(text: str) -> str:
        environment = os.environ | {"PCAPSCAN_CACHE": str(tmp_path)}
        return subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True, timeout=300).stdout

    return run


COMPILE = f"""
import sys
ANSWERS = 'for line in __import__("sys").stdin: print(flush=True)'  # and does nothing
from pcapscan.kernels import together
together.cores = lambda: PROCESSORS
HOW
said = []
together.compile_missing({SMALL}, said.append)
together.compile_missing({SMALL}, said.append)
print(said, all(together.path(name).exists() for name in {SMALL}), 'numba' in sys.modules)
"""


@needs_code
@pytest.mark.parametrize("processors", ["1", "2", "3"])
def test_all_are_there_and_it_is_said_once(fresh, processors):
    assert fresh(COMPILE.replace("PROCESSORS", processors).replace("HOW", "")).split() == ["[3]", "True", "True"]


@needs_code
@pytest.mark.parametrize(
    "how",
    [
        "sys.executable = '/nowhere/python'",
        "sys.executable = '/bin/true'",
        "import subprocess\npopen = subprocess.Popen\nsubprocess.Popen = lambda command, **more: popen([sys.executable, '-c', ANSWERS], **more)",
    ],
)
def test_another_process_that_fails_costs_no_kernel(fresh, how):
    told = fresh(COMPILE.replace("PROCESSORS", "2").replace("HOW", how) + f"\nfor name in {SMALL}: together.load(name)\nprint('loaded')")
    assert told.startswith("[3") and told.split()[-1] == "loaded"


@needs_code
def test_another_process_does_its_share(fresh):
    told = fresh(
        COMPILE.replace("PROCESSORS", "2").replace(
            "HOW", "load, mine = together.load, []\ntogether.load = lambda name: (mine.append(name), load(name))"
        )
        + "\nprint(len(mine))"
    )
    assert 1 <= int(told.split()[-1]) <= 3
