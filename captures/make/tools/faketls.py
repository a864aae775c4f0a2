"""Both ends of things that look like TLS and are not: ``faketls.py serve HOST PORT FORM`` and ``faketls.py ask HOST PORT FORM``.

Each form fails as TLS in one way that malware families and lazy tunnels fail in. The bytes are written out here, by RFC 8446
sections 4 and 5, and not by a TLS library, which would refuse to.
"""

from __future__ import annotations

import os
import socket
import struct
import sys


def record(kind: int, body: bytes, length: int | None = None, version: int = 0x0303) -> bytes:
    """A TLS record; ``length`` is what it says of itself, where that is a lie."""
    return struct.pack("!BHH", kind, version, len(body) if length is None else length) + body


def handshake(kind: int, body: bytes, length: int | None = None) -> bytes:
    """A handshake message."""
    return struct.pack("!B", kind) + (len(body) if length is None else length).to_bytes(3, "big") + body


def extension(kind: int, body: bytes) -> bytes:
    """A hello extension."""
    return struct.pack("!HH", kind, len(body)) + body


def client_hello(name: bytes = b"www.microsoft.com") -> bytes:
    """The body of a TLS 1.2 hello as browsers of its time sent it."""
    ciphers = struct.pack("!8H", 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xC013, 0xC014, 0x009C, 0x002F)
    sni = extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name)
    groups, formats = extension(10, struct.pack("!4H", 6, 29, 23, 24)), extension(11, b"\x01\x00")
    extensions = sni + groups + formats + extension(13, struct.pack("!5H", 8, 0x0403, 0x0804, 0x0401, 0x0201)) + extension(23, b"")
    return (
        b"\x03\x03"
        + os.urandom(32)
        + b"\x20"
        + os.urandom(32)
        + struct.pack("!H", 16)
        + ciphers
        + b"\x01\x00"
        + struct.pack("!H", len(extensions))
        + extensions
    )


def server_hello(cipher: int = 0xC02F) -> bytes:
    """The body of a server's hello that chooses ``cipher``."""
    extensions = extension(0xFF01, b"\x00") + extension(23, b"")
    return (
        b"\x03\x03"
        + os.urandom(32)
        + b"\x20"
        + os.urandom(32)
        + struct.pack("!HB", cipher, 0)
        + struct.pack("!H", len(extensions))
        + extensions
    )


def data(size: int) -> bytes:
    """A record of application data: what the tunnel is for."""
    return record(23, os.urandom(size))


def malformed(kind: int) -> bytes:
    """A hello whose inside is random: type and lengths of the outside are right, nothing within adds up."""
    return record(22, handshake(kind, b"\x03\x03" + os.urandom(210)), version=0x0301)


FORMS = {
    "malformed": (malformed(1), malformed(2) + data(64)),
    "empty": (record(22, handshake(1, b"")), record(22, handshake(2, b"")) + data(64)),
    "no-hello": (data(120), data(340)),
    "no-handshake": (record(22, handshake(1, client_hello()), version=0x0301), data(96)),
    "impossible-length": (record(22, os.urandom(180), length=0xFFF0, version=0x0301), record(22, os.urandom(140), length=0xF7A1)),
    "impossible-choice": (
        record(22, handshake(1, client_hello()), version=0x0301),
        record(22, handshake(2, server_hello(0x00FF))) + record(20, b"\x01") + data(40),
    ),
    "answered-by-junk": (record(22, handshake(1, client_hello()), version=0x0301), os.urandom(133)),
}
"""Form to the first bytes of the client and of the server."""


def take(peer: socket.socket) -> bytes:
    """What the other side says next (it never says much)."""
    return peer.recv(65536)


def main() -> None:
    """Serve one connection, or ask once."""
    role, host, port, form = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    first, answer = FORMS[form]
    if role == "serve":
        with socket.create_server((host, port)) as listener:
            peer, _ = listener.accept()
            with peer:
                take(peer)
                peer.sendall(answer)
                while take(peer):
                    peer.sendall(os.urandom(90) if form == "answered-by-junk" else data(180))
        return
    with socket.create_connection((host, port)) as peer:
        peer.sendall(first)
        take(peer)
        for size in (60, 220, 75):
            peer.sendall(data(size))
            take(peer)


if __name__ == "__main__":
    main()
