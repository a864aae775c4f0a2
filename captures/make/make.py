"""Make the captures of this folder: ``python captures/make/make.py [--list] [CASE...]``; all of them where none is named.

Needs root (network namespaces), Debian 12 or one like it, and the packages that ``--list`` names; `captures/README.md` tells more.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import case  # noqa: E402
import pcapfile  # noqa: E402
from lab import Lab, LabError  # noqa: E402


def check(made: case.Case, capture: Path) -> list[str]:
    """What is wrong with a fresh capture: too large, a flow that is absent or one-sided, a flow that nobody declared."""
    wrong = []
    if capture.stat().st_size > case.MAX_BYTES:
        wrong.append(f"{capture.stat().st_size} bytes are more than {case.MAX_BYTES}")
    found = pcapfile.conversations(pcapfile.read(capture))
    declared = set()
    for flow in made.flows:
        same = [i for i, c in enumerate(found) if flow.tells_of(c)]
        declared |= set(same)
        if not same:
            wrong.append(f"no flow to {flow.transport} {flow.resp_p}")
        if flow.connections is not None and len(same) != flow.connections:
            wrong.append(f"{len(same)} flows to {flow.transport} {flow.resp_p}, not {flow.connections}")
        both = any(found[i].orig_payload and found[i].resp_payload for i in same)
        if not both and not (flow.attempt or flow.oneway) and flow.verdict != "none" and not made.quiet:
            wrong.append(f"nobody answered on {flow.transport} {flow.resp_p}")
    for i, c in enumerate(found):
        if i not in declared and (c.orig_payload or c.resp_payload):
            wrong.append(f"not declared: {c.transport} {c.orig}:{c.orig_p} to {c.resp}:{c.resp_p}")
    return wrong


def make(made: case.Case, root: Path, keep: bool = False) -> list[str]:
    """Make one case; its folder changes only where the fresh capture is what was declared."""
    folder = root / made.name
    with tempfile.TemporaryDirectory(prefix="pcapscan-case-") as scratch:
        fresh = Path(scratch) / "capture.pcap"
        try:
            with Lab(fresh, keep=keep) as lab:
                made.make(lab)
        except LabError as error:
            return [str(error)]
        wrong = check(made, fresh)
        if not wrong:
            folder.mkdir(exist_ok=True)
            shutil.copyfile(fresh, folder / "capture.pcap")
            case.write_folder(made, folder)
        else:
            shutil.copyfile(fresh, Path(tempfile.gettempdir()) / f"failed-{made.name}.pcap")
    return wrong


def main() -> int:
    """Parse the command line, make what was asked, say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help="folders to make; all where none is named")
    parser.add_argument("--list", action="store_true", help="name the cases and what they need, make nothing")
    parser.add_argument("--keep", action="store_true", help="keep the lab's folder (configurations and logs) and say where it is")
    parser.add_argument("--describe", action="store_true", help="write README.md and expected.toml again, beside captures that exist")
    options = parser.parse_args()
    for module in sorted((HERE / "cases").glob("*.py")):
        importlib.import_module(f"cases.{module.stem}")
    unknown = [name for name in options.case if name not in case.CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)} (--list names them)")
    chosen = [case.CASES[name] for name in options.case or sorted(case.CASES)]
    if options.list:
        for made in chosen:
            print(f"{made.name}: {made.title} [apt: {' '.join(made.debian) or '-'}; pip: {' '.join(made.python) or '-'}]")
        return 0
    if options.describe:
        for made in chosen:
            if (HERE.parent / made.name / "capture.pcap").exists():
                case.write_folder(made, HERE.parent / made.name, fresh=False)
        return 0
    lacks = [case.missing(made) for made in chosen]
    debian, python = (sorted({p for lack in lacks for p in lack[side]}) for side in (0, 1))
    if debian or python:
        print(
            "missing:",
            *([f"apt-get install {' '.join(debian)}"] if debian else []),
            *([f"pip install {' '.join(python)}"] if python else []),
        )
        return 2
    if os.geteuid():
        print("network namespaces need root")
        return 2
    failed = 0
    for made in chosen:
        print(f"{made.name} ...", end=" ", flush=True)
        wrong = make(made, HERE.parent, options.keep)
        failed += bool(wrong)
        print("; ".join(wrong) or f"{(HERE.parent / made.name / 'capture.pcap').stat().st_size} bytes", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
