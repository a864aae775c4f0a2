"""One BACnet/IP device: ``bacnet.py serve|ask HOST PORT``; HOST and PORT are the server's."""

from __future__ import annotations

import asyncio
import sys

from bacpypes3.app import Application
from bacpypes3.argparse import SimpleArgumentParser


async def main() -> None:
    """Serve for ever, or read three properties."""
    role, host, port = sys.argv[1:4]
    address, instance = (f"{host}/24:{port}", "17") if role == "serve" else ("10.20.0.5/24:47809", "18")
    args = SimpleArgumentParser().parse_args(["--address", address, "--instance", instance, "--name", f"device-{instance}"])
    app = Application.from_args(args)
    if role == "serve":
        await asyncio.Event().wait()
    for name in ("object-name", "vendor-identifier", "object-list"):
        print(await asyncio.wait_for(app.read_property(f"{host}:{port}", "device,17", name), 5))
    app.close()


if __name__ == "__main__":
    asyncio.run(main())
