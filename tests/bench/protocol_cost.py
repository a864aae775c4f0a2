"""What a hundred protocols cost beside twenty: the same scan of the same capture, by all that are known and by the twenty of old.

    python tests/bench/protocol_cost.py CAPTURE [--runs 7] [--command scan]

Whole processes, start included, in turns; the processor time that the kernel accounts to each (``wait4``), medians, and the ratio pair by
pair. The identifier of twenty is the same code, made from a shorter list of protocols; its kernels are compiled into a folder of their own.
The first turn fills the page cache and compiles, and is not counted. Aimed at: a ratio of at most 1.10.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import types
from pathlib import Path

TWENTY = (
    "dns", "ftp", "ftp_data", "http", "http2", "imap", "irc", "kerberos", "ldap", "mysql", "pop3", "postgresql", "quic", "rdp", "smb",
    "smtp", "snmp", "socks", "ssh", "telnet", "tls",
)  # fmt: skip
"""What a tool of twenty protocols would know; ``ftp_data`` is never asked about bytes and does not count."""


def child(which: str, words: list[str]) -> None:
    """Run the command line, with all protocols or with twenty."""
    sys.frozen = True  # type: ignore[attr-defined]  # no helper compiles by the list of all, and none hashes: all time is this process's
    if which == "twenty":
        shorten()
    from pcapscan.cli import main
    from pcapscan.identify import PROTOCOLS

    if which == "twenty" and len(PROTOCOLS) != len(TWENTY):
        raise SystemExit("the list of protocols is not the short one: nothing is compared")
    sys.argv = ["pcapscan", *words]
    main()


def shorten() -> None:
    """Let the identifier be made from the twenty: their folder stands in for itself, with a shorter list, before anybody imports it."""
    import pcapscan

    name = "pcapscan.identify.protocols"
    stand_in = types.ModuleType(name)
    stand_in.__path__ = [str(Path(pcapscan.__file__).parent / "identify" / "protocols")]
    stand_in.MODULES = TWENTY  # type: ignore[attr-defined]
    sys.modules[name] = stand_in


def cpu(argv: list[str], cache: str | None) -> float:
    """Seconds of processor time of one run and its children."""
    env = {**os.environ, **({"PCAPSCAN_CACHE": cache} if cache else {})}
    process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode} of {' '.join(argv)}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--command", choices=("scan", "flows"), default="scan")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pcapscan-twenty-") as scratch:
        words = [options.command, str(options.capture), "-q", "-o", f"{scratch}/out"]
        runs: dict[str, list[float]] = {"twenty": [], "all": []}
        for turn in range(options.runs + 1):
            for which, took in runs.items():
                seconds = cpu([sys.executable, __file__, "--child", which, *words], f"{scratch}/kernels" if which == "twenty" else None)
                took += [seconds] if turn else []
    ratios = [a / b for a, b in zip(runs["all"], runs["twenty"], strict=True)]
    for which, took in runs.items():
        print(f"{which:7} {statistics.median(took):.2f} s of processor time ({min(took):.2f} to {max(took):.2f}, {len(took)} runs)")
    print(f"all / twenty: {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        main()
