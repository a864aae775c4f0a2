"""The import law of docs/architecture.md, read from the source by ``ast``: no import is run, so a lazy one inside a function counts, too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pcapscan"
FILES = sorted(PACKAGE.rglob("*.py"))
VOCABULARY = {"tables", "findings", "errors", "kernels", "cache", "digest", "doors", "machine"}
ROOMS = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()} - VOCABULARY
ALLOWED = {
    **{part: set() for part in VOCABULARY},
    "kernels": {"kernels", "cache", "machine"},
    "digest": {"digest", "machine"},
    **{room: VOCABULARY | {room} for room in ROOMS},
    "judge": VOCABULARY | {"judge", "knowledge"},
    "rules": VOCABULARY | {"rules", "knowledge"},
    "cli": VOCABULARY | {"cli", "pipeline", "lookup", "live", "memory", "report"},
    "ahead": {"machine"},
    "first": set(),  # names, no imports
    "memory": set(),
    "pipeline": VOCABULARY | (ROOMS - {"cli"}) | {"ahead", "endpoint", "first", "memory"},
    "endpoint": VOCABULARY | {"attribute", "flows", "judge", "read", "report"},  # the pipeline's wing for host events
    "lookup": VOCABULARY | (ROOMS - {"cli", "report"}),  # questions about what is known; beside the pipeline
    "live": VOCABULARY | {"first", "pipeline", "read"},  # the pipeline on logs that grow
    "reference": {"cli", "lookup"},  # writes docs/ from the code; nothing imports it
    "__init__": set(),
    "__main__": {"cli", "digest", "errors"},
}
"""Part of the package to the parts it may import."""

ONLY_IN = {
    "dpkt": {"identify/protocols"},
    "zat": {"read/zeek_follow.py", "report", "cli"},
    "click": {"cli", "reference.py"},
    "rich_click": {"cli", "reference.py"},
    "numba": {
        "kernels/build.py",
        "kernels/parts.py",
        "kernels/prefetch.py",
        "kernels/wide.py",
    },  # which imports it when something is compiled
    "llvmlite": {"kernels"},
    "pickle": set(),
    "marshal": set(),
    "shelve": set(),
    "requests": set(),
    "urllib.request": set(),
    "http.client": set(),
    "socket": {"knowledge/indicators.py"},  # inet_pton, the fast reader of addresses
}
"""Module to the only places that may import it: the sharp, the untyped, and what would leave the machine."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, tree: ast.AST) -> list[tuple[int, str]]:
    """(line, absolute dotted name) of every import, a name imported from a package spelled out."""
    package = ("pcapscan", *path.relative_to(PACKAGE).parent.parts)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(p for p in (base, node.module or "") if p)
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def ours(name: str) -> str | None:
    """The part of the package that an import reaches; None for foreign modules and for what the package itself says (its version)."""
    parts = name.split(".")
    if parts[0] != "pcapscan" or len(parts) < 2 or parts[1].startswith("__"):
        return None
    return parts[1]


def breaches(path: Path, source: str) -> list[str]:
    """What a file imports against the law."""
    here, tree = part_of(path), ast.parse(source)
    allowed = ALLOWED.get(here, VOCABULARY)
    wrong = []
    for line, name in imports(path, tree):
        there = ours(name)
        if there is not None and there not in allowed:
            wrong.append(
                f"{path.relative_to(PACKAGE)}:{line} imports {name}: {here} may import only {sorted(allowed) or 'nothing of ours'}"
            )
        for module, places in ONLY_IN.items():
            at = path.relative_to(PACKAGE).as_posix()
            if (name + ".").startswith(module + ".") and not any(at == p or at.startswith(p + "/") for p in places):
                wrong.append(f"{at}:{line} imports {name}: {module} belongs only in {sorted(places) or 'no file'}")
    return wrong


def test_the_package_is_found():
    assert {"read", "decode", "flows", "identify", "measure", "knowledge", "judge", "report", "cli"} <= ROOMS
    assert {part_of(path) for path in FILES} >= VOCABULARY


@pytest.mark.parametrize("part", sorted({part_of(p) for p in FILES}))
def test_imports_keep_to_the_law(part):
    wrong = [w for path in FILES if part_of(path) == part for w in breaches(path, path.read_text())]
    assert not wrong, "docs/architecture.md, import law; pass a table through pipeline.py instead:\n" + "\n".join(wrong)


def test_no_star_imports():
    stars = [
        f"{p.relative_to(PACKAGE)}:{line}" for p in FILES for line, name in imports(p, ast.parse(p.read_text())) if name.endswith(".*")
    ]
    assert not stars, f"no reader can tell where a name was born: {stars}"


def spoken(tree: ast.AST) -> list[int]:
    """Lines that write to the terminal."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            lines.append(node.lineno)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in {
            ("sys", "stdout"), ("sys", "stderr"), ("click", "echo"),
        }:  # fmt: skip
            lines.append(node.lineno)
    return lines


def test_only_the_command_line_prints():
    wrong = [f"{p.relative_to(PACKAGE)}:{line}" for p in FILES if part_of(p) != "cli" for line in spoken(ast.parse(p.read_text()))]
    assert not wrong, f"rooms return tables and findings; only pcapscan/cli writes to the terminal: {wrong}"


@pytest.mark.parametrize(
    ("file", "source", "word"),
    [
        ("cli/explain.py", "from pcapscan import knowledge", "knowledge"),
        ("cli/explain.py", "from pcapscan import reference", "reference"),
        ("decode/walk.py", "from pcapscan.flows import Assembler", "flows"),
        ("decode/walk.py", "def f():\n    import pcapscan.flows.key", "flows"),
        ("decode/walk.py", "from ..flows import key", "flows"),
        ("decode/walk.py", "from pcapscan import judge", "judge"),
        ("tables.py", "from pcapscan.errors import UsageError", "errors"),
        ("report/text.py", "from pcapscan.knowledge import load", "knowledge"),
        ("cli/scan.py", "from pcapscan.judge import judge", "judge"),
        ("flows/key.py", "import dpkt.ip", "dpkt"),
        ("identify/engine.py", "import dpkt", "dpkt"),
        ("judge/rarity.py", "from pickle import loads", "pickle"),
    ],
)
def test_a_breach_is_seen(file, source, word):
    assert any(word in w for w in breaches(PACKAGE / file, source))


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("judge/rarity.py", "from pcapscan.knowledge import Knowledge"),
        ("decode/walk.py", "from . import ip\nfrom .ip import x\nfrom pcapscan.kernels import u8"),
        ("cli/scan.py", "from pcapscan import __version__\nfrom pcapscan.cli import common"),
        ("identify/protocols/tls.py", "import dpkt"),
    ],
)
def test_what_the_law_allows_is_no_breach(file, source):
    assert not breaches(PACKAGE / file, source)


def test_a_print_is_seen():
    assert spoken(ast.parse("print(1)\nsys.stderr.write('x')")) == [1, 2]
