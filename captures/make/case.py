"""What a case is: its flows, what must be said of them, and the three files of its folder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pcapfile
from lab import Lab

SCHEMA = "pcapscan.expected/1"
MAX_BYTES = 200_000


@dataclass(frozen=True)
class Flow:
    """What must be said of the flows to one place; ``captures/README.md`` describes each key."""

    transport: str
    resp_p: int
    protocol: str | None
    verdict: str
    connections: int | None = None
    min_severity: str | None = None
    resp_h: str | None = None
    orig_h: str | None = None
    either: bool | None = None
    oneway: bool | None = None
    attempt: bool | None = None
    shell: bool | None = None
    upgraded: str | None = None
    server_name: str | None = None
    fake: str | None = None
    accept: tuple[str, ...] = ()
    beacon: dict[str, float] = field(default_factory=dict)

    def tells_of(self, seen: pcapfile.Conversation) -> bool:
        """Whether the entry is about this conversation."""
        ports = (seen.resp_p, seen.orig_p) if self.either else (seen.resp_p,)
        return (
            seen.transport == self.transport
            and self.resp_p in ports
            and self.resp_h in (None, seen.resp)
            and self.orig_h in (None, seen.orig)
        )


@dataclass(frozen=True)
class Case:
    """One folder under ``captures/``."""

    name: str
    title: str
    purpose: str
    make: Callable[[Lab], None]
    flows: tuple[Flow, ...]
    debian: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    quiet: bool = False
    notes: str = ""


CASES: dict[str, Case] = {}


def case(name: str, title: str, flows: list[Flow], **options: Any) -> Callable[[Callable[[Lab], None]], Callable[[Lab], None]]:
    """Register the decorated function, whose docstring is the case's purpose."""

    def register(make: Callable[[Lab], None]) -> Callable[[Lab], None]:
        if name in CASES:
            raise ValueError(f"two cases are called {name}")
        purpose = " ".join((make.__doc__ or "").split())
        CASES[name] = Case(name, title, purpose, make, tuple(flows), **options)
        return make

    return register


def moved(transport: str, port: int, protocol: str, **options: Any) -> Flow:
    """A protocol that answers on a port where it does not belong."""
    return Flow(transport, port, protocol, "unexpected_port", **{"min_severity": "low", **options})


def negotiated(transport: str, port: int, protocol: str, **options: Any) -> Flow:
    """A protocol whose peers agree on ports at run time, or that has a second home there: the port by itself proves nothing."""
    return Flow(transport, port, protocol, "unexpected_port", **{"accept": ("expected",), **options})


def debian_version(package: str) -> str | None:
    """Version of an installed Debian package, None where it is absent."""
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", package], capture_output=True, text=True, check=False
    )
    return shown.stdout[3:] if shown.returncode == 0 and shown.stdout.startswith("ii") else None


def python_version(package: str) -> str | None:
    """Version of an installed Python package, None where it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


BASE = ("iproute2", "tcpdump", "ethtool", "openssl", "util-linux")


def missing(made: Case) -> tuple[list[str], list[str]]:
    """Debian and Python packages that a case needs and the machine has not."""
    return [p for p in (*BASE, *made.debian) if debian_version(p) is None], [p for p in made.python if python_version(p) is None]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return repr(value)


def expected_toml(made: Case) -> str:
    """The case's ``expected.toml``."""
    lines = [f"# What must be said of {made.name}/capture.pcap; the keys are described in captures/README.md.", f'schema = "{SCHEMA}"']
    lines.append(f"quiet = {_toml(made.quiet)}")
    for flow in made.flows:
        lines += ["", "[[flow]]"]
        for item in fields(flow):
            value = getattr(flow, item.name)
            if value is not None and value != () and value != {}:
                lines.append(f"{item.name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def software_now(made: Case) -> str:
    """The programs of a case and the versions that are installed now."""
    software = [f"- {p} {debian_version(p)} (Debian)" for p in made.debian]
    software += [f"- {p} {python_version(p)} (PyPI)" for p in made.python]
    software += [f"- tcpdump {debian_version('tcpdump')} (Debian), which captured"]
    return "\n".join(software)


def readme(made: Case, software: str) -> str:
    """The case's ``README.md``."""
    rows = ["| to | spoken | verdict | |", "|---|---|---|---|"]
    for flow in made.flows:
        where = f"{flow.transport} {flow.resp_p}" + (f" on {flow.resp_h}" if flow.resp_h else "")
        spoken = flow.protocol or ("a shell" if flow.shell else "nothing known")
        more = [f"then {flow.upgraded}"] if flow.upgraded else []
        more += [f"one check-in each {flow.beacon['period_s']:g} s"] if flow.beacon else []
        more += [f"{flow.fake}"] if flow.fake else []
        more += ["an attempt: no answer"] if flow.attempt else []
        rows.append(f"| {where} | {spoken} | `{flow.verdict}` | {', '.join(more)} |")
    found = "Nothing must be found here." if made.quiet else "What must be found is in `expected.toml`."
    parts = [
        f"# {made.title}",
        made.purpose,
        f"{found}\n\n" + "\n".join(rows),
        "## Software\n\n" + software,
        f"## How it was made\n\n`python captures/make/make.py {made.name}`: real programs in network namespaces of one machine; making it again\n"
        "gives an equivalent capture, not the same bytes." + (f" {made.notes}" if made.notes else ""),
        "Licence: Apache-2.0, as the project.",
    ]
    return "\n\n".join(parts) + "\n"


def write_folder(made: Case, folder: Path, *, fresh: bool = True) -> None:
    """Write the two files that stand beside the capture; where it is not ``fresh``, the versions named there stay."""
    page = folder / "README.md"
    software = software_now(made)
    if not fresh and page.exists():
        software = page.read_text().split("## Software\n\n")[1].split("\n\n")[0]
    (folder / "expected.toml").write_text(expected_toml(made))
    page.write_text(readme(made, software))
