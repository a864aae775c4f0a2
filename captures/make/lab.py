"""A small internet on one machine: network namespaces, real servers and clients in them, tcpdump at the gateway.

    inside   10.20.0.5  ─┐
    second   10.20.0.6  ─┼─ bridge of gateway (10.20.0.1), where tcpdump listens ─ 203.0.113.1, 198.51.100.1 ─ outside
    office   10.20.0.2  ─┘                                                         203.0.113.10 .. 29, 198.51.100.10 .. 29

The addresses of *outside* are documentation ranges (RFC 5737): nobody's, and not private. No namespace has a way out: a lab ends
at its gateway. Everything a lab starts is stopped when it is left, by the process ids of its own namespaces.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

TOOLS = Path(__file__).parent / "tools"
INSIDE, SECOND, OFFICE, GATEWAY = "inside", "second", "office", "gateway"
OUTSIDE = "outside"
HOSTNAMES = {INSIDE: "ws-17", SECOND: "ws-18", OFFICE: "srv-office", GATEWAY: "gw", OUTSIDE: "host-10"}
LAN = {INSIDE: "10.20.0.5", SECOND: "10.20.0.6", OFFICE: "10.20.0.2"}
SERVER, OTHER = "203.0.113.10", "198.51.100.10"
PREFIX = "pcapscan-"


class LabError(Exception):
    """The lab could not do what a case asked; the message says what, and where the log is."""


def _sh(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")


class Lab:
    """The namespaces of one case and the processes in them; a context manager."""

    def __init__(self, capture: Path, keep: bool = False) -> None:
        self.pcap = capture
        self.keep = keep
        self.dir = Path(tempfile.mkdtemp(prefix="pcapscan-lab-"))
        self.dir.chmod(0o755)
        self._count = 0

    def __enter__(self) -> Lab:
        self._clear()
        try:
            self._wire()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._clear()
        if self.keep:
            print(f"(lab kept in {self.dir})", end=" ")
        elif kind is None:
            shutil.rmtree(self.dir, ignore_errors=True)

    # The wires

    def _clear(self) -> None:
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
        for name in (name for name in listed if name.startswith(PREFIX)):
            for sign in (signal.SIGTERM, signal.SIGKILL):
                pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False).stdout.split()
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), sign)
                if pids:
                    time.sleep(0.3)
            _sh("ip", "netns", "del", name)
        for name in HOSTNAMES:
            shutil.rmtree(Path("/etc/netns") / (PREFIX + name), ignore_errors=True)

    def _wire(self) -> None:
        for name in HOSTNAMES:
            _sh("ip", "netns", "add", PREFIX + name)
            self._ip(name, "link", "set", "lo", "up")
            self._sysctl(name, "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        self._ip(GATEWAY, "link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge")
        self._ip(GATEWAY, "link", "set", "br0", "up")
        for number, (name, address) in enumerate(LAN.items(), start=5):
            self._pair(name, f"lan{number}", f"02:00:00:00:01:{number:02x}")
            self._ip(GATEWAY, "link", "set", f"lan{number}", "master", "br0")
            self._ip(name, "addr", "add", f"{address}/24", "dev", "eth0")
            self._ip(name, "route", "add", "default", "via", "10.20.0.1")
        self._pair(OUTSIDE, "wan", "02:00:00:00:02:01")
        self._ip(GATEWAY, "addr", "add", "10.20.0.1/24", "dev", "br0")
        for net in ("203.0.113", "198.51.100"):
            self._ip(GATEWAY, "addr", "add", f"{net}.1/24", "dev", "wan")
            for host in range(10, 30):
                self._ip(OUTSIDE, "addr", "add", f"{net}.{host}/24", "dev", "eth0")
        self._ip(OUTSIDE, "route", "add", "default", "via", "203.0.113.1")
        self._sysctl(GATEWAY, "net.ipv4.ip_forward=1")
        hosts = "127.0.0.1 localhost\n" + "".join(f"{LAN.get(n, SERVER)} {h}\n" for n, h in HOSTNAMES.items() if n != GATEWAY)
        for name in HOSTNAMES:
            etc = Path("/etc/netns") / (PREFIX + name)
            etc.mkdir(parents=True, exist_ok=True)
            (etc / "hosts").write_text(hosts)
            (etc / "hostname").write_text(HOSTNAMES[name] + "\n")
            (etc / "resolv.conf").write_text("nameserver 10.20.0.2\n")

    def _pair(self, name: str, peer: str, mac: str) -> None:
        self._ip(GATEWAY, "link", "add", peer, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", PREFIX + name)
        self._ip(GATEWAY, "link", "set", peer, "up")
        self._ip(name, "link", "set", "eth0", "up")
        # Frames as they would be on a wire: no joined segments, no checksums left to the card.
        for space, card in ((GATEWAY, peer), (name, "eth0")):
            _sh("ip", "netns", "exec", PREFIX + space, "ethtool", "-K", card, *["tso", "off", "gso", "off", "gro", "off", "tx", "off"])

    def _ip(self, name: str, *argv: str) -> None:
        _sh("ip", "-n", PREFIX + name, *argv)

    def _sysctl(self, name: str, *settings: str) -> None:
        for setting in settings:
            _sh("ip", "netns", "exec", PREFIX + name, "sysctl", "-qw", setting)

    # Files

    def file(self, name: str, text: str | bytes, mode: int = 0o644) -> Path:
        """Write a file of the lab's own folder (a server's configuration) and say where it lies."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    def folder(self, name: str, owner: str | None = None, mode: int = 0o755) -> Path:
        """Make a folder of the lab's own, given to a user where a server drops its rights."""
        path = self.dir / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if owner:
            shutil.chown(path, owner)
        return path

    def certificate(self, name: str, *, issuer: str | None = None, san: Sequence[str] = ()) -> tuple[Path, Path]:
        """Key and certificate (P-256) for ``name``: self-signed, or by a lab authority called ``issuer``."""
        stem = name.replace("*", "_")
        key, cert = self.dir / f"{stem}.key", self.dir / f"{stem}.crt"
        new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
        extra = ["-addext", "subjectAltName=" + ",".join(f"DNS:{s}" for s in (name, *san))]
        if issuer is None:
            _sh(*new, "-subj", f"/CN={name}", *extra, "-keyout", str(key), "-out", str(cert))
        else:
            ca_key, ca = self.dir / "ca.key", self.dir / "ca.crt"
            if not ca.exists():
                _sh(*new, "-subj", issuer, "-keyout", str(ca_key), "-out", str(ca))
            leaf = ["-CA", str(ca), "-CAkey", str(ca_key), "-addext", "basicConstraints=critical,CA:FALSE"]
            _sh(*new, "-subj", f"/CN={name}", *extra, *leaf, "-keyout", str(key), "-out", str(cert))
            cert.write_bytes(cert.read_bytes() + ca.read_bytes())
        key.chmod(0o644)
        return key, cert

    # Processes

    def _argv(self, name: str, argv: Sequence[str | Path]) -> list[str]:
        inner = ["sh", "-c", f'hostname {HOSTNAMES[name]} && exec "$@"', "sh", *map(str, argv)]
        return ["ip", "netns", "exec", PREFIX + name, "unshare", "--uts", *inner]

    def _env(self, env: dict[str, str] | None) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games"
        return {"PATH": path, "HOME": str(self.folder("home")), "LANG": "C.UTF-8", "TERM": "dumb", "PYTHONUNBUFFERED": "1", **(env or {})}

    def start(
        self,
        name: str,
        *argv: str | Path,
        ready: str | None = None,
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        env: dict[str, str] | None = None,
        cwd: str | Path = "/",
        wait: float = 15.0,
    ) -> subprocess.Popen[bytes]:
        """Start a program in a namespace; ``ready`` is ``tcp:PORT`` or ``udp:PORT`` to wait for, looked up and not knocked at."""
        self._count += 1
        log = self.dir / f"{self._count:02d}-{Path(str(argv[0])).name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self._argv(name, argv), stdin=stdin, stdout=out, stderr=out, env=self._env(env), cwd=cwd, start_new_session=True
            )
        if ready is not None:
            self.wait_for(name, ready, process, log, wait)
        return process

    def wait_for(self, name: str, ready: str, process: subprocess.Popen[bytes], log: Path, wait: float = 15.0) -> None:
        """Wait until something listens; a program that ended with an error first, or never listens, is a :class:`LabError`."""
        transport, port = ready.split(":")
        show = ["ip", "netns", "exec", PREFIX + name, "ss", "-Han", "-t" if transport == "tcp" else "-u"]
        until = time.monotonic() + wait
        while time.monotonic() < until:
            for line in subprocess.run(show, capture_output=True, text=True, check=True).stdout.splitlines():
                state, _, _, local, *_ = line.split()
                if state in ("LISTEN", "UNCONN") and local.rsplit(":", 1)[1] == port:
                    return
            if process.poll():
                break
            time.sleep(0.1)
        raise LabError(f"nothing listens on {ready} in {name}; the log {log} ends: {log.read_text(errors='replace')[-1500:]}")

    def run(
        self,
        name: str,
        *argv: str | Path,
        stdin: bytes | str = b"",
        timeout: float = 30.0,
        ok: Sequence[int] | None = (0,),
        env: dict[str, str] | None = None,
        cwd: str | Path = "/",
    ) -> str:
        """Run a program in a namespace to its end and return what it wrote; ``ok`` are its good exit codes, None all (also a timeout)."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        argv_full = self._argv(name, argv)
        # A file, not a pipe: a child that lives on (a forked helper) would hold a pipe open.
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(argv_full, stdin=subprocess.PIPE, stdout=out, stderr=out, env=self._env(env), cwd=cwd)
            try:
                with contextlib.suppress(BrokenPipeError):
                    process.communicate(data, timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                if ok is not None:
                    raise LabError(f"{' '.join(map(str, argv))}: not done after {timeout} s") from None
            out.seek(0)
            text = out.read().decode(errors="replace")
        if ok is not None and process.returncode not in ok:
            raise LabError(f"{' '.join(map(str, argv))}: exit {process.returncode}: {text.strip()[-1500:]}")
        return text

    def tool(self, name: str, *argv: str | Path, timeout: float = 60.0, ok: Sequence[int] | None = (0,)) -> str:
        """Run one of ``captures/make/tools`` in a namespace, by the Python that runs the recipe."""
        return self.run(name, sys.executable, TOOLS / str(argv[0]), *argv[1:], timeout=timeout, ok=ok)

    def serve(self, name: str, *argv: str | Path, ready: str) -> subprocess.Popen[bytes]:
        """Start one of ``captures/make/tools`` in a namespace and wait until it listens."""
        return self.start(name, sys.executable, TOOLS / str(argv[0]), *argv[1:], ready=ready)

    # The capture

    @contextlib.contextmanager
    def capture(self, what: str = "ip") -> Iterator[None]:
        """Record at the gateway's bridge while the body runs; ``what`` is a pcap filter."""
        argv = [
            "ip",
            "netns",
            "exec",
            PREFIX + GATEWAY,
            "tcpdump",
            "-i",
            "br0",
            "-s",
            "0",
            "-U",
            "--immediate-mode",
            "-w",
            str(self.pcap),
            "-Z",
            "root",
            what,
        ]
        tcpdump = subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert tcpdump.stderr is not None
        first = tcpdump.stderr.readline()
        while b"listening on" not in first:
            if not first:
                raise LabError("tcpdump ended before it listened")
            first = tcpdump.stderr.readline()
        time.sleep(0.3)
        try:
            yield
            time.sleep(0.7)
        finally:
            tcpdump.send_signal(signal.SIGINT)
            tcpdump.communicate()
