"""The wrong, an unknown or a fake protocol on a port that belongs to another; and speech that no one answers."""

from __future__ import annotations

import subprocess
import time

from case import Flow, case
from cases.t1571 import nginx
from lab import INSIDE, OUTSIDE, SERVER, Lab


def wrong(transport: str, port: int, protocol: str, **options: object) -> Flow:
    """A known protocol on a port that belongs to another."""
    return Flow(transport, port, protocol, "wrong_protocol", **{"min_severity": "medium", **options})  # type: ignore[arg-type]


def sshd(lab: Lab, port: int) -> list[str]:
    """Start an SSH server that knows one key; the client's argv to reach it."""
    key, host = lab.dir / "id_ed25519", lab.dir / "host_ed25519"
    for path in (key, host):
        lab.run(INSIDE, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path)
    keys = lab.file("keys/authorized", (lab.dir / "id_ed25519.pub").read_bytes(), 0o600)
    lab.run(OUTSIDE, "mkdir", "-p", "/run/sshd")
    options = [
        f"HostKey={host}",
        f"AuthorizedKeysFile={keys}",
        f"PidFile={lab.dir}/sshd.pid",
        "StrictModes=no",
        "UsePAM=no",
        "PermitRootLogin=yes",
    ]
    config = lab.file(
        "sshd_config",
        "\n".join(o.replace("=", " ", 1) for o in [f"Port={port}", f"ListenAddress={SERVER}", *options, "Subsystem=sftp internal-sftp"])
        + "\n",
    )
    lab.start(OUTSIDE, "/usr/sbin/sshd", "-D", "-e", "-f", config, ready=f"tcp:{port}")
    known = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-F", "/dev/null"]
    return ["ssh", *known, "-i", str(key), "-p", str(port), f"root@{SERVER}"]


@case("http-on-443", "HTTP in the clear on 443", [wrong("tcp", 443, "http", connections=3)], debian=("nginx-light", "curl"))
def http_on_443(lab: Lab) -> None:
    """Plain HTTP on the port of HTTPS, to slip past a filter that knows ports only."""
    nginx(lab, "plain", f"{SERVER}:443")
    with lab.capture("tcp"):
        for path in ("", "tasks", "missing"):
            lab.run(INSIDE, "curl", "-s", f"http://{SERVER}:443/{path}")


@case(
    "raw-on-443",
    "Encrypted bytes without any protocol on 443",
    [Flow("tcp", 443, None, "unknown_on_reserved", connections=2, min_severity="medium")],
    debian=("ncat",),
)
def raw_on_443(lab: Lab) -> None:
    """A channel with its own encryption and no protocol around it, on the port of HTTPS: text under ChaCha20, sent by netcat both ways."""

    def sealed(text: bytes, number: int) -> bytes:
        path = lab.file("text", text)
        return subprocess.run(
            ["openssl", "enc", "-chacha20", "-K", "5a" * 32, "-iv", f"{number:032x}", "-in", path], capture_output=True, check=True
        ).stdout  # fmt: skip

    with lab.capture("tcp"):
        for turn in range(2):
            server = lab.start(OUTSIDE, "ncat", "-l", "-n", SERVER, "443", stdin=subprocess.PIPE, ready="tcp:443")
            client = lab.start(INSIDE, "ncat", SERVER, "443", stdin=subprocess.PIPE)
            time.sleep(0.5)
            for number in range(4):
                # The second time the server speaks first.
                first, second = (client, server) if turn == 0 else (server, client)
                for side, part in ((first, b"host ws-17 user alice report " * (3 + number)), (second, b"do sleep 60 " * (2 + number))):
                    assert side.stdin is not None
                    side.stdin.write(sealed(part, 1000 * turn + 2 * number + (side is client)))
                    side.stdin.flush()
                    time.sleep(0.2)
            for side in (client, server):
                assert side.stdin is not None
                side.stdin.close()
            client.wait(5)
            server.wait(5)


@case(
    "shadowsocks-on-443",
    "Shadowsocks on 443",
    [Flow("tcp", 443, None, "unknown_on_reserved", connections=2, min_severity="medium", resp_h=SERVER)],
    debian=("shadowsocks-libev", "nginx-light", "curl"),
)
def shadowsocks(lab: Lab) -> None:
    """Encrypted from the first byte by design: a shadowsocks server on the port of HTTPS, through which curl fetches two pages."""
    nginx(lab, "site", "203.0.113.11:80")
    secret = ["-k", "secret", "-m", "chacha20-ietf-poly1305"]
    lab.start(OUTSIDE, "ss-server", "-s", SERVER, "-p", "443", *secret, ready="tcp:443")
    lab.start(INSIDE, "ss-local", "-s", SERVER, "-p", "443", "-b", "127.0.0.1", "-l", "1080", *secret, ready="tcp:1080")
    with lab.capture("tcp"):
        for path in ("", "tasks"):
            lab.run(INSIDE, "curl", "-s", "-m", "5", "-x", "socks5://127.0.0.1:1080", f"http://203.0.113.11/{path}")


@case("ssh-on-443", "SSH on 443", [wrong("tcp", 443, "ssh", connections=1)], debian=("openssh-server", "openssh-client"))
def ssh_on_443(lab: Lab) -> None:
    """A real SSH server on the port of HTTPS, one login by key, one command."""
    ssh = sshd(lab, 443)
    with lab.capture("tcp"):
        lab.run(INSIDE, *ssh, "uname -s; id -u")


