"""Ask memcached: ``memcached_binary.py HOST PORT tcp`` in its binary protocol, ``... udp`` in its text protocol within UDP frames.

https://github.com/memcached/memcached/wiki/BinaryProtocolRevamped and doc/protocol.txt, "UDP protocol".
"""

from __future__ import annotations

import socket
import struct
import sys


def request(opcode: int, key: bytes = b"", value: bytes = b"", extras: bytes = b"") -> bytes:
    """A request of the binary protocol."""
    return struct.pack("!BBHBBHIIQ", 0x80, opcode, len(key), len(extras), 0, 0, len(extras + key + value), 7, 0) + extras + key + value


def main() -> None:
    """Set, get, ask for the version."""
    host, port, transport = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if transport == "tcp":
        with socket.create_connection((host, port)) as peer:
            for message in (request(0x0B), request(1, b"task", b"sleep", struct.pack("!II", 0, 60)), request(0, b"task"), request(7)):
                peer.sendall(message)
                peer.recv(4096)
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(3)
        for number, line in enumerate((b"set task 0 60 5\r\nsleep\r\n", b"get task\r\n", b"version\r\n")):
            peer.sendto(struct.pack("!4H", number, 0, 1, 0) + line, (host, port))
            peer.recv(4096)


if __name__ == "__main__":
    main()
