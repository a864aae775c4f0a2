"""The web's own protocols on moved ports: TLS of several versions, DTLS, HTTP/1, HTTP/2, gRPC, WebSocket, QUIC."""

from __future__ import annotations

import time

from case import case, moved, negotiated
from cases.t1571 import nginx
from lab import INSIDE, OUTSIDE, SERVER, Lab


@case(
    "moved-tls",
    "TLS 1.2, TLS 1.3 and DTLS on moved ports",
    [moved("tcp", 20443, "tls", connections=2), moved("tcp", 20444, "tls", connections=1), negotiated("udp", 24433, "dtls", connections=1)],
    debian=("nginx-light", "curl"),
)
def tls(lab: Lab) -> None:
    """nginx asked by curl in TLS 1.2 and 1.3, openssl's server asked by its client where both have certificates, DTLS 1.2 by openssl."""
    key, cert = lab.certificate("www.example.org")
    nginx(lab, "tls", f"{SERVER}:20443 ssl", f"ssl_certificate {cert}; ssl_certificate_key {key};")
    own = ["-key", key, "-cert", cert, "-quiet"]
    lab.start(OUTSIDE, "openssl", "s_server", "-accept", f"{SERVER}:20444", *own, "-Verify", "1", "-rev", ready="tcp:20444")
    with lab.capture("tcp or udp"):
        for most in ("1.2", "1.3"):
            lab.run(INSIDE, "curl", "-sk", "--tls-max", most, f"https://{SERVER}:20443/tasks")
        talk = "(sleep 0.7; echo hello; sleep 0.7)"
        lab.run(
            INSIDE, "sh", "-c", f"{talk} | openssl s_client -connect {SERVER}:20444 -tls1_2 -key {key} -cert {cert}", timeout=5, ok=None
        )
        lab.start(OUTSIDE, "openssl", "s_server", "-dtls1_2", "-accept", f"{SERVER}:24433", *own, "-mtu", "1300", ready="udp:24433")
        lab.run(INSIDE, "sh", "-c", f"{talk} | openssl s_client -dtls1_2 -mtu 1300 -connect {SERVER}:24433", timeout=5, ok=None)


@case(
    "moved-http",
    "HTTP/1, HTTP/2 in the clear, gRPC and WebSocket on moved ports",
    [
        moved("tcp", 20080, "http", connections=3), moved("tcp", 20082, "http2", connections=1), moved("tcp", 25051, "http2", connections=1, accept=("grpc",)),
        moved("tcp", 28765, "websocket", connections=1, accept=("http",)),
    ],
    debian=("nginx-light", "curl", "nghttp2-server", "nghttp2-client"),
    python=("grpcio", "websockets"),
)  # fmt: skip
def http(lab: Lab) -> None:
    """nginx asked by curl (GET, POST, HEAD); nghttpd by nghttp with prior knowledge; gRPC's and websockets' own servers and clients."""
    nginx(lab, "plain", f"{SERVER}:20080")
    root = lab.folder("www-plain")
    lab.start(OUTSIDE, "nghttpd", "--no-tls", "-a", SERVER, "-d", root, "20082", ready="tcp:20082")
    lab.serve(OUTSIDE, "rpc.py", "grpc-serve", SERVER, "25051", ready="tcp:25051")
    lab.serve(OUTSIDE, "rpc.py", "websocket-serve", SERVER, "28765", ready="tcp:28765")
    with lab.capture("tcp"):
        for more in ([], ["-d", "id=17&state=idle"], ["-I"]):
            lab.run(INSIDE, "curl", "-s", *more, f"http://{SERVER}:20080/tasks")
        lab.run(INSIDE, "nghttp", "-n", f"http://{SERVER}:20082/index.html")
        lab.tool(INSIDE, "rpc.py", "grpc", SERVER, "25051")
        lab.tool(INSIDE, "rpc.py", "websocket", SERVER, "28765")


@case(
    "moved-quic",
    "QUIC on moved ports",
    [moved("udp", 24443, "quic", connections=1), moved("udp", 24444, "quic", connections=1)],
    python=("aioquic",),
)
def quic(lab: Lab) -> None:
    """aioquic at both ends, version 1 and version 2, HTTP/3's ALPN and a stream each way."""
    key, cert = lab.certificate("quic.example.org")
    for port, version in (("24443", "1"), ("24444", "2")):
        lab.serve(OUTSIDE, "rpc.py", "quic-serve", SERVER, port, version, cert, key, ready=f"udp:{port}")
    with lab.capture("udp"):
        for port, version in (("24443", "1"), ("24444", "2")):
            lab.tool(INSIDE, "rpc.py", "quic", SERVER, port, version)
            time.sleep(0.2)
