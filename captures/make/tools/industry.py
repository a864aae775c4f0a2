"""Servers and clients of industrial protocols by their own libraries: ``industry.py KIND HOST PORT``."""

from __future__ import annotations

import asyncio
import sys
import time


def modbus_serve(host: str, port: int) -> None:
    """Registers that count."""
    from pymodbus.server import StartTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    StartTcpServer(SimDevice(0, [SimData(0, values=[17] * 100, datatype=DataType.REGISTERS)]), address=(host, port))


def modbus(host: str, port: int) -> None:
    """Read and write registers."""
    from pymodbus.client import ModbusTcpClient

    client = ModbusTcpClient(host, port=port)
    client.connect()
    for _ in range(3):
        client.read_holding_registers(0, count=8)
    client.write_register(3, 42)
    client.close()


def opcua_serve(host: str, port: int) -> None:
    """An empty address space."""
    from asyncua import Server

    async def main() -> None:
        server = Server()
        await server.init()
        server.set_endpoint(f"opc.tcp://{host}:{port}/lab/")
        async with server:
            await asyncio.Event().wait()

    asyncio.run(main())


def opcua(host: str, port: int) -> None:
    """Open a session, browse."""
    from asyncua import Client

    async def main() -> None:
        async with Client(f"opc.tcp://{host}:{port}/lab/") as client:
            await client.nodes.objects.get_children()

    asyncio.run(main())


def s7_serve(host: str, port: int) -> None:
    """A controller with one data block."""
    import ctypes

    import snap7

    server = snap7.server.Server()
    block = (ctypes.c_uint8 * 64)()
    server.register_area(snap7.SrvArea.DB, 1, block)
    server.start(tcp_port=port)
    while True:
        time.sleep(1)


def s7(host: str, port: int) -> None:
    """Read the block."""
    import snap7

    client = snap7.client.Client()
    client.connect(host, 0, 1, tcp_port=port)
    client.db_read(1, 0, 8)
    client.db_write(1, 0, bytearray(b"\x01\x02"))
    client.disconnect()


KINDS = {"modbus-serve": modbus_serve, "modbus": modbus, "opcua-serve": opcua_serve, "opcua": opcua, "s7-serve": s7_serve, "s7": s7}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
