"""Open rlogin (RFC 1282) or rsh as their clients do: ``rservices.py KIND HOST PORT``. The r-clients cannot be told another port.

Both servers trust only clients that call from a privileged port.
"""

from __future__ import annotations

import socket
import sys
import time


def main() -> None:
    """Send the opening, show what comes back for a moment."""
    kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with socket.create_connection((host, port), timeout=5, source_address=("", 1019 if kind == "rlogin" else 1018)) as peer:
        peer.settimeout(1.5)
        if kind == "rlogin":
            peer.sendall(b"\0")
            peer.sendall(b"alice\0alice\0vt100/38400\0")
        else:
            peer.sendall(b"0\0alice\0alice\0id\0")
        time.sleep(0.5)
        for line in (b"secret\r", b"exit\r"):
            try:
                print(peer.recv(4096))
                peer.sendall(line)
            except OSError:
                return


if __name__ == "__main__":
    main()
