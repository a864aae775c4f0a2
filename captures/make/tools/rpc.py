"""Servers and clients of gRPC, WebSocket and QUIC by their own libraries: ``rpc.py KIND HOST PORT [...]``."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def grpc_serve(host: str, port: int) -> None:
    """Echo, by a generic handler, so that no code need be generated."""
    from concurrent import futures

    import grpc

    class Echo(grpc.GenericRpcHandler):
        def service(self, call: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request)

    server = grpc.server(futures.ThreadPoolExecutor(2), (Echo(),))
    server.add_insecure_port(f"{host}:{port}")
    server.start()
    server.wait_for_termination()


def grpc_ask(host: str, port: int) -> None:
    """Two calls."""
    import grpc

    with grpc.insecure_channel(f"{host}:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        call = channel.unary_unary("/lab.Echo/Say")
        for text in (b"hello", b"more"):
            assert call(text, timeout=5) == text


def websocket_serve(host: str, port: int) -> None:
    """Echo."""
    from websockets.asyncio.server import serve

    async def echo(peer: Any) -> None:
        async for message in peer:
            await peer.send("re: " + message)

    async def main() -> None:
        async with serve(echo, host, port) as server:
            await server.serve_forever()

    asyncio.run(main())


def websocket_ask(host: str, port: int) -> None:
    """Three messages."""
    from websockets.sync.client import connect

    with connect(f"ws://{host}:{port}/live") as peer:
        for text in ("hello", "state idle", "bye"):
            peer.send(text)
            peer.recv()


def _quic(client: bool, version: str) -> Any:
    import ssl

    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.packet import QuicProtocolVersion

    chosen = QuicProtocolVersion.VERSION_1 if version == "1" else QuicProtocolVersion.VERSION_2
    options: dict[str, Any] = {"verify_mode": ssl.CERT_NONE, "server_name": "quic.example.org"} if client else {}
    return QuicConfiguration(
        is_client=client, alpn_protocols=["h3"], supported_versions=[chosen], original_version=chosen if client else None, **options
    )


def quic_serve(host: str, port: int, version: str, cert: str, key: str) -> None:
    """Echo streams."""
    from aioquic.asyncio import serve

    configuration = _quic(False, version)
    configuration.load_cert_chain(cert, key)

    async def answer(reader: Any, writer: Any) -> None:
        writer.write(b"re: " + await reader.read())
        writer.write_eof()

    def handler(reader: Any, writer: Any) -> None:
        tasks.add(asyncio.ensure_future(answer(reader, writer)))

    tasks: set[Any] = set()

    async def main() -> None:
        await serve(host, port, configuration=configuration, stream_handler=handler)
        await asyncio.Event().wait()

    asyncio.run(main())


def quic_ask(host: str, port: int, version: str) -> None:
    """One stream."""
    from aioquic.asyncio import connect

    async def main() -> None:
        async with connect(host, port, configuration=_quic(True, version)) as client:
            reader, writer = await client.create_stream()
            writer.write(b"GET /\r\n")
            writer.write_eof()
            await reader.read()

    asyncio.run(main())


KINDS: dict[str, Any] = {
    "grpc-serve": grpc_serve, "grpc": grpc_ask, "websocket-serve": websocket_serve, "websocket": websocket_ask, "quic-serve": quic_serve, "quic": quic_ask,
}  # fmt: skip

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