@case("tls-on-53", "TLS on 53", [wrong("tcp", 53, "tls", connections=2)])
def tls_on_53(lab: Lab) -> None:
    """openssl's own server and client on the port of DNS, TLS 1.3 and TLS 1.2."""
    key, cert = lab.certificate("ns1.example")
    lab.start(OUTSIDE, "openssl", "s_server", "-accept", f"{SERVER}:53", "-key", key, "-cert", cert, "-quiet", "-rev", ready="tcp:53")
    with lab.capture("tcp"):
        for version in ("-tls1_3", "-tls1_2"):
            client = lab.start(INSIDE, "openssl", "s_client", "-connect", f"{SERVER}:53", version, "-quiet", stdin=subprocess.PIPE)
            assert client.stdin is not None
            for line in (b"who are you\n", b"what now\n"):
                time.sleep(0.5)
                client.stdin.write(line)
                client.stdin.flush()
            time.sleep(0.5)
            client.terminate()
            client.wait(5)


@case("http-on-22", "HTTP on 22", [wrong("tcp", 22, "http", connections=2, min_severity="high")], debian=("nginx-light", "curl"))
def http_on_22(lab: Lab) -> None:
    """A web server on the port of SSH."""
    nginx(lab, "plain", f"{SERVER}:22")
    with lab.capture("tcp"):
        for path in ("", "tasks"):
            lab.run(INSIDE, "curl", "-s", f"http://{SERVER}:22/{path}")


@case(
    "http-to-ssh-22", "HTTP said to an SSH server", [Flow("tcp", 22, "ssh", "expected", connections=1)], debian=("openssh-server", "curl")
)
def http_to_ssh(lab: Lab) -> None:
    """curl asks an SSH server on port 22 for a page: the client spoke HTTP, the service is SSH, and SSH is where it belongs."""
    sshd(lab, 22)
    with lab.capture("tcp"):
        lab.run(INSIDE, "curl", "-s", "--http0.9", "-m", "4", f"http://{SERVER}:22/", ok=None)


@case("tls-to-http-443", "TLS said to an HTTP server on 443", [wrong("tcp", 443, "http", connections=1)], debian=("nginx-light", "curl"))
def tls_to_http(lab: Lab) -> None:
    """curl opens TLS to a server that speaks plain HTTP on 443 and answers 400: the service is HTTP."""
    nginx(lab, "plain", f"{SERVER}:443")
    with lab.capture("tcp"):
        lab.run(INSIDE, "curl", "-sk", f"https://{SERVER}:443/", ok=None)


@case("attempt-closed-port-4444", "A knock at a closed port", [Flow("tcp", 4444, None, "none", connections=3)], debian=("ncat",))
def attempt_closed(lab: Lab) -> None:
    """Three connections to port 4444 that are refused: nothing was said, nothing answered."""
    with lab.capture("tcp"):
        for _ in range(3):
            lab.run(INSIDE, "ncat", "-w", "2", SERVER, "4444", stdin="hello\n", ok=None)


@case(
    "attempt-silent-port-4443",
    "A hello that nobody answers, on 4443",
    [
        Flow("tcp", 4443, "tls", "unexpected_port", connections=2, attempt=True),
        Flow("udp", 5349, "dtls", "unexpected_port", accept=("expected",), attempt=True),
    ],
    debian=("ncat",),
)
def attempt_silent(lab: Lab) -> None:
    """A scanner's hello to ports that accept and stay silent: TLS over TCP, DTLS over UDP. An attempt, not a service."""
    lab.start(OUTSIDE, "ncat", "-l", "-k", "-n", SERVER, "4443", ready="tcp:4443")
    lab.start(OUTSIDE, "ncat", "-l", "-u", "-n", SERVER, "5349", ready="udp:5349")
    with lab.capture("tcp or udp"):
        for _ in range(2):
            lab.run(INSIDE, "openssl", "s_client", "-connect", f"{SERVER}:4443", timeout=2, ok=None)
        lab.run(INSIDE, "openssl", "s_client", "-dtls1_2", "-connect", f"{SERVER}:5349", timeout=3, ok=None)


FORMS = {
    "malformed": (
        "hello_malformed",
        "Outside a hello, inside random bytes: the lengths of the record and of the message are right, nothing within them adds up.",
    ),
    "empty": ("hello_empty", "Hellos without a body, then records of application data."),
    "no-hello": (
        "no_hello",
        "Records of application data from the first byte on, no handshake at all, as several families of malware do it.",
    ),
    "no-handshake": ("no_handshake", "A hello that any parser likes, answered by application data: no handshake follows."),
    "impossible-length": ("impossible_length", "Records that say they are longer than TLS allows, and longer than what comes."),
    "impossible-choice": ("impossible_choice", "The server chooses a cipher suite that the client did not offer."),
    "answered-by-junk": ("answered_by_junk", "A good hello, answered by random bytes that are not even records."),
}


def _faketls(form: str, fake: str, purpose: str) -> None:
    def make(lab: Lab) -> None:
        with lab.capture("tcp"):
            lab.serve(OUTSIDE, "faketls.py", "serve", SERVER, "443", form, ready="tcp:443")
            lab.tool(INSIDE, "faketls.py", "ask", SERVER, "443", form)

    make.__doc__ = purpose
    flow = Flow("tcp", 443, None, "fake", connections=1, min_severity="medium", fake=fake)
    note = "Client and server are `tools/faketls.py`: no TLS library would say this."
    case(f"faketls-{form}-443", f"FakeTLS on 443: {form.replace('-', ' ')}", [flow], notes=note)(make)


for _form, (_fake, _purpose) in FORMS.items():
    _faketls(_form, _fake, _purpose)
