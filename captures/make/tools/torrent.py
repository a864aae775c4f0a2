"""One end of a BitTorrent transfer of 32 kB by libtorrent: ``torrent.py seed|leech HOST PORT FOLDER``; HOST and PORT are the seed's."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import libtorrent as lt


def main() -> None:
    """Seed for ever, or fetch and leave."""
    role, host, port, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    content = folder if role == "seed" else folder / "again"
    content.mkdir(exist_ok=True)
    (content / "data.bin").write_bytes(random.Random(1).randbytes(32768))
    files = lt.list_files(str(content / "data.bin"))
    maker = lt.create_torrent(files, 16384, lt.create_torrent.v1_only)
    lt.set_piece_hashes(maker, str(content))
    info = lt.torrent_info(maker.generate())
    session = lt.session(
        {
            "listen_interfaces": f"{host}:{port}" if role == "seed" else "10.20.0.5:40881",
            "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "enable_outgoing_utp": False, "enable_incoming_utp": False,
            "out_enc_policy": 2, "in_enc_policy": 2,
        }
    )  # fmt: skip
    where = folder / "taken"
    where.mkdir(exist_ok=True)
    handle = session.add_torrent({"ti": info, "save_path": str(content if role == "seed" else where)})
    if role == "leech":
        handle.connect_peer((host, port))
    for _ in range(40 if role == "leech" else 10**6):
        if role == "leech" and handle.status().is_seeding:
            break
        time.sleep(0.5)


if __name__ == "__main__":
    main()
