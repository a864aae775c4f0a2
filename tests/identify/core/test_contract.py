"""Every protocol file is what its contract says."""

import ast
import re
from pathlib import Path

import pytest

import pcapscan.identify.protocols as folder
from pcapscan.identify import PROTOCOLS, pages
from pcapscan.identify.dispatch import modules
from pcapscan.tables import SCTP, TCP, UDP

HERE = Path(folder.__file__).parent


def test_the_list_is_the_folder():
    assert list(folder.MODULES) == sorted(p.stem for p in HERE.glob("*.py") if p.stem[0] != "_")


def test_a_file_is_named_as_its_protocol():
    assert [m.NAME for m in modules()] == list(PROTOCOLS)


def test_names_are_unique_and_lower_case():
    assert len(set(PROTOCOLS)) == len(PROTOCOLS)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in PROTOCOLS)


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.NAME)
def test_file_says_transports_first_bytes_and_what_fools_it(module):
    assert set(module.TRANSPORTS) <= {TCP, UDP, SCTP} and module.TRANSPORTS
    assert all(first is None or isinstance(first, bytes) for first in module.FIRST) and len(module.FIRST) == 2
    text = " ".join(module.__doc__.split())
    assert "On the wire" in text and "Looked at:" in text and "Fools it:" in text and ("Facts:" in text or not hasattr(module, "facts"))


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda p: p.stem)
def test_bytes_are_read_only_through_the_readers(path):
    """A subscript of a head in a helper could read a neighbour's bytes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and any(getattr(d, "id", "") == "helper" for d in node.decorator_list):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Subscript) and isinstance(inner.value, ast.Name):
                    assert inner.value.id not in ("b", "p"), f"{path.name}:{inner.lineno}"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda p: p.stem)
def test_ports_do_not_exist(path):
    names = {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}
    assert not names & {"orig_p", "resp_p", "src_p", "dst_p", "sport", "dport"}


def test_every_protocol_has_a_page():
    found = pages()
    assert [p.name for p in found] == sorted(PROTOCOLS)
    assert all(len(p.title) < 160 and p.transports for p in found)
